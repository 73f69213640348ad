from __future__ import annotations

import json

import pytest
from tests.reports.samples import PART, SAMPLES, axis, bad, clean, file, finding, scan, undecided

from assay.artifact.identity import ManifestLine, dir_hash
from assay.reports import render
from assay.reports.scan import SCHEMA, in_order

VERDICT = {"policy": "default", "outcome": "admit", "because": [], "would_change_if": []}


def test_keys_stand_in_the_order_of_the_contract():
    made = bad()
    assert list(made) == [
        "schema", "tool", "artifact", "isolation", "axes", "findings", "not_judged", "not_examined", "verdict",
        "statement",
    ]  # fmt: skip
    assert made["schema"] == SCHEMA == "assay.scan/v1"
    assert list(made["axes"]) == ["secure", "open", "portable", "evaluated", "provenance"]
    assert list(made["findings"][0])[:4] == ["rule", "axis", "outcome", "severity"]
    assert list(made["verdict"]["because"][0])[:4] == ["name", "kind", "outcome", "say"]


@pytest.mark.parametrize("name", SAMPLES)
def test_order_survives_a_trip_through_sorted_keys(name):
    made = SAMPLES[name]()
    sorted_keys = json.loads(json.dumps(made, sort_keys=True))
    assert json.dumps(in_order(sorted_keys)["artifact"]) == json.dumps(made["artifact"])
    assert list(json.loads(render("json", sorted_keys))) == list(made)


@pytest.mark.parametrize("name", SAMPLES)
def test_json_reads_back_exactly(name):
    made = SAMPLES[name]()
    text = render("json", made)
    assert json.loads(text) == made
    assert text.startswith('{\n  "schema": "assay.scan/v1",')


def test_failures_are_counted_per_axis():
    counts = {name: state["findings"] for name, state in bad()["axes"].items()}
    assert counts == {"secure": 1, "open": 2, "portable": 1, "evaluated": 0, "provenance": 0}


def test_an_axis_that_nobody_spoke_of_is_unknown():
    made = scan("x", [], [], {"secure": axis("pass", "fine")}, VERDICT)
    assert made["axes"]["secure"]["outcome"] == "pass"
    assert made["axes"]["open"] == {
        "outcome": "unknown", "reason": "nothing was said about this", "findings": 0, "statements": [],
    }  # fmt: skip


def test_dirhash_is_that_of_the_files():
    made = clean()
    lines = [ManifestLine(one["path"], one["sha256"]) for one in made["artifact"]["files"]]
    assert made["artifact"]["dirhash"] == dir_hash(lines)
    assert made["artifact"]["digest"] == "computed"
    assert "git_commit" not in made["artifact"]


def test_one_digest_that_is_not_known_leaves_the_dirhash_open():
    made = undecided()
    assert made["artifact"]["dirhash"] is None
    assert made["artifact"]["digest"] == "not known"
    assert made["artifact"]["git_commit"] == "4f2c" * 10
    claimed = scan("x", [file("a", 1, "json"), file("b", 1, "json", grade="claimed by upstream")], [], {}, VERDICT)
    assert claimed["artifact"]["digest"] == "claimed by upstream"
    assert claimed["artifact"]["dirhash"] is not None


def test_what_is_not_ours_is_kept_behind():
    made = {**finding("A1-x", "secure", "low", "m"), "zebra": 1, "ant": 2}
    ordered = in_order({"findings": [made], "more": True, "schema": SCHEMA})
    assert list(ordered) == ["schema", "findings", "more"]
    assert list(ordered["findings"][0])[-2:] == ["ant", "zebra"]


def test_not_judged_is_carried():
    assert undecided()["not_judged"] == [{"file": PART, "reason": "the zip directory lies outside the file"}]

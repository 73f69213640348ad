from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from tests.reports.samples import PART, RULES, SAMPLES, bad, clean, file, finding, scan, undecided
from tests.reports.test_text import told

from assay.reports import render

SCHEMA = json.loads((Path(__file__).parent.parent / "schemas" / "sarif-schema-2.1.0.json").read_text("utf-8"))
VALIDATOR = Draft4Validator(SCHEMA, format_checker=Draft4Validator.FORMAT_CHECKER)


def run_of(made):
    log = json.loads(render("sarif", made, rules=RULES))
    assert [error.message for error in VALIDATOR.iter_errors(log)] == []
    return log["runs"][0]


def one(location, path="model.bin"):
    found = finding("SEC101-pickle-call", "secure", "high", "m", file=path, location=location)
    return run_of(scan("x", [file("model.bin", 9, "pickle")], [found], {}, clean()["verdict"]))["results"][0]


@pytest.mark.parametrize("name", SAMPLES)
def test_it_holds_to_the_official_schema(name):
    run_of(SAMPLES[name]())


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=40))
def test_it_holds_to_the_official_schema_whatever_the_names(text):
    run_of(told(text))


def test_failures_are_results_unknowns_are_open_and_passes_are_not_there():
    results = run_of(bad())["results"]
    assert [(item["ruleId"].split("-")[0], item["kind"], item["level"]) for item in results] == [
        ("SEC101", "fail", "error"), ("OPN103", "fail", "error"), ("OPN102", "fail", "note"),
        ("POR102", "fail", "warning"), ("EVA101", "open", "none"), ("PRV101", "open", "none"),
    ]  # fmt: skip
    assert "Fix: Do not load it." in results[0]["message"]["text"]


def test_rules_carry_their_page_and_every_rule_that_looked_is_named():
    run = run_of(bad())
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert "POR101-vendor-locked-format" in rules
    pickle_call = rules["SEC101-pickle-call"]
    assert pickle_call["defaultConfiguration"] == {"level": "error"}
    assert pickle_call["properties"] == {"security-severity": "9.5", "tags": ["security"]}
    assert pickle_call["help"]["text"].endswith("calls {{anything}}.\n\nFix: convert it to safetensors.")
    assert "properties" not in rules["PRV101-unsigned"]
    listed = run["tool"]["driver"]["rules"]
    assert all(listed[item["ruleIndex"]]["id"] == item["ruleId"] for item in run["results"])


def test_places_are_relative_percent_encoded_uris():
    path = "dir with space/100%/ä#?:\n.bin"
    made = one("line 3", path)["locations"][0]["physicalLocation"]["artifactLocation"]
    assert made["uriBaseId"] == "%SRCROOT%"
    assert made["uri"] == "dir%20with%20space/100%25/%C3%A4%23%3F%3A%0A.bin"
    assert unquote(made["uri"]) == path
    assert one(None, "//evil.example/x")["locations"][0]["physicalLocation"]["artifactLocation"]["uri"][0] != "/"


@pytest.mark.parametrize(
    ("location", "region"),
    [
        ("line 7", {"startLine": 7}),
        ("offset 123", {"byteOffset": 123, "byteLength": 1}),
        ("line 0", None),
        ("key base_model", None),
        ("member data.pkl, offset 5", None),
        ("offset 99999999999999999999", None),
        ("offset ٣", None),
        (None, None),
    ],
)
def test_regions_only_where_they_are_the_files_own(location, region):
    made = one(location)["locations"][0]
    assert made["physicalLocation"].get("region") == region
    named = [place["fullyQualifiedName"] for place in made.get("logicalLocations", [])]
    assert named == ([f"model.bin, {location}"] if location else [])


def test_a_finding_about_the_whole_artifact_points_at_its_root():
    made = one(None, None)["locations"][0]["physicalLocation"]["artifactLocation"]
    assert made == {"uri": ".", "uriBaseId": "%SRCROOT%"}


def prints(*found):
    run = run_of(scan("x", [], list(found), {}, clean()["verdict"]))
    return [item["partialFingerprints"]["assayFinding/v1"] for item in run["results"]]


def test_fingerprints_stay_when_lines_move_and_never_clash():
    def at(location, message="m"):
        return finding("SEC105-secret-in-text", "secure", "high", message, file="a.py", location=location)

    assert prints(at("line 3")) == prints(at("line 40"))
    assert prints(at("member a, offset 3")) == prints(at("member a, offset 9"))
    assert prints(at("member a, offset 3")) != prints(at("member b, offset 3"))
    assert prints(at("line 3")) != prints(at("line 3", "other"))
    assert len(set(prints(at("line 3"), at("line 9"), at("line 12")))) == 3


def test_what_could_not_be_read_fails_the_invocation():
    run = run_of(undecided())
    invocation = run["invocations"][0]
    assert invocation["executionSuccessful"] is False
    note = invocation["toolExecutionNotifications"][0]
    assert note["level"] == "error"
    assert note["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == PART
    assert run_of(clean())["invocations"][0]["executionSuccessful"] is True


def test_files_that_the_run_speaks_of_come_with_their_digest():
    made = bad()
    listed = {item["location"]["uri"]: item for item in run_of(made)["artifacts"]}
    assert set(listed) == {"README.md", "modeling_helper.py", "pytorch_model.bin"}
    known = {item["path"]: item["sha256"] for item in made["artifact"]["files"]}
    assert listed["pytorch_model.bin"]["hashes"] == {"sha-256": known["pytorch_model.bin"]}
    assert "hashes" not in next(item for item in run_of(undecided())["artifacts"] if item["location"]["uri"] == PART)

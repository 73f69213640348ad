"""A benchmark is what its manifest says, or it is refused with the reason."""

from __future__ import annotations

import hashlib
import json
import shutil
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import EvaluationError
from assay.evals.benchmark import load_benchmark, names, shipped
from assay.evals.scorers import SCORERS

LINES = [
    {"id": "b", "input": "1", "target": "2", "control": "3"},
    {"id": "a", "input": "2", "target": "3", "control": "4"},
]


def write(folder, lines=None, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    raw = "".join(json.dumps(line) + "\n" for line in lines or LINES).encode()
    manifest = {
        "schema": "assay.benchmark/v1", "id": "tiny", "version": "1", "title": "Tiny", "licence": "CC0-1.0",
        "data": {"file": "data.jsonl", "sha256": hashlib.sha256(raw).hexdigest(), "samples": len(lines or LINES)},
        "template": "Q: {input} A:", "sampling": {"mode": "greedy", "max_tokens": 1, "stop": []},
        "scorer": {"name": "exact-match", "characters": 1}, "metric": {"name": "accuracy", "level": "0.95"},
    }  # fmt: skip
    (folder / "data.jsonl").write_bytes(raw)
    (folder / "manifest.json").write_text(json.dumps(manifest | changes))
    return folder


def test_samples_are_ordered_by_id_and_prompted_by_the_template(tmp_path):
    benchmark = load_benchmark(write(tmp_path))
    assert [sample.id for sample in benchmark.samples] == ["a", "b"]
    assert benchmark.prompt(benchmark.samples[0]) == "Q: 2 A:"


def test_digests_follow_the_content_and_not_the_order_of_lines(tmp_path):
    one, other = (load_benchmark(write(tmp_path / str(at), lines)) for at, lines in enumerate((LINES, LINES[::-1])))
    assert one.digests["dataset_digest"] == other.digests["dataset_digest"]
    assert one.digests["manifest_digest"] != other.digests["manifest_digest"]
    lines = b'{"control":"4","id":"a","input":"2","target":"3"}\n{"control":"3","id":"b","input":"1","target":"2"}\n'
    assert one.digests["dataset_digest"] == hashlib.sha256(lines).hexdigest()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"schema": "other"}, "schema"),
        ({"more": 1}, "'more'"),
        ({"id": "No Name"}, "id"),
        ({"id": 5}, "id"),
        ({"template": "no place"}, "template"),
        ({"template": "{input}{input}"}, "template"),
        ({"data": []}, "data"),
        ({"data": {"file": "../up", "sha256": "0" * 64, "samples": 2}}, "data"),
        ({"data": {"file": "data.jsonl", "sha256": "0" * 64, "samples": 2}}, "digest"),
        ({"sampling": {"mode": "hot", "max_tokens": 1, "stop": []}}, "sampling"),
        ({"sampling": {"mode": "greedy", "max_tokens": 0, "stop": []}}, "sampling"),
        ({"sampling": {"mode": "greedy", "max_tokens": True, "stop": []}}, "sampling"),
        ({"sampling": {"mode": "greedy", "max_tokens": 1, "stop": [""]}}, "sampling"),
        ({"scorer": {"name": "guess", "characters": 1}}, "scorer"),
        ({"scorer": {"name": [], "characters": 1}}, "scorer"),
        ({"metric": {"name": "accuracy", "level": {}}}, "metric"),
        ({"metric": {"name": "f1", "level": "0.95"}}, "metric"),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(tmp_path, changes, says):
    with pytest.raises(EvaluationError, match=says) as caught:
        load_benchmark(write(tmp_path, **changes))
    assert caught.value.hint()


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([LINES[0], LINES[0]], "different ids"),
        ([{"id": "a", "input": "1"}], "needs id, input and target"),
        ([{**LINES[0], "extra": "x"}], "needs id, input and target"),
        ([{**LINES[0], "input": 1}], "needs id, input and target"),
        ([{**LINES[0], "control": "2"}], "control is the right answer"),
        ([LINES[0], {"id": "c", "input": "1", "target": "2"}], "some samples have a control"),
        ([[1]], "no JSON object"),
        ([{**LINES[0], "input": "\ud800"}], "JSON"),
    ],
)
def test_data_that_make_no_sense_are_refused(tmp_path, lines, says):
    with pytest.raises(EvaluationError, match=says):
        load_benchmark(write(tmp_path, lines))


def test_data_that_were_changed_are_refused(tmp_path):
    folder = write(tmp_path)
    file = folder / "data.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"2"', b'"7"', 1))
    with pytest.raises(EvaluationError, match="the manifest says"):
        load_benchmark(folder)


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(EvaluationError, match="cannot read") as caught:
        load_benchmark(tmp_path / "nothing")
    assert "manifest" in caught.value.hint()
    with pytest.raises(EvaluationError, match="no benchmark 'nothing'") as caught:
        shipped("nothing")
    assert "next-letter" in caught.value.hint()


@given(st.binary(max_size=200))
def test_any_bytes_as_a_manifest_end_in_a_clear_error(tmp_path_factory, raw):
    folder = tmp_path_factory.mktemp("any", numbered=True)
    (folder / "manifest.json").write_bytes(raw)
    with pytest.raises(EvaluationError):
        load_benchmark(folder)
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", names())
def test_every_benchmark_that_ships_is_well_formed_and_says_its_licence(name):
    benchmark = shipped(name)
    assert benchmark.id == name
    assert benchmark.manifest["licence"] == "CC0-1.0"
    assert len(benchmark.samples) >= 50


def test_next_letter_is_what_its_rule_makes():
    found = {sample.id: sample for sample in shipped("next-letter").samples}
    made = 0
    for kind, alphabet, last in (
        ("lower", string.ascii_lowercase, 26),
        ("upper", string.ascii_uppercase, 26),
        ("digit", string.digits, 8),
    ):
        for at in range(last):
            sample = found[f"{kind}-{at:02d}"]
            half = len(alphabet) // 2
            assert sample.input == alphabet[at - min(at, at % 3) : at + 1]
            assert sample.target == alphabet[(at + 1) % len(alphabet)]
            assert sample.control == alphabet[(at + 1 + half) % len(alphabet)]
            made += 1
    assert made == len(found) == 60


def test_exact_match_looks_at_the_first_characters_only():
    match = SCORERS["exact-match"]
    assert match("bcd", "b", {"characters": 1})
    assert not match("", "b", {"characters": 1})
    assert not match(" b", "b", {"characters": 1})

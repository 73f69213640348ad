"""A benchmark is what its manifest says, or it is refused with the reason."""

from __future__ import annotations

import hashlib
import json
import shutil
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import EvaluationError
from assay.evals.benchmark import load_benchmark, names, shipped
from assay.evals.manifest import Item
from assay.evals.prompts import prompts
from assay.evals.scorers import names as scorer_names
from assay.evals.scorers import scorer_named

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
    assert [(item.id, prompt.text) for item, prompt in prompts(benchmark)] == [("a", "Q: 2 A:"), ("b", "Q: 1 A:")]


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
    assert benchmark.manifest.id == name
    assert benchmark.manifest.document["licence"]["data"] == "CC0-1.0"
    assert len(benchmark.items) >= 50


def test_the_digests_of_next_letter_are_those_that_its_first_results_name():
    assert shipped("next-letter").digests == {
        "manifest_digest": "8b2e20d20a6fc9cc57bd22b04efceaeea32b7226dbf356db0d22647a72d7d0d3",
        "dataset_digest": "78bff29aa051322029370ff84ec79cbe1ab7df10bc8109a024f150df9e5180d5",
        "scorer_digest": "7c0f39fab9b981bbbb1db68de8e4af5ceac6c2b72e2f26810fe777f23e94a0fb",
    }


def test_next_letter_is_what_its_rule_makes():
    found = {item.id: item for item in shipped("next-letter").items}
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


@pytest.mark.parametrize(
    ("name", "output", "target", "options", "hit"),
    [
        ("exact-match", "bcd", "b", {"characters": 1}, True),
        ("exact-match", "", "b", {"characters": 1}, False),
        ("exact-match", " b", "b", {"characters": 1}, False),
        ("exact-match", "bc", "b", {}, False),
        ("accuracy", " 7\n", 7, {}, True),
        ("accuracy", "seven", 7, {}, False),
        ("contains", "It is Paris.", "Paris", {}, True),
        ("contains", "it is paris.", ["Rome", "Paris"], {}, False),
        ("contains", "it is paris.", ["Rome", "Paris"], {"lower": True}, True),
        ("last-number", "3 + 4 is 7, so 1,007.", "1007", {}, True),
        ("last-number", "7 then 8", 7, {}, False),
        ("last-number", "none", 7, {}, False),
        ("last-number", "-2.50", "-2.5", {}, True),
    ],
)
def test_scorers_say_what_they_say(name, output, target, options, hit):
    assert scorer_named(name).score(output, Item("a", "q", target, None, None), options) is hit
    assert options.keys() <= scorer_named(name).options


@pytest.mark.parametrize(
    ("target", "options", "hit"),
    [("no", {}, True), (1, {}, True), ("yes, yes", {}, False), ("no", {"normalise": "characters"}, False)],
)
def test_of_the_choices_the_most_likely_one_counts(target, options, hit):
    item = Item("a", "q", target, None, None, ["yes, yes", "no"])
    assert scorer_named("most-likely").score('["-2.5000","-2.0000"]', item, options) is hit


def test_choices_that_are_not_there_are_said():
    score = scorer_named("most-likely").score
    with pytest.raises(EvaluationError, match="no list of at least two choices"):
        score("[]", Item("a", "q", "b", None, None), {})
    with pytest.raises(EvaluationError, match="none of the choices"):
        score('["-1","-2"]', Item("a", "q", "d", None, None), {"choices": ["b", "c"]})


@pytest.mark.parametrize("name", sorted(scorer_names()))
def test_every_scorer_has_a_rule_and_a_line_on_the_page(name):
    rule = scorer_named(name)
    assert (rule.score is None) is not (rule.tally is None)
    page = Path(__file__).parents[2] / "docs" / "reference" / "evaluation.md"
    assert f"| `{name}` |" in page.read_text("utf-8")


def test_a_scorer_that_is_not_there_is_none():
    assert scorer_named("guess") is None
    assert scorer_named("__init__") is None

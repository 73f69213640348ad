"""Rule packs: read strictly, applied within bounds, kept apart from what our own checks say."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.artifact.sources.local import open_local
from assay.assess import assess
from assay.checks.packs import Steps, parse_pack
from assay.checks.packs.match import parse_condition
from assay.errors import BudgetError, RulesError
from assay.isolate.parent import assess_isolated

SAMPLE = {"file": "samples/a.py", "sha256": "0" * 64, "matches": True}


def written(where=None, **changes):
    rule = {
        "id": "acme/hidden-shell",
        "title": "A helper starts a shell",
        "what": "It calls os.system.",
        "why": "That runs what it is told.",
        "fix": "Remove the call.",
        "references": ["CWE-78"],
        "severity": "critical",
        "confidence": "medium",
        "match": {"formats": ["python"], "where": where or {"fact": "facts.calls.*.name", "equals": "os.system"}},
        "samples": [SAMPLE, {**SAMPLE, "matches": False}],
    }
    pack = {"schema": "assay.rulepack/v1", "id": "acme", "version": "1.2", "licence": "CC0-1.0", "maker": "Acme Labs"}
    return {**pack, "rules": [{**rule, **changes}]}


def pack(where=None, **changes):
    return parse_pack(json.dumps(written(where, **changes)).encode())


@pytest.fixture
def model(tmp_path):
    (tmp_path / "modeling.py").write_text("import os\n\n\ndef helper():\n    os.system('true')\n")
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n# A model\n")
    return tmp_path


def test_what_a_pack_finds_stands_apart_and_changes_no_finding(model):
    plain, packed = (assess(open_local(model), packs=packs).predicate for packs in ((), (pack(),)))
    assert "packs" not in plain
    (one,) = packed.pop("packs")
    assert {key: one[key] for key in ("id", "version", "maker")} == {
        "id": "acme", "version": "1.2", "maker": "Acme Labs"
    }  # fmt: skip
    (finding,) = one["findings"]
    assert (finding["rule"], finding["outcome"], finding["file"]) == ("acme/hidden-shell", "fail", "modeling.py")
    assert packed.pop("rules") != plain.pop("rules")
    assert packed == plain


def test_a_pack_that_finds_nothing_says_nothing_and_passes_nothing(model):
    (one,) = assess(open_local(model), packs=[pack({"fact": "path", "equals": "x"})]).predicate["packs"]
    assert one["findings"] == []


def test_a_child_states_the_same(model):
    packs = [pack()]
    assert assess_isolated(open_local(model), packs=packs).statement == assess(open_local(model), packs=packs).statement


def test_a_pack_that_takes_too_many_steps_says_so(model, monkeypatch):
    monkeypatch.setattr("assay.checks.packs.apply._STEPS", 3)
    (one,) = assess(open_local(model), packs=[pack()]).predicate["packs"]
    assert [finding["outcome"] for finding in one["findings"]] == ["unknown"]


def test_a_pack_that_finds_something_everywhere_is_cut_short(tmp_path):
    for number in range(130):
        (tmp_path / f"m{number}.py").write_text("import os\n\n\ndef helper():\n    os.system('true')\n")
    (rule,) = (whole := written(where={"fact": "path", "exists": True}))["rules"]
    whole["rules"] = [{**rule, "id": f"acme/r{number}"} for number in range(60)]
    (one,) = assess(open_local(tmp_path), packs=[parse_pack(json.dumps(whole).encode())]).predicate["packs"]
    found = [finding["rule"] for finding in one["findings"]]
    assert (found.count("acme/r0"), found.count("acme/r59")) == (101, 1)
    assert len(found) < 500


VALUE = {"path": "a/b.py", "facts": {"calls": [{"name": "x", "line": 3}, {"name": "y", "line": 9}], "note": "abc"}}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"fact": "facts.note", "contains": "bc"}, True),
        ({"fact": "facts.note", "contains_any": ["zz", "ab"]}, True),
        ({"fact": "path", "begins": "a/"}, True),
        ({"fact": "path", "ends": ".json"}, False),
        ({"fact": "facts.calls.*.name", "in": ["y", "z"]}, True),
        ({"fact": "facts.calls.1.line", "at_least": 9}, True),
        ({"fact": "facts.calls.*.line", "at_most": 2}, False),
        ({"fact": "facts.calls", "longer": 1}, True),
        ({"fact": "facts.absent", "exists": True}, False),
        ({"not": {"fact": "facts.absent", "exists": True}}, True),
        ({"fact": "facts.calls.*.line", "equals": "3"}, False),
        ({"some": "facts.calls.*", "where": {"all": [{"fact": "name", "equals": "x"}, {"fact": "line", "equals": 9}]}},
         False),
        ({"some": "facts.calls.*", "where": {"all": [{"fact": "name", "equals": "y"}, {"fact": "line", "equals": 9}]}},
         True),
        ({"any": [{"fact": "path", "equals": "x"}, {"fact": "path", "equals": "a/b.py"}]}, True),
    ],
)  # fmt: skip
def test_conditions(condition, holds):
    assert parse_condition(condition, "where").holds(VALUE, Steps(1000)) is holds


@pytest.mark.parametrize(
    "condition",
    [
        {}, [], "x", {"all": []}, {"fact": "a"}, {"fact": "a", "equals": 1.5}, {"fact": "a", "matches": "(a+)+"},
        {"fact": "a..b", "exists": True}, {"fact": "a", "exists": False}, {"fact": "a", "in": []},
        {"fact": "a", "contains": "x" * 501}, {"fact": "a", "begins": "x", "ends": "y"},
        {"not": {"not": {"not": {"not": {"not": {"not": {"fact": "a", "exists": True}}}}}}},
        {"any": [{"fact": "a", "exists": True}] * 40},
    ],
)  # fmt: skip
def test_what_is_no_condition_is_refused(condition):
    with pytest.raises(RulesError):
        parse_condition(condition, "where")


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "other/x"}, {"id": "acme/X"}, {"severity": "awful"}, {"title": ""}, {"samples": [SAMPLE]},
        {"samples": [SAMPLE, {**SAMPLE, "file": "../a", "matches": False}]}, {"more": 1}, {"id": "SEC101-pickle-call"},
        {"title": "a\ud800"}, {"title": "a\nb"}, {"fix": "a\x1b[31m"}, {"why": "a\u202e"}, {"title": "x" * 201},
    ],
)  # fmt: skip
def test_what_is_no_pack_is_refused(changes):
    with pytest.raises(RulesError):
        pack(**changes)


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_pack_or_refused(data):
    with pytest.raises(RulesError):
        parse_pack(data)


def test_steps_grow_with_what_is_looked_at():
    condition = parse_condition({"fact": "a.*.*.*", "contains": "z"}, "where")
    with pytest.raises(BudgetError):
        condition.holds({"a": [[["x" * 640] * 100] * 100] * 100}, Steps(100_000))

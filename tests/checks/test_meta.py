"""What holds for every check, found by folder: id, page, samples, and that nothing in a file can make it raise."""

from __future__ import annotations

import ast
import importlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.make.licence_files import APACHE
from tests.make.pickle_parts import SHELL, STATE_DICT, torch_zip
from tests.make.revisions import card, document, observed, revision, safetensors

import assay.checks
from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.observation import Observation
from assay.artifact.readers import read_blob
from assay.artifact.revision import ArtifactFile, DigestGrade, Revision
from assay.canonical import canonical_json
from assay.checks import checks, judge
from assay.finding import Axis, Fact, Finding, Outcome, Severity
from assay.rules import load

_FOLDER = Path(assay.checks.__file__).parent
_PREFIX = {"security": "SEC", "openness": "OPN", "portability": "POR", "evaluated": "EVA", "provenance": "PRV"}
_IDS = [one.rule.id for one in checks()]


def _module(one):
    return one.body.__module__.removeprefix("assay.checks.")


def _samples(one):
    axis, name = _module(one).split(".")
    return importlib.import_module(f"tests.checks.{axis}.test_{name}")


def _said(one, what):
    return [item for item in one.body(what) if isinstance(item, Finding)]


def test_there_is_one_check_per_file_and_at_least_two_per_axis():
    files = {f"{path.parent.name}.{path.stem}" for path in _FOLDER.glob("*/*.py")
             if path.stem != "__init__" and path.parent.name != "packs"}  # fmt: skip
    assert files == {_module(one) for one in checks()}
    assert len(files) == len(checks())
    assert all(sum(one.rule.axis is axis for one in checks()) >= 2 for axis in Axis)


@pytest.mark.parametrize("one", checks(), ids=_IDS)
def test_id_and_page(one):
    folder, module = _module(one).split(".")
    assert re.fullmatch(rf"{_PREFIX[folder]}[1-9]\d\d-{module.replace('_', '-')}", one.rule.id)
    assert one.rule.title.endswith(".")
    assert one.rule.title == one.page.split("\n")[0]
    paragraphs = one.page.split("\n\n")
    assert len(paragraphs) >= 5, "what, why it matters, sample, fix, references"
    assert [part.split(":")[0] for part in paragraphs[-3:]] == ["Sample", "Fix", "References"]


@pytest.mark.parametrize("one", checks(), ids=_IDS)
def test_it_has_a_sample_that_fails_and_one_that_passes(one):
    samples = _samples(one)
    found = _said(one, samples.FAILING)
    assert found
    assert all(item.outcome is not Outcome.PASS and item.rule == one.rule.id for item in found)
    assert _said(one, samples.PASSING) == []
    own = [item for item in judge(samples.PASSING).findings if item.rule == one.rule.id]
    assert [item.outcome for item in own] == [Outcome.PASS]


@pytest.mark.parametrize("one", checks(), ids=_IDS)
def test_what_it_says_is_json_and_the_same_every_time(one):
    first, second = (judge(_samples(one).FAILING) for _ in range(2))
    texts = [canonical_json([item.to_json() for item in judgement.findings]) for judgement in (first, second)]
    assert texts[0] == texts[1]
    assert canonical_json(first.facts) == canonical_json(second.facts)
    for item in first.findings:
        assert item.message.isprintable()
        assert len(item.message) < 600


def test_each_fact_is_stated_by_one_check():
    source = "".join(path.read_text("utf-8") for path in _FOLDER.glob("*/*.py"))
    stated = re.findall(r'Fact\("(\w+)"', source)
    expected = [
        "claims",
        "framework",
        "licence",
        "licence_texts",
        "lineage",
        "portability",
        "signature",
        "training_data",
    ]
    assert sorted(stated) == [*expected, "weights"]


def test_checks_import_nothing_that_could_act():
    forbidden = {"os", "subprocess", "socket", "pickle", "time", "random", "datetime", "numpy", "torch", "urllib"}
    for path in _FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.split(".")[0] for name in names} & forbidden, path


def test_rules_say_where_they_come_from_and_since_when():
    names = {path.stem for path in (_FOLDER.parent / "rules").glob("*.json")}
    for name in names:
        assert load(name)["source"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", load(name)["date"])


# -- a whole model


def _axes(what):
    worst = dict.fromkeys(Axis, Outcome.PASS)
    for item in judge(what).findings:
        if item.outcome is Outcome.FAIL and item.severity.rank >= Severity.MEDIUM.rank:
            worst[item.axis] = Outcome.FAIL
        elif item.outcome is Outcome.UNKNOWN and worst[item.axis] is Outcome.PASS:
            worst[item.axis] = Outcome.UNKNOWN
    return [outcome.value for outcome in worst.values()]


def test_an_honest_open_model_passes_and_what_nobody_has_shown_is_unknown():
    honest = {
        "README.md": card(license="apache-2.0", tags=["from-scratch"]),
        "LICENSE": APACHE,
        "config.json": document(model_type="llama", hidden_size=4),
        "model.safetensors": safetensors(),
    }
    assert _axes(revision(honest)) == ["pass", "pass", "pass", "unknown", "unknown"]


def test_a_relabelled_model_with_a_payload_fails_where_it_should():
    hostile = {
        "README.md": card(license="mit", base_model="meta-llama/Llama-2-7b-hf"),
        "pytorch_model.bin": torch_zip(SHELL),
        "modeling_x.py": b"import flash_attn\n",
    }
    assert _axes(revision(hostile)) == ["fail", "fail", "fail", "unknown", "unknown"]


# -- nothing in a file makes a check raise

_NAMES = st.sampled_from([
    "README.md", "config.json", "adapter_config.json", "LICENSE", "USE_POLICY.md", "a.py", "a.bin", "a.pt", "a.yaml",
    "model.safetensors", "model.safetensors.index.json", ".eval_results/a.yaml", "a.engine", "model.sig", "a.pkl",
    "tokenizer_config.json", "a-00001-of-99999.bin", "m.mlmodelc/a", "weights",
])  # fmt: skip
_SEEDS = st.sampled_from([SHELL, STATE_DICT, torch_zip(SHELL), safetensors(), card(license="mit"), APACHE])


@st.composite
def _bytes(draw):
    data = bytearray(draw(st.one_of(_SEEDS, st.binary(max_size=300))))
    for place, value in draw(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6)):
        if data:
            data[place % len(data)] = value
    return bytes(data[: draw(st.integers(0, 3000))])


def _judged(what):
    findings, facts = judge(what)
    assert canonical_json([item.to_json() for item in findings])
    assert canonical_json(facts) is not None
    assert all(item.message.isprintable() for item in findings)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(_NAMES, _bytes(), min_size=1, max_size=4))
def test_no_bytes_under_any_name_make_a_check_raise(files):
    budget = Budget(bytes=1_000_000, items=20_000, facts=100_000)
    made = []
    for path, data in sorted(files.items()):
        reading = read_blob(BytesBlob(data), budget, path=path)
        made.append(
            ArtifactFile(
                path, len(data), None, DigestGrade.NONE, reading.format, None, reading.observation, reading.reason
            )
        )
    _judged(Revision(tuple(made)))


_TEXT = st.one_of(
    st.text(max_size=20), st.sampled_from(["mit", "other", "meta-llama/Llama-2-7b", "from-scratch", "a/b"])
)
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), _TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_TEXT, inner, max_size=4)),
    max_leaves=12,
)
_KEYS = st.sampled_from([
    "license", "license_name", "license_link", "base_model", "base_model_relation", "tags", "model-index", "datasets",
    "auto_map", "quantization_config", "_name_or_path", "base_model_name_or_path", "weight_map", "results", "dataset",
    "metrics", "value", "revision", "dsseEnvelope", "quant_method",
])  # fmt: skip
_OBJECT = st.dictionaries(_KEYS, st.one_of(_JSON, st.dictionaries(_KEYS, _JSON, max_size=3)), max_size=5)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.none(), _OBJECT), st.one_of(_JSON, _OBJECT), _NAMES)
def test_no_document_of_any_shape_makes_a_check_raise(front, anything, name):
    facts = {"document": anything, "pruned": False, "duplicate_keys": [], "secrets": []}
    front_facts = {"front_matter": front, "headings": [], "words": 1, "links": [], "secrets": []}
    files: dict[str, Observation] = {
        "config.json": observed("json", facts),
        ".eval_results/a.yaml": observed("yaml", {**facts, "tags": [], "aliases": 0}),
        "model.sig": observed("json", facts),
        name: observed("json", facts),
        "README.md": observed("card", front_facts),
    }
    _judged(revision(files))


_SYM = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-9, 9), st.sampled_from(["posix.system", "latin1"]), st.text(max_size=9),
        st.sampled_from([
            {"unknown": True}, {"deep": True}, {"more": 9}, {"bytes": 3}, {"float": "nan"}, {"int": "9" * 80},
            {"str": 999}, {"global": "posix.system"}, {"global": "builtins.int"}, {"call": "?"},
        ]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.builds(lambda pairs: {"dict": pairs}, st.lists(st.lists(inner, min_size=2, max_size=2), max_size=2)),
        st.builds(lambda item: {"persid": item}, inner),
    ),
    max_leaves=8,
)  # fmt: skip
_CALLABLES = sorted({name for entry in load("pickle_callables")["entries"] for name in entry["names"]})
_OPS = ["REDUCE", "NEWOBJ", "NEWOBJ_EX", "INST", "OBJ", "BUILD"]


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.sampled_from(_CALLABLES), st.text(max_size=30)), st.sampled_from(_OPS), _SYM)
def test_no_call_makes_a_check_raise_and_dangerous_arguments_never_pass(name, op, arguments):
    call = {"op": op, "callable": name, "args": arguments, "offset": 0, "count": 1}
    facts = {"protocol": 2, "streams": 1, "globals": [], "calls": [call], "persistent_ids": 0, "extension_codes": []}
    what = revision({"a.pkl": observed("pickle", facts)})
    _judged(what)
    if '{"global": "posix.system"}' in json.dumps(arguments):
        said = [item for item in judge(what).findings if item.rule.startswith("SEC101")]
        assert all(item.outcome is not Outcome.PASS for item in said)


def test_facts_are_yielded_as_facts():
    assert {type(item) for one in checks() for item in one.body(revision())} <= {Fact, Finding}

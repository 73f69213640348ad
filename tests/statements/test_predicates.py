"""Predicates: each has one strict shape, and a complaint names the path of the field."""

import copy
import re
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.statements.reproduction_samples import GOOD as OF_REPRODUCTION
from tests.statements.samples import FILES, assessed, assessment_of, claimed, finding, sha256

from assay.errors import StatementError
from assay.statements.predicates import (
    assessment,
    bundle,
    claim,
    conversion,
    imported_result,
    is_known,
    known_types,
    result,
    rule_pack,
    run,
    validate,
)
from assay.statements.statement import Statement, Subject, revision_subjects

PAGE = Path(__file__).parents[2] / "docs/reference/statements.md"
D = "0" * 64


def converted():
    return conversion.conversion(
        "assay 1",
        "torch-to-safetensors",
        inputs=[conversion.Converted("model.bin", D)],
        outputs=[conversion.Converted("model.safetensors", D)],
        tensors=[conversion.TensorProof("w", "F32", (2, 3), D, D)],
        dropped=[conversion.Dropped("optimizer state", "model.bin, key optimizer")],
    )


def resulted():
    return {
        "benchmark": {
            "id": "tiny", "version": "1", "manifest_digest": D, "dataset_digest": D, "scorer_digest": D, "n_total": 10,
        },
        "harness": {"name": "assay", "version": "1"},
        "model": {"dirhash": D, "weights_digest": D, "format": "safetensors"},
        "sampling": {"mode": "greedy", "temperature": 0, "max_tokens": 8, "stop": ["\n"]},
        "environment": {"os": "linux", "arch": "x86_64", "python": "3.11", "numpy": "2.0"},
        "samples": {"n_scheduled": 10, "n_scored": 9, "n_errored": 1, "merkle_root": D},
        "metrics": [
            {"name": "accuracy", "value": "0.5", "n": 9,
             "ci": {"low": "0.25", "high": "0.75", "level": "0.95", "method": "wilson"}},
        ],
        "evaluator": {"relationship": "first"},
    }  # fmt: skip


def ran():
    return {
        "evidence": "E1",
        "model": {"dirhash": D, "weights_digest": D, "format": "safetensors"},
        "runner": {"name": "numpy Llama", "version": "1"},
        "input": {"kind": "tokens", "digest": D},
        "output": {"count": 16, "digest": D},
        "environment": {"os": "linux", "arch": "x86_64", "python": "3.11", "silicon": "AMD", "libraries": {}},
        "beside": {"tokens_per_second": "31.5", "peak_memory": 100_000_000},
    }  # fmt: skip


def imported():
    return {
        "source": {"format": "inspect_ai log", "version": "2", "files": [{"name": "log.json", "sha256": D}]},
        "harness": {"name": "inspect_ai", "version": "0.3.285"},
        "model": {"name": "org/tiny"},
        "results": [{
            "benchmark": {"id": "sums", "version": "2", "dataset": "org/sums", "n_total": 10, "few_shot": 0,
                          "task_digest": D},
            "metrics": [{
                "name": "accuracy", "value": "0.5", "n": 4, "stderr": "0.25", "direction": "higher", "unit": "share",
                "ci": {"low": "0.5", "high": "0.5", "level": "0.95", "method": "bootstrap"},
                "recomputed": {
                    "from": "samples", "value": "0.5", "n": 4, "stderr": "0.25", "agrees": True,
                    "ci": {"low": "0.15", "high": "0.85", "level": "0.95", "method": "wilson"},
                },
            }],
            "samples": {"n_scheduled": 5, "n_scored": 4, "n_errored": 1},
            "sampling": {"temperature": "0.5", "max_tokens": 16, "seed": -1, "stop": ["x"]},
        }],
        "remarks": ["the run did not end well"],
        "unknown": ["environment"],
    }  # fmt: skip


GOOD = {
    assessment: assessment_of(),
    conversion: converted(),
    imported_result: imported(),
    result: resulted(),
    claim: claim.claim("publishes", ""),
    bundle: {"members": 1, "bytes": 0},
    run: ran(),
    rule_pack: {"id": "acme", "version": "1", "maker": "Acme", "licence": "CC0-1.0", "rules": ["acme/hidden-shell"]},
    **OF_REPRODUCTION,
}


def test_found_by_folder():
    assert known_types() == tuple(sorted(module.TYPE for module in GOOD))
    assert all(is_known(name) for name in known_types())
    assert not is_known("https://slsa.dev/provenance/v1")


@pytest.mark.parametrize("name", known_types())
def test_every_type_has_its_place_on_the_page(name):
    assert f"### `{name}`" in PAGE.read_text("utf-8")


def test_unknown_types_are_let_pass():
    validate(Statement("https://slsa.dev/provenance/v1", (Subject("a", {"sha256": D}),), {"anything": [1]}))


@pytest.mark.parametrize("module", GOOD, ids=lambda module: module.TYPE)
def test_the_good_pass_and_a_missing_or_strange_key_does_not(module):
    module.validate(GOOD[module])
    for key in GOOD[module]:
        with pytest.raises(StatementError, match=rf"^predicate: the key '{key}' is missing"):
            module.validate({name: value for name, value in GOOD[module].items() if name != key})
    with pytest.raises(StatementError, match=r"^predicate: unknown key 'else'"):
        module.validate(GOOD[module] | {"else": 1})


def leaves(value, path=()):
    """The paths of all values within `value`."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, key)
            yield from leaves(inner, (*path, key))


@pytest.mark.parametrize("module", GOOD, ids=lambda module: module.TYPE)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_field_replaced_is_refused_at_its_path_or_right(module, data):
    predicate = copy.deepcopy(GOOD[module])
    path = data.draw(st.sampled_from(list(leaves(predicate))))
    place = predicate
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = data.draw(
        st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3) | st.just([]) | st.just({}) | st.just([[]])
    )
    with pytest.raises(StatementError, match=r"^predicate[.:]"):  # noqa: PT012 (either it is wrong, or we say so)
        module.validate(predicate)
        raise StatementError("predicate: still right")


def change(predicate, path, value):
    predicate = copy.deepcopy(predicate)
    place = predicate
    *steps, last = path
    for step in steps:
        place = place[step]
    place[last] = value
    return predicate


@pytest.mark.parametrize(
    ("module", "path", "value", "says"),
    [
        (assessment, ("files", 0, "sha256"), None, r"^predicate.files\[0\].sha256: is null"),
        (assessment, ("files", 0, "digest"), "not known", r"^predicate.files\[0\].sha256: is null"),
        (assessment, ("files", 0, "digest"), "guessed", r"^predicate.files\[0\].digest: expected one of"),
        (assessment, ("files", 0, "path"), "../x", r"^predicate.files\[0\].path: path '../x' does not stay"),
        (assessment, ("files", 0, "path"), "u\u0308", r"not in Unicode form NFC"),
        (assessment, ("files", 1, "path"), "config.json", r"^predicate.files\[1\].path: 'config.json' is listed twice"),
        (assessment, ("files", 0, "size"), -1, r"^predicate.files\[0\].size"),
        (assessment, ("files", 0, "size"), True, r"^predicate.files\[0\].size"),
        (assessment, ("findings", 0), finding(axis="speed"), r"^predicate.findings\[0\].axis"),
        (assessment, ("findings", 0), finding(outcome="maybe"), r"^predicate.findings\[0\].outcome"),
        (assessment, ("findings", 0), finding(message=None), r"^predicate.findings\[0\].message"),
        (assessment, ("findings", 0), finding(detail=[]), r"^predicate.findings\[0\].detail"),
        (assessment, ("rules",), "x", "^predicate.rules"),
        (conversion, ("executed",), True, "^predicate.executed"),
        (conversion, ("executed",), 0, "^predicate.executed"),
        (conversion, ("fix",), "rm -rf", "^predicate.fix"),
        (conversion, ("tensors", 0, "dtype"), "float32", r"^predicate.tensors\[0\].dtype"),
        (conversion, ("tensors", 0, "shape"), [-1], r"^predicate.tensors\[0\].shape\[0\]"),
        (conversion, ("outputs", 0, "path"), "/etc/passwd", r"^predicate.outputs\[0\].path"),
        (result, ("samples", "n_scored"), 10, "^predicate.samples: scored and errored"),
        (result, ("benchmark", "n_total"), 9, "^predicate.samples.n_scheduled"),
        (result, ("metrics",), [], "^predicate.metrics"),
        (result, ("metrics", 0, "n"), 10, r"^predicate.metrics\[0\].n"),
        (result, ("metrics", 0, "value"), "0,5", r"^predicate.metrics\[0\].value"),
        (result, ("metrics", 0, "value"), "NaN", r"^predicate.metrics\[0\].value"),
        (result, ("metrics", 0, "ci", "low"), "0.9", r"^predicate.metrics\[0\].ci.low: is above"),
        (result, ("metrics", 0, "ci", "level"), "95", r"^predicate.metrics\[0\].ci.level"),
        (result, ("evaluator", "relationship"), "friend", "^predicate.evaluator.relationship"),
        (claim, ("claim",), "I Publish", "^predicate.claim"),
        (claim, ("text",), "x" * 10_001, "^predicate.text"),
        (bundle, ("members",), 0, "^predicate.members"),
    ],
)
def test_what_is_refused_and_where(module, path, value, says):
    with pytest.raises(StatementError, match=says):
        module.validate(change(GOOD[module], path, value))


def test_an_assessment_lists_the_revision_that_it_names():
    validate(assessed())
    validate(claimed())
    wrong = Statement(assessment.TYPE, revision_subjects(D, None), assessment_of())
    with pytest.raises(StatementError, match="the dirHash of the files listed is"):
        validate(wrong)


def test_an_assessment_with_an_unknown_digest_names_a_commit_only():
    predicate = change(assessment_of(), ("files", 0), assessment_of()["files"][0] | {"sha256": None})
    predicate["files"][0]["digest"] = "not known"
    validate(Statement(assessment.TYPE, revision_subjects(None, "a" * 40), predicate))
    assert assessment.manifest(predicate) is None
    with pytest.raises(StatementError, match="not known"):
        validate(Statement(assessment.TYPE, revision_subjects(D, "a" * 40), predicate))


def test_the_manifest_of_an_assessment():
    assert dict(assessment.manifest(assessment_of())) == {path: sha256(data) for path, data in FILES.items()}


def test_tensor_digests_of_the_page():
    vectors = dict(re.findall(r'\| `(\{"dtype".*?\})` \| `([0-9a-f]{64})` \|', PAGE.read_text("utf-8")))
    matrix = conversion.tensor_digest_prefix("F32", (2, 2))
    scalar = conversion.tensor_digest_prefix("I64", ())
    assert vectors == {
        matrix.decode(): sha256(matrix + struct.pack("<4f", 1, 2, 3, 4)),
        scalar.decode(): sha256(scalar + struct.pack("<q", -1)),
    }
    for dtype, shape in (("f32", ()), ("F32", (-1,)), ("F32", (True,)), ("", ())):
        with pytest.raises(StatementError):
            conversion.tensor_digest_prefix(dtype, shape)

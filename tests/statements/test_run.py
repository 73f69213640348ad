"""The shape of `urn:assay:run:v1`, and what two runs must agree on."""

from __future__ import annotations

import copy

import pytest

from assay.errors import StatementError
from assay.statements.predicates import run, validate
from assay.statements.statement import Statement, revision_subjects

RUN = {
    "evidence": "E1",
    "model": {"dirhash": "a" * 64, "weights_digest": "b" * 64, "format": "safetensors"},
    "runner": {"name": "assay-llama-numpy", "version": "1"},
    "input": {"kind": "tokens", "digest": "c" * 64},
    "output": {"count": 16, "digest": "d" * 64},
    "environment": {
        "os": "Linux", "arch": "x86_64", "python": "3.11", "silicon": "AMD", "libraries": {"numpy": "2"},
    },
    "beside": {"tokens_per_second": "3.2", "peak_memory": 5},
}  # fmt: skip


def test_speed_and_memory_stand_beside_what_must_agree():
    other = RUN | {"beside": {"tokens_per_second": "99", "peak_memory": 7}}
    run.validate(other)
    assert run.agreed(RUN) == run.agreed(other)
    assert run.agreed(RUN) != run.agreed(RUN | {"output": {"count": 16, "digest": "e" * 64}})


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("evidence", "E2", "E0, E1"),
        ("evidence", "E0", "an output is E1"),
        ("output", {"count": 0, "digest": "d" * 64}, "E1 needs an output"),
        ("model", {"dirhash": "x", "weights_digest": "b" * 64, "format": "f"}, "dirhash"),
        ("beside", {"tokens_per_second": 1.5, "peak_memory": 5}, "tokens_per_second"),
        ("environment", {}, "is missing"),
        ("more", 1, "unknown key"),
    ],
)
def test_any_other_shape_is_refused(key, value, said):
    with pytest.raises(StatementError, match=said):
        run.validate(copy.deepcopy(RUN) | {key: value})


def test_a_statement_about_another_revision_is_refused():
    validate(Statement(run.TYPE, revision_subjects("a" * 64, None), RUN))
    with pytest.raises(StatementError, match="none of the subjects"):
        validate(Statement(run.TYPE, revision_subjects("f" * 64, None), RUN))

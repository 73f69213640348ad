"""POR113: what the level says on its page; the table of levels is in test_levels."""

from __future__ import annotations

import pytest
from tests.make.revisions import document, fact, judged, revision, safetensors

from assay.finding import Outcome, Severity

FAILING = revision({"model.engine": 5_000_000})
PASSING = revision({"model.safetensors": safetensors(), "config.json": document(model_type="llama")})


def test_the_fact_names_level_grade_and_reasons():
    assert fact("POR113", PASSING) == {"level": "P-A", "evidence": "E0", "because": [], "format": "safetensors"}
    said = fact("POR113", FAILING)
    assert (said["level"], said["format"]) == ("P-D", "tensorrt")
    assert "model.engine" in said["because"][0]


@pytest.mark.parametrize(("method", "severity"), [("bitsandbytes", Severity.MEDIUM), ("awq", None)])
def test_conditional_is_no_fault_and_one_vendor_is(method, severity):
    files = {"m.safetensors": safetensors(), "config.json": document(quantization_config={"quant_method": method})}
    assert [one.severity for one in judged("POR113", revision(files))] == ([severity] if severity else [])


def test_too_little_to_say_is_unknown_never_portable():
    assert [one.outcome for one in judged("POR113", revision({"README.md": b"words"}))] == [Outcome.UNKNOWN]

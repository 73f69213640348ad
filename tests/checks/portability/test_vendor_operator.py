"""POR109: operators by domain."""

from __future__ import annotations

import pytest
from tests.make.revisions import judged, observed, revision

from assay.finding import Outcome, Severity


def onnx(*operators):
    return revision(
        {"m.onnx": observed("onnx", {"operators": dict.fromkeys(operators, 1), "functions": [], "external": []})}
    )


FAILING = onnx("trt::EfficientNMS_TRT", "ai.onnx::Add")
PASSING = onnx("ai.onnx::Add", "Gemm", "com.microsoft::Attention")


@pytest.mark.parametrize("name", ["com.nvidia.x::A", "com.microsoft::EPContext", "com.qti.aisw::Cast", "TRTEngineOp"])
def test_operators_of_vendors_fail(name):
    assert [one.severity for one in judged("POR109", onnx(name))] == [Severity.MEDIUM]


def test_an_extra_package_is_a_note_and_an_unknown_domain_is_unknown():
    assert [one.severity for one in judged("POR109", onnx("ai.onnx.contrib::BertTokenizer"))] == [Severity.LOW]
    assert [one.outcome for one in judged("POR109", onnx("acme::Magic"))] == [Outcome.UNKNOWN]

"""SEC412: operators that call Python, or that no runtime has."""

from __future__ import annotations

import pytest
from tests.make.model_files import onnx, onnx_node, proto
from tests.make.revisions import judged, revision

from assay.finding import Severity


def using(type_, domain=""):
    return onnx(nodes=(onnx_node(type_, domain),))


FAILING = revision({"model.onnx": using("PyOp", "ai.onnx.contrib")})
PASSING = revision({"model.onnx": using("FusedMatMul", "com.microsoft")})


def test_an_operator_of_no_runtime_fails_less():
    assert [item.severity for item in judged("SEC412", revision({"a.onnx": using("X", "evil")}))] == [Severity.MEDIUM]


def test_a_function_of_the_model_itself_is_no_foreign_operator():
    function = proto((1, "Mine"), (7, onnx_node("Relu")), (10, "my.domain"))
    data = onnx(nodes=(onnx_node("Mine", "my.domain"),), more=((25, function),))
    assert not judged("SEC412", revision({"a.onnx": data}))


@pytest.mark.parametrize(("type_", "domain"), [("PythonOp", "com.microsoft"), ("PyCustomOpDef", "ai.onnx.contrib")])
def test_python_fails(type_, domain):
    assert judged("SEC412", revision({"a.onnx": using(type_, domain)}))[0].severity is Severity.HIGH

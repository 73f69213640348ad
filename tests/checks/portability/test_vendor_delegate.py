"""POR112: graphs lowered for one accelerator."""

from __future__ import annotations

import pytest
from tests.make.revisions import judged, observed, revision

from assay.finding import Severity


def program(*names):
    return revision({"m.pte": observed("executorch", {"delegates": list(names)})})


FAILING = program("QnnBackend")
PASSING = program("XnnpackBackend")


@pytest.mark.parametrize("name", ["CoreMLBackend", "EthosUBackend", "NeuropilotBackend"])
def test_each_vendor_fails(name):
    assert [one.severity for one in judged("POR112", program(name))] == [Severity.MEDIUM]


def test_custom_operators_of_tflite():
    for name, severity in (("edgetpu-custom-op", Severity.MEDIUM), ("MyOp", Severity.LOW)):
        model = revision({"m.tflite": observed("tflite", {"custom": {name: 1}})})
        assert [one.severity for one in judged("POR112", model)] == [severity]

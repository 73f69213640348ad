"""SEC451: custom operators of TensorFlow Lite."""

from __future__ import annotations

import pytest
from tests.make.flatbuffer_files import tflite
from tests.make.revisions import judged, revision

from assay.finding import Severity

FAILING = revision({"model.tflite": tflite("RunShell")})
PASSING = revision({"model.tflite": tflite(), "detect.tflite": tflite("TFLite_Detection_PostProcess")})


@pytest.mark.parametrize(
    ("name", "severity"), [("FlexWriteFile", Severity.CRITICAL), ("FlexPyFunc", Severity.HIGH), ("FlexErf", None)]
)
def test_operators_of_tensorflow_weigh_as_there(name, severity):
    found = [item.severity for item in judged("SEC451", revision({"m.tflite": tflite(name)}))]
    assert found == ([] if severity is None else [severity])

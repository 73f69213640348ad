"""SEC411: lengths, shapes and graphs that do not agree."""

from __future__ import annotations

import pytest
from tests.make.model_files import onnx, onnx_tensor
from tests.make.revisions import judged, revision

FAILING = revision({"model.onnx": onnx(onnx_tensor("w", (1000, 1000), b"1234"))})
PASSING = revision({"model.onnx": onnx(onnx_tensor("w"))})


@pytest.mark.parametrize("data", [onnx()[:-3], onnx() + b"\x0f", onnx(onnx_tensor("w", (-2,))), onnx(graphs=2)])
def test_what_is_cut_off_or_contradicts_itself_fails(data):
    assert judged("SEC411", revision({"model.onnx": data}))


def test_a_damaged_file_is_never_clean():
    assert revision({"model.onnx": b"\x00\x01\x02" * 100}).files[0].not_judged

"""SEC410: where the weights of an ONNX model may lie."""

from __future__ import annotations

import pytest
from tests.make.model_files import onnx, onnx_tensor, proto
from tests.make.revisions import judged, revision


def kept(location, **more):
    return onnx(onnx_tensor("w", **{"location": location, **more}))


FAILING = revision({"model.onnx": kept("../../../etc/passwd")})
PASSING = revision({"model.onnx": kept("model.onnx.data", offset="0", length="8"), "model.onnx.data": 8})


@pytest.mark.parametrize(
    "location",
    ["/etc/passwd", "a/../../b", "..\\b", "C:\\x", "C:x", "file:///x", "https://a/b", "~/x", "\\\\host\\x", "..",
     "*/_ORT_MEM_ADDR_/*"],
)  # fmt: skip
def test_places_outside_the_folder_fail(location):
    assert judged("SEC410", revision({"model.onnx": kept(location)}))


@pytest.mark.parametrize(
    "location", ["weights.bin", "data/w.bin", "w..bin", "model.onnx_data", "Constant_3_attr__value"]
)
def test_places_beside_the_model_pass(location):
    assert not judged("SEC410", revision({"model.onnx": kept(location)}))


def test_a_tensor_beyond_the_end_of_its_file_fails():
    what = revision({"sub/model.onnx": kept("w", offset="4", length="8"), "sub/w": 8})
    assert "beyond the end" in judged("SEC410", what)[0].message


@pytest.mark.parametrize("more", [{"offset": "-1"}, {"length": "9" * 60}, {"__class__": "x"}, {"offset": "0x10"}])
def test_numbers_and_keys_that_the_format_does_not_have_fail(more):
    assert judged("SEC410", revision({"model.onnx": kept("w", **more)}))


def test_a_tensor_in_an_attribute_of_a_function_counts():
    tensor = onnx_tensor("w", location="/etc/passwd")
    node = proto((4, "Constant"), (5, proto((1, "value"), (5, tensor))))
    what = revision({"model.onnx": onnx(more=((25, proto((1, "f"), (7, node))),))})
    assert judged("SEC410", what)

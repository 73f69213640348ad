"""What holds for every reader of models: any bytes give an observation or a ReadError, within the budget."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.make.flatbuffer_files import arrow_file, arrow_schema, arrow_stream, executorch, parquet_of, tflite
from tests.make.hdf5_files import File, attribute, attribute_data, external_link, hard, hdf5, header, header_1, soft
from tests.make.model_files import (
    SAVES,
    coreml,
    coreml_layer,
    coreml_program,
    gguf,
    onnx,
    onnx_tensor,
    paddle,
    proto,
    saved_model,
    tf_graph,
    tf_node,
    tf_text,
)

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.observation import Observation
from assay.artifact.readers import read_blob, readers
from assay.artifact.sniff import sniff
from assay.canonical import canonical_json
from assay.errors import ReadError


def _old_hdf5():
    made = File(old=True)
    return made.done(header_1(made.symbols(a=made.text_dataset(b"\x80\x04K\x01."), b=made.stored_elsewhere("/x"))))


def _dense_hdf5():
    made = File(base=512)
    links = made.dense([external_link(f"n{n}", "f.h5") for n in range(5)], links=True)
    return made.done(header(links, made.dense([attribute_data("a", b"text")] * 3, links=False)))


SEEDS = {
    "gguf": [gguf({"tokenizer.chat_template": "{{ x }}", "a": [1, 2], "b": ["x", "y"], "c": 1.5, "d": True, "e": 3})],
    "onnx": [onnx(onnx_tensor("w"), onnx_tensor("e", location="x", offset="0"))],
    "tensorflow": [
        saved_model(SAVES),
        tf_graph(tf_node("Const", value=tf_text("a", "b"))),
        b'node { name: "a" op: "Const" attr { key: "s" value { s: "x" } } }\n',
        proto((1, proto((2, 1), (3, "root"), (4, "_tf_keras_layer"), (5, '{"class_name": "X", "config": {}}')))),
    ],
    "hdf5": [hdf5(soft("s", "/x"), attribute("a", b'{"class_name":1}'), hard("l", 48)), _old_hdf5(), _dense_hdf5()],
    "tflite": [tflite("Custom")],
    "executorch": [executorch()],
    "arrow": [arrow_file(arrow_schema("x", b"y", deep=True)), arrow_stream(arrow_schema())],
    "parquet": [parquet_of(arrow_schema("x", b"y"))],
    "coreml": [coreml(coreml_layer("a", "B")), coreml_program("@model_path/x")],
    "paddle": [paddle(("py_func", {"a": "b"}))],
    "xml": [b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><net><layer type="X" version="y"/></net>'],
}
_CASES = [(format_, seed) for format_, seeds in SEEDS.items() for seed in seeds]


@pytest.mark.parametrize(("format_", "seed"), _CASES)
def test_a_format_is_told_by_content_and_read_to_its_end(format_, seed):
    reading = read_blob(BytesBlob(seed), Budget(), path="file")
    assert reading.format == format_
    assert reading.reason is None


_PIECE = proto((1, "word")) + b"\x15" + bytes(4) + proto((3, 1))


@pytest.mark.parametrize(
    "data",
    [
        b"".join(proto((1, _PIECE)) for _ in range(600)) + proto((2, proto((1, "input.txt"), (2, "out")))),
        proto((1, "net"), (2, proto((1, "data"), (2, "conv"), (3, ""), (4, "Conv"))), (2, proto((1, "a"), (2, "b")))),
        proto((1, 2**60), (2, 5), (3, 9), (4, 7), (6, proto((1, 1)))),
        b"\n\x10 begins with a line feed",
        b"\x08\x01" + bytes(range(128, 256)),
    ],
)
def test_other_messages_are_no_models(data):
    """A vocabulary of sentencepiece, a network of Caffe2, a fingerprint, and bytes that only begin as a message."""
    assert sniff(BytesBlob(data), "file.model") in ("unclaimed", "text")


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(_CASES), st.data())
def test_any_bytes_give_an_observation_or_a_read_error(case, draw):
    format_, seed = case
    data = bytearray(seed)
    for _ in range(draw.draw(st.integers(0, 4))):
        place = draw.draw(st.integers(0, len(data) - 1))
        data[place] = draw.draw(st.sampled_from([0, 1, 127, 128, 255]) | st.integers(0, 255))
    data = bytes(data[: draw.draw(st.sampled_from([len(data)] * 3 + [draw.draw(st.integers(0, len(data)))]))])
    data = draw.draw(st.sampled_from([data] * 4 + [data * 2, draw.draw(st.binary(max_size=100))]))
    assert isinstance(sniff(BytesBlob(data), "x"), str)
    read = readers()[format_].read
    budget = Budget(bytes=100_000, items=5_000, facts=20_000)
    try:
        seen = read(BytesBlob(data), budget, path="x", depth=0)
    except ReadError:
        return
    again = read(BytesBlob(data), Budget(bytes=100_000, items=5_000, facts=20_000), path="y", depth=3)
    assert canonical_json(seen.to_json()) == canonical_json(again.to_json())
    assert Observation.from_json(seen.to_json()) == seen
    assert seen.complete or seen.problems
    assert min(budget.bytes, budget.items, budget.facts) >= 0


@pytest.mark.parametrize(("format_", "seed"), _CASES)
@pytest.mark.parametrize("limits", [{"items": 2}, {"bytes": 10}, {"facts": 5}])
def test_over_the_budget_is_never_complete(format_, seed, limits):
    try:
        seen = readers()[format_].read(BytesBlob(seed), Budget(**limits), path="x", depth=0)
    except ReadError:
        return
    assert not seen.complete or "facts" in limits


class _Huge:
    """A few bytes of headers before, or around, hundreds of gigabytes that nobody may read."""

    def __init__(self, *parts: tuple[int, bytes], size: int):
        self.parts, self.size, self.brought = parts, size, 0

    def read_at(self, offset: int, length: int) -> bytes:
        length = max(0, min(length, self.size - offset))
        self.brought += length
        out = bytearray(length)
        for start, data in self.parts:
            low, high = max(offset, start), min(offset + length, start + len(data))
            if low < high:
                out[low - offset : high - offset] = data[low - start : high - start]
        return bytes(out)


def test_tensors_are_jumped_over():
    size = 140 * 10**9
    tensor = proto((1, size // 4), (2, 1), (8, "w"))
    raw = tensor + b"\x4a" + _varint(size)
    graph_length = len(b"\x2a" + _varint(len(raw) + size)) + len(raw) + size
    head = proto((1, 9), (2, "maker")) + b"\x3a" + _varint(graph_length) + b"\x2a" + _varint(len(raw) + size) + raw
    tail = proto((8, proto((2, 17))))
    blob = _Huge((0, head), (len(head) + size, tail), size=len(head) + size + len(tail))
    reading = read_blob(blob, Budget(), path="model.onnx")
    assert (reading.format, reading.reason) == ("onnx", None)
    assert reading.observation.facts["parameters"] == size // 4
    assert not reading.observation.problems
    assert blob.brought < 100_000


def _varint(value):
    return proto((1, value))[1:]


@pytest.mark.parametrize(
    "data",
    [
        b"\x08\x01\x12" + _varint(3_000_000) + b"\x22\x00" * 1_500_000,
        saved_model(b"\x0a\x00" * 1_500_000),
        b'<?xml version="1.0"?>' + b"<a>" * 300_000,
        b"node {" * 200_000,
        hdf5(*[soft(f"s{n}", "/x" * 50) for n in range(500)]),
    ],
)
def test_bytes_made_to_keep_a_reader_busy_do_not(data):
    started = time.process_time()
    read_blob(BytesBlob(data), Budget(), path="file")
    assert time.process_time() - started < 10

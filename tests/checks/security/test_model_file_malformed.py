"""SEC459: lengths and indices outside the file."""

from __future__ import annotations

import pytest
from tests.make.flatbuffer_files import arrow_file, arrow_schema, executorch, parquet, tflite
from tests.make.model_files import SAVES, coreml, coreml_layer, paddle, saved_model
from tests.make.revisions import judged, revision

FAILING = revision({"model.tflite": tflite(tensor=1_000_000)})
PASSING = revision({
    "model.tflite": tflite(),
    "program.pte": executorch(), "saved_model.pb": saved_model(SAVES), "a.arrow": arrow_file({}),
    "a.parquet": parquet({}), "m.mlmodel": coreml(coreml_layer("a")), "m.pdmodel": paddle(("relu", {})),
})  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        tflite(index=7),
        tflite(buffers=1),
        tflite(offset=100, size=2**40),
        tflite()[:60],
        executorch(size=2**40),
        executorch()[:30],
        saved_model(SAVES)[:-4],
        arrow_file(arrow_schema())[:-1],
        parquet({"a": b"b"})[:-1],
        coreml(coreml_layer("a"))[:-2],
        b"PAR1" + bytes(8) + b"\xff\xff\xff\x7fPAR1",
    ],
)
def test_what_does_not_fit_fails(data):
    assert judged("SEC459", revision({"m": data}))


@pytest.mark.parametrize("name", ["m.tflite", "m.gguf", "m.h5", "m.onnx", "m.parquet", "saved_model.pb", "m.mlmodel"])
def test_bytes_that_are_not_what_their_name_says_are_never_clean(name):
    assert revision({name: b"\x00\xff\x01" * 50}).files[0].not_judged

"""SEC452: custom layers and files of Core ML models."""

from __future__ import annotations

import pytest
from tests.make.model_files import coreml, coreml_layer, coreml_program, proto
from tests.make.revisions import document, judged, revision

FAILING = revision({"model.mlmodel": coreml(coreml_layer("a"), coreml_layer("b", "RunScript"))})
PASSING = revision({
    "model.mlmodel": coreml(coreml_layer("a")),
    "p.mlmodel": coreml_program("@model_path/weights/weight.bin"),
})  # fmt: skip


@pytest.mark.parametrize("file", ["@model_path/../x", "/etc/passwd", "..\\x", "https://a/b"])
def test_weights_outside_the_folder_fail(file):
    assert judged("SEC452", revision({"m.mlmodel": coreml_program(file)}))


def test_a_custom_model_in_a_pipeline_fails():
    inner = coreml(kind=555, body=proto((1, "Evil")))
    assert judged("SEC452", revision({"m.mlmodel": coreml(kind=202, body=proto((1, inner)))}))


@pytest.mark.parametrize(
    ("path", "fails"), [("com.apple.CoreML/model.mlmodel", False), ("../../x", True), ("/x", True)]
)
def test_parts_of_a_package_lie_inside_it(path, fails):
    manifest = document(fileFormatVersion="1.0.0", itemInfoEntries={"A-1": {"author": "x", "path": path}})
    assert bool(judged("SEC452", revision({"m.mlpackage/Manifest.json": manifest}))) is fails

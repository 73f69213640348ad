"""SEC431: what configurations may name."""

from __future__ import annotations

import json

import pytest
from tests.make.hdf5_files import attribute, hdf5
from tests.make.revisions import judged, revision

from assay.finding import Severity


def config(*objects):
    return json.dumps({"class_name": "Sequential", "module": "keras", "config": {"layers": list(objects)}}).encode()


def function(module, name):
    return {"class_name": "function", "module": module, "config": name, "registered_name": "function"}


def layer(class_name, module="keras.layers", **settings):
    return {"class_name": class_name, "module": module, "config": settings, "registered_name": None}


FAILING = revision({"config.json": config(layer("Lambda", function=function("os", "system")))})
PASSING = revision({"config.json": config(layer("Dense", activation=function("keras.activations", "gelu")))})


@pytest.mark.parametrize(
    "thing",
    [
        function("keras.utils", "get_file"),
        function("keras.src.utils.file_utils", "get_file"),
        function("keras.config", "enable_unsafe_deserialization"),
        function("keras.models", "load_model"),
        function("builtins", "eval"),
        function("posix", "system"),
        layer("Popen", "subprocess"),
        layer("TorchModuleWrapper", module="x"),
        layer("TFSMLayer", filepath="x"),
        layer("Lambda") | {"config": {"function": "system", "module": "os"}},
    ],
)
def test_what_does_harm_is_critical(thing):
    for data in (config(thing), hdf5(attribute("model_config", config(layer("Dense", inner=[[thing]]))))):
        assert max(item.severity.rank for item in judged("SEC431", revision({"m": data}))) == Severity.CRITICAL.rank


@pytest.mark.parametrize(("thing", "severity"), [
    (function("some.library", "run"), Severity.HIGH),
    (function("keras.utils", "to_categorical"), Severity.HIGH),
    (layer("MyLayer", "my_package.layers"), Severity.LOW),
])  # fmt: skip
def test_what_is_not_known_fails_less(thing, severity):
    assert [item.severity for item in judged("SEC431", revision({"m.json": config(thing)}))] == [severity]


_ORDINARY = [
    layer("MyLayer", ""),
    layer("MyLayer", None),
    layer("Mine", "") | {"registered_name": "My>Mine"},
    layer("GlorotUniform", "keras.initializers"),
    layer("TokenAndPositionEmbedding", "keras_hub.layers"),
    layer("StringLookup", vocabulary=["a"]),
    layer("StringLookup", vocabulary="vocab.txt"),
    function("builtins", "my_activation"),
]


@pytest.mark.parametrize("thing", _ORDINARY)
def test_ordinary_parts_pass(thing):
    assert not judged("SEC431", revision({"m.json": config(thing)}))


@pytest.mark.parametrize("name", ["/etc/passwd", "https://a/b", "gs://x/y", "../../x", "C:\\x", "file:///x", "~/x"])
def test_a_vocabulary_elsewhere_fails(name):
    assert judged("SEC431", revision({"m.json": config(layer("StringLookup", vocabulary=name))}))

"""SEC430: byte code in configurations, in every form that Keras has written."""

from __future__ import annotations

import base64
import json

import pytest
from tests.make.hdf5_files import attribute, hdf5
from tests.make.model_files import proto
from tests.make.revisions import judged, revision

_CODE = base64.b64encode(b"\xe3" + bytes(80)).decode()


def model(function, **more):
    layer = {"class_name": "Lambda", "module": "keras.layers", "config": {"name": "l", "function": function, **more}}
    layers = {"class_name": "Sequential", "config": {"layers": [layer]}}
    return {"class_name": "Functional", "module": "keras", "config": {"layers": [layers]}}


_NEW = model({"class_name": "__lambda__", "config": {"code": _CODE, "defaults": None, "closure": None}})
_OLD = model([_CODE, None, None], function_type="lambda")
_TUPLE = model({"class_name": "__tuple__", "items": [_CODE, None, None]})
_NAMED = model({"class_name": "function", "module": "keras.activations", "config": "relu"})
FAILING = revision({"config.json": json.dumps(_NEW).encode()})
PASSING = revision({"config.json": json.dumps(_NAMED).encode()})


@pytest.mark.parametrize("config", [_NEW, _OLD, _TUPLE])
def test_every_form_and_place_of_code_fails(config):
    text = json.dumps(config).encode()
    saved = proto((1, proto((2, 1), (3, "root.layer"), (4, "_tf_keras_layer"), (5, text))))
    for name, data in {
        "model.json": text,
        "model.yaml": text,
        "model.h5": hdf5(attribute("model_config", text)),
        "keras_metadata.pb": saved,
    }.items():
        assert judged("SEC430", revision({name: data})), name


def test_an_escaped_name_hides_nothing():
    text = json.dumps(_NEW).replace("class_name", "class\\u005fname").encode()
    assert judged("SEC430", revision({"model.json": text}))


def test_a_lambda_of_a_function_that_keras_has_passes():
    assert not judged("SEC430", revision({"a.json": json.dumps(model("relu", function_type="function")).encode()}))

"""ONNX Runtime: whatever it says against a graph becomes an evaluation that failed, and only numbers are digested."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from assay.errors import EvaluationError
from assay.evals.running import with_onnx
from assay.evals.running.machine import Clock


class InvalidGraph(Exception):  # noqa: N818 (the name that the library gives it)
    """Of no other class than Exception, as all errors of the library are."""


class Session:
    """Gives or raises what the test says."""

    loading: Exception | None = None
    running: Exception | None = None
    outputs: tuple[object, ...] = (np.ones(2, "f4"),)

    def __init__(self, *_given: object, **_named: object) -> None:
        if self.loading is not None:
            raise self.loading

    def get_inputs(self):
        return [SimpleNamespace(name="x", type="tensor(float)", shape=[1, None])]

    def run(self, _names, _inputs):
        if self.running is not None:
            raise self.running
        return list(self.outputs)


@pytest.fixture
def session(monkeypatch, tmp_path):
    library, state = ModuleType("onnxruntime"), ModuleType("onnxruntime.capi.onnxruntime_pybind11_state")
    kind = type("_Session", (Session,), {})
    vars(library).update(__version__="1.0", SessionOptions=SimpleNamespace, InferenceSession=kind)
    vars(state).update(InvalidGraph=InvalidGraph, NotAnError=int, name="x")
    for module in (library, ModuleType("onnxruntime.capi"), state):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    (tmp_path / "model.onnx").write_bytes(b"")
    return kind


def produce(folder):
    return with_onnx.produce(folder, Clock(), None)


def test_numbers_are_digested(session, tmp_path):
    [output] = produce(tmp_path).output
    assert output.startswith("float32 [2] ")


@pytest.mark.parametrize("when", ["loading", "running"])
@pytest.mark.parametrize("error", [InvalidGraph("no such operator"), RuntimeError("x"), TypeError("x"), MemoryError()])
def test_every_error_of_the_library_is_one_of_the_evaluation(session, when, error, tmp_path):
    setattr(session, when, error)
    with pytest.raises(EvaluationError, match=r"ONNX Runtime cannot run model\.onnx"):
        produce(tmp_path)


@pytest.mark.parametrize("output", [[{"a": 1.0}], np.array(["x"], object), None, np.array([np.nan], "f4"),
                                    np.array([complex(np.inf, 0)], "c8")])  # fmt: skip
def test_what_is_no_tensor_of_numbers_is_not_digested(session, output, tmp_path):
    session.outputs = (output,)
    with pytest.raises(EvaluationError):
        produce(tmp_path)

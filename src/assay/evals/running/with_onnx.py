"""ONNX graphs by ONNX Runtime on its CPU provider; operators of one's own are not loaded."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assay.canonical import sha256_hex
from assay.errors import EvaluationError
from assay.evals.models.llama_numpy import load_numpy
from assay.evals.running.machine import Clock
from assay.evals.running.produced import Produced

__all__ = ["LIBRARIES", "NAME", "produce", "refusal"]

NAME = "onnxruntime"
LIBRARIES = ("numpy", "onnxruntime")
_KINDS = {"float": "f4", "double": "f8", "float16": "f2", "int64": "i8", "int32": "i4", "int16": "i2", "int8": "i1",
          "uint8": "u1", "uint16": "u2", "uint32": "u4", "uint64": "u8", "bool": "?"}  # fmt: skip
_OPEN = 8
"""What a dimension that the graph leaves open is set to."""
_MOST = 64 * 1024 * 1024


def refusal(folder: Path, paths: Sequence[str]) -> str | None:
    """Say why this way does not fit, or None; loads the libraries when it does."""
    del folder
    if not _graphs(paths):
        return "no ONNX graph"
    if any(importlib.util.find_spec(name) is None for name in LIBRARIES):
        return "not installed"
    importlib.import_module("onnxruntime")
    load_numpy()
    return None


def produce(folder: Path, clock: Clock, on_token: Callable[[int, int], None] | None) -> Produced:
    """Run the first graph on ones, one thread, and digest each output.

    Raises:
        EvaluationError: it does not load or run, or an input is of a kind that cannot be made up.
    """
    numpy, library = load_numpy(), importlib.import_module("onnxruntime")
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.onnx"))
    path = _graphs(paths)[0]
    options = library.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    errors = _errors()
    try:
        session = library.InferenceSession(str(folder / path), options, providers=["CPUExecutionProvider"])
        inputs = {one.name: _ones(numpy, one) for one in session.get_inputs()}
        clock.start()
        outputs = session.run(None, inputs)
    except EvaluationError:
        raise
    except errors as error:
        raise EvaluationError(f"ONNX Runtime cannot run {path}: {str(error)[:300]}") from error
    if on_token is not None:
        on_token(len(outputs), len(outputs))
    asked = tuple(f"{name} {value.dtype} {list(value.shape)}" for name, value in sorted(inputs.items()))
    return Produced(
        "onnxruntime", str(library.__version__), "onnx", frozenset({path}), "ones", asked,
        tuple(_digest(numpy, output) for output in outputs),
    )  # fmt: skip


def _errors() -> tuple[type[Exception], ...]:
    """Return what a broken graph, or one of later operators, raises: the library's own errors derive from no other."""
    own = vars(importlib.import_module("onnxruntime.capi.onnxruntime_pybind11_state")).values()
    found = (one for one in own if isinstance(one, type) and issubclass(one, Exception))
    return (RuntimeError, ValueError, TypeError, AttributeError, KeyError, ImportError, OSError, MemoryError, *found)


def _graphs(paths: Sequence[str]) -> list[str]:
    return sorted((path for path in paths if path.endswith(".onnx")), key=lambda path: (path.count("/"), path))


def _ones(numpy: Any, one: Any) -> Any:
    kind = _KINDS.get(str(one.type).removeprefix("tensor(").removesuffix(")"))
    shape = [size if isinstance(size, int) and size > 0 else _OPEN for size in one.shape]
    total = 1
    for size in shape:
        total *= size
    if kind is None or total > _MOST:
        raise EvaluationError(
            f"the input {str(one.name)[:80]} is {str(one.type)[:80]} {shape[:8]}, which is not made up"
        )
    return numpy.ones(shape, kind)


def _digest(numpy: Any, output: Any) -> str:
    if not isinstance(output, numpy.ndarray) or output.dtype.kind not in "biufc":
        raise EvaluationError("the graph gives something else than tensors of numbers, which is not compared")
    array = numpy.ascontiguousarray(output)
    if array.dtype.kind in "fc" and not bool(numpy.isfinite(array).all()):
        raise EvaluationError("the graph gives no finite number")
    return f"{array.dtype} {list(array.shape)} {sha256_hex(array.tobytes())}"

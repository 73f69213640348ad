"""A model in a folder, by the first engine that understands it; code of its repo is never one of them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from assay.errors import EvaluationError, MissingExtraError
from assay.evals.models import Model
from assay.evals.models.llama_numpy import load_llama, understands
from assay.evals.models.numeric import load_numpy

__all__ = ["load_libraries", "load_local"]


def load_libraries(folder: Path, engine: str, threads: int) -> str:
    """Import what `engine` needs, and return which one that is; `auto` becomes numpy or, beyond it, transformers.

    Raises:
        MissingExtraError: what it needs is not installed.
        EvaluationError: there is no such engine.
    """
    load_numpy()
    if engine == "auto":
        engine = "transformers" if _has("torch", "transformers") and not understands(folder) else "numpy"
    if engine == "transformers":
        if not _has("torch", "transformers"):
            raise MissingExtraError.of("transformers with torch", "transformers")
        from assay.evals.models.transformers_local import prepare  # noqa: PLC0415 - an extra

        prepare(threads)
    elif engine == "onnx":
        if not _has("onnxruntime"):
            raise MissingExtraError.of("onnxruntime", "onnx")
        importlib.import_module("onnxruntime")
    elif engine != "numpy":
        raise EvaluationError(f"there is no engine {engine!r}")
    return engine


def load_local(folder: Path, engine: str, *, chat: bool = False, threads: int = 1) -> Model:
    """Return the model in `folder`, run by `engine`.

    Raises:
        EvaluationError: the engine does not understand the model.
        SourceError: a file cannot be read, or changed meanwhile.
    """
    if engine == "numpy":
        if chat:
            raise EvaluationError("the numpy runner knows no chats", hint="Use --engine transformers, or no --chat.")
        return load_llama(folder)
    if engine == "transformers":
        from assay.evals.models.transformers_local import load_transformers  # noqa: PLC0415 - an extra

        return load_transformers(folder, chat=chat)
    from assay.evals.models.onnx_local import load_onnx  # noqa: PLC0415 - an extra

    return load_onnx(folder, threads=threads)


def _has(*names: str) -> bool:
    return all(importlib.util.find_spec(name) is not None for name in names)

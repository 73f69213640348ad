"""GGUF without an engine: the header is read, which shows that the file is whole, and nothing is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from assay import __version__
from assay.artifact.budget import Budget
from assay.artifact.readers import read_blob
from assay.artifact.sources.local import open_local
from assay.errors import EvaluationError
from assay.evals.running.machine import Clock
from assay.evals.running.produced import Produced

__all__ = ["LIBRARIES", "NAME", "produce", "refusal"]

NAME = "gguf header"
LIBRARIES: tuple[str, ...] = ()


def refusal(folder: Path, paths: Sequence[str]) -> str | None:
    """Say why this way does not fit, or None."""
    del folder
    return None if any(path.endswith(".gguf") for path in paths) else "no GGUF file"


def produce(folder: Path, clock: Clock, on_token: Callable[[int, int], None] | None) -> Produced:
    """Read the header of the first file.

    Raises:
        EvaluationError: it is damaged.
    """
    del on_token
    source = open_local(folder)
    entry = min((one for one in source.entries() if one.path.endswith(".gguf")), key=lambda one: one.path)
    clock.start()
    with source.open(entry) as blob:
        reading = read_blob(blob, Budget(), path=entry.path)
    if reading.format != "gguf" or reading.observation is None or reading.reason is not None:
        raise EvaluationError(f"{entry.path} cannot be read as GGUF: {reading.reason or reading.format}")
    asked = (f"header of {entry.path}",)
    return Produced("assay-gguf-header", __version__, "gguf", frozenset({entry.path}), "header", asked, ())

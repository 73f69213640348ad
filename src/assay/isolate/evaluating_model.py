"""A model in a child of its own, without network and without a way to write: it is asked, and says, and no more.

Benchmark, scorer, journal and result stay on this side, so weights that were made to deceive can only answer.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from types import NoneType, TracebackType
from typing import NamedTuple, Self

from assay.canonical import JSON
from assay.errors import IsolationError
from assay.evals.models import Generation, Likelihood, Prompt
from assay.evals.sampling import Sampling
from assay.isolate.frames import Kind, error_from_json
from assay.isolate.line import GoneError, Line
from assay.isolate.process import EVALUATING, Child

__all__ = ["ENGINES", "Confined", "IsolatedModel"]

ENGINES = ("auto", "numpy", "transformers", "onnx")
"""What can run a folder; `auto` is numpy where that understands the model, else transformers."""
_CPU_SECONDS = 7 * 24 * 3600
_STOPS = ("length", "stop", "end", "error")
_LARGEST_TEXT = 4 * 1024 * 1024
"""Characters of one answer."""


class Confined(NamedTuple):
    """How the child runs, and what it may take."""

    engine: str = "auto"
    threads: int = 1
    chat: bool = False
    """Whether a text is asked as the turn of a chat, by the model's own template."""
    seconds_per_sample: float = 120.0
    memory: int = 16 * 1024**3
    """Bytes of address space."""


class IsolatedModel:
    """The model in the folder `place`. Entering loads it; leaving ends the child.

    Raises, on entering and in each method:
        EvaluationError: the model is not usable.
        MissingExtraError: what would run it is not installed.
        IsolationError: the child died, sent what makes no sense, or took longer than allowed.
    """

    def __init__(self, place: Path, confined: Confined) -> None:
        self._place = place
        self._confined = confined
        self.facts: dict[str, JSON] = {}
        self.environment: dict[str, JSON] = {}
        self.isolation = ""
        self.cpu_elsewhere = 0.0

    def __enter__(self) -> Self:
        self._child = Child(EVALUATING)
        self._line = Line(self._child, self._confined.seconds_per_sample)
        try:
            job = self._confined._asdict() | {
                "model": os.fspath(self._place.absolute()),
                "cpu_seconds": _CPU_SECONDS,
            }
            said = self._answered(job)
            self.facts, self.environment = _object(said, "facts"), _object(said, "environment")
            self.isolation = str(said.get("isolation"))[:100]
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child."""
        self._line.close()
        self._child.close()

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Generation]:
        """Return what the model said to each prompt."""
        asked = [[prompt.text, [list(turn) for turn in prompt.turns], prompt.seed] for prompt in prompts]
        found = self._asked({"generate": asked, "sampling": sampling.to_json()}, len(prompts))
        return [_generation(one) for one in found]

    def loglikelihood(self, pairs: Sequence[tuple[Prompt, str]]) -> list[Likelihood]:
        """Return how likely each text is to follow its prompt."""
        asked = [[prompt.text, [list(turn) for turn in prompt.turns], text] for prompt, text in pairs]
        return [_likelihood(one) for one in self._asked({"loglikelihood": asked}, len(pairs))]

    def _asked(self, job: dict[str, JSON], count: int) -> list[JSON]:
        self._line.allow(self._confined.seconds_per_sample * max(count, 1))
        said = self._answered(job)
        found, cpu = said.get("answers"), said.get("cpu")
        if not isinstance(found, list) or len(found) != count or not isinstance(cpu, int | float):
            raise IsolationError("the child sent malformed answers")
        self.cpu_elsewhere = float(cpu)
        return found

    def _answered(self, job: dict[str, JSON]) -> dict[str, JSON]:
        try:
            self._line.send(Kind.JOB, job)
            frame = self._line.next()
        except GoneError:
            raise IsolationError(f"could not evaluate {self._place}: {self._child.epitaph()}") from None
        if frame.kind is Kind.ERROR:
            raise error_from_json(frame.json())
        if frame.kind is not Kind.STATEMENT:
            raise IsolationError(f"the child sent a {frame.kind.name.lower()} frame")
        said = frame.json()
        if not isinstance(said, dict):
            raise IsolationError("the child sent a malformed result")
        return said


def _object(said: dict[str, JSON], key: str) -> dict[str, JSON]:
    found = said.get(key)
    if not isinstance(found, dict):
        raise IsolationError("the child sent a malformed result")
    return found


def _generation(said: JSON) -> Generation:
    shapes = (str, str, int, int, (str, NoneType))
    if not _shaped(said, shapes) or len(said[0]) > _LARGEST_TEXT or said[1] not in _STOPS or min(said[2:4]) < 0:
        raise IsolationError("the child sent a malformed answer")
    return Generation(*said)


def _likelihood(said: JSON) -> Likelihood:
    if not _shaped(said, (float, int, (str, NoneType))) or said[1] < 0:
        raise IsolationError("the child sent a malformed answer")
    return Likelihood(*said)


def _shaped(said: JSON, shapes: Sequence[type | tuple[type, ...]]) -> bool:
    fits = isinstance(said, list) and len(said) == len(shapes)
    return fits and all(
        isinstance(one, shape) and not isinstance(one, bool) for one, shape in zip(said, shapes, strict=True)
    )

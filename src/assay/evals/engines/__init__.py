"""Other engines that carry a run: they get the samples, ask the model, and hand back what it said, sample by sample.

`with_lm_eval.py` is the engine `lm-eval`. A file has `PACKAGE` and `VERSION`, the one release that it is written for,
`EXTRA`, and `carry(course)`, which puts every sample of a course through the engine. Scores, journal, log and root are
made here as without an engine, so that the same answers make the same root.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from assay import __version__
from assay.canonical import JSON, canonical_json
from assay.errors import EvaluationError, MissingExtraError
from assay.evals.asking import Asked, continuations
from assay.evals.engines.course import Course
from assay.evals.engines.surroundings import confined
from assay.evals.models import Generation
from assay.evals.sampling import Sampling
from assay.modules import modules_in

__all__ = ["Engine", "engine_named", "names", "windows"]

_FILES = "with_"
_SECONDS = 5.0
"""What a window is to take, where its size allows: an engine takes 0.1 s to begin one, and a kill costs one."""
_MOST = 1024
"""Samples of one window at most, unless one batch has more."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that is installed, in the one version that is known to give the same root."""

    name: str
    """Of its package, as results call it."""
    version: str
    carry: Callable[[Course], None]

    def answers(self, course: Course) -> list[Generation]:
        """Return what the model says to each sample of `course`, in order, by the way of the engine.

        Raises:
            EvaluationError: the engine failed, or changed what it was to ask.
            AssayError: as the model does.
        """
        with confined():
            self.carry(course)
        return course.answers()

    def harness(self, asked: Iterable[Asked], sampling: Sampling, options: Mapping[str, JSON]) -> dict[str, JSON]:
        """Return what a result says of who carried the run, with the digest of all that was given to ask."""
        task = hashlib.sha256(canonical_json(sampling.to_json()) + b"\n")
        for item, prompt in asked:
            rated = continuations((item, prompt), options) if sampling.mode == "loglik" else []
            task.update(canonical_json([item.id, prompt.digest, *rated]) + b"\n")
        return {
            "name": self.name,
            "version": self.version,
            "adapter_version": __version__,
            "task_digest": task.hexdigest(),
        }


def names() -> tuple[str, ...]:
    """Return the name of every engine, as the command line has it."""
    found = (name for name in modules_in(__path__) if name.startswith(_FILES))
    return tuple(name.removeprefix(_FILES).replace("_", "-") for name in found)


def engine_named(name: str) -> Engine:
    """Return the engine that the command line calls `name`.

    Raises:
        EvaluationError: there is none of that name, or another version of it is installed.
        MissingExtraError: it is not installed.
    """
    if name not in names():
        raise EvaluationError(f"there is no engine {name!r}", hint=f"There are {', '.join(names())}.")
    adapter = importlib.import_module(f"{__name__}.{_FILES}{name.replace('-', '_')}")
    try:
        found = importlib.metadata.version(adapter.PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        raise MissingExtraError.of(adapter.PACKAGE, adapter.EXTRA) from None
    if found != adapter.VERSION:
        raise EvaluationError(
            f"{adapter.PACKAGE} {found} is installed; only {adapter.VERSION} is known to give the same root",
            hint=f"Install that one with: pip install 'assay-hub[{adapter.EXTRA}]'",
        )
    return Engine(adapter.PACKAGE, found, adapter.carry)


def windows(asked: Iterator[Asked], batch_size: int) -> Iterator[list[Asked]]:
    """Yield samples for one run of an engine after another, in whole batches, more at once while it takes no time.

    So what is kept in memory does not grow with the samples, and a kill costs one window. Where a window ends changes
    no answer: batches are the same.
    """
    size = batch_size
    while window := list(islice(asked, size)):
        begun = time.monotonic()
        yield window
        if time.monotonic() - begun < _SECONDS:
            size = max(min(2 * size, _MOST // batch_size * batch_size), batch_size)
        else:
            size = max(size // 2 // batch_size * batch_size, batch_size)

"""Where judging is done: a port, and the usual way through it, isolated children on this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from assay.artifact.observation import Known
from assay.artifact.sources import Source
from assay.assessment import Assessment, Remembered
from assay.checks.packs import RulePack
from assay.isolate.parent import ChildLimits, assess_isolated, reassess_isolated
from assay.isolate.process import Child

__all__ = ["Executor", "LocalExecutor"]


class Executor(Protocol):
    """Whatever can judge a source. Safe to share between threads."""

    def assess(self, source: Source, known: Known, packs: Sequence[RulePack]) -> Assessment:
        """Read and judge `source`, but for files that are `known`, by our rules and by `packs`.

        Raises:
            AssayError: it could not be judged.
        """
        ...

    def reassess(self, remembered: Sequence[Remembered], packs: Sequence[RulePack]) -> list[Assessment]:
        """Judge again, each by what is stored of it, and read nothing.

        Raises:
            AssayError: one of them could not be judged.
        """
        ...

    def rest(self) -> None:
        """Let go what is only held for the next task: there is none for now."""
        ...

    def abort(self) -> None:
        """End all that is under way; its callers get an `IsolationError`, and so does who asks later."""
        ...


class LocalExecutor:
    """Children on this machine, with the hub's limits: one for each artifact that is read.

    Where nothing is read, and only what was seen before is judged again, one child serves many: starting it would
    take far longer than the judging.
    """

    def __init__(self, limits: ChildLimits) -> None:
        self._limits = limits
        self._running: set[Child] = set()
        self._idle: list[Child] = []
        self._lock = threading.Lock()
        self._ended = False

    def assess(self, source: Source, known: Known, packs: Sequence[RulePack]) -> Assessment:
        """Return the assessment, computed in a child; raises as `assess_isolated` does."""
        with self._shown(Child()) as child:
            return assess_isolated(source, child=self._limits, known=known, want_fresh=True, process=child, packs=packs)

    def reassess(self, remembered: Sequence[Remembered], packs: Sequence[RulePack]) -> list[Assessment]:
        """Return the assessments, computed in a child that is kept; raises as `reassess_isolated` does."""
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        with self._shown(kept or Child()) as child:
            try:
                done = reassess_isolated(remembered, child, self._limits, packs)
            except BaseException:
                child.close()
                raise
            with self._lock:
                self._idle.append(child)
            return done

    @contextmanager
    def _shown(self, child: Child) -> Iterator[Child]:
        """Let `abort` end the child meanwhile."""
        with self._lock:
            self._running.add(child)
            if self._ended:
                child.end()
        try:
            yield child
        finally:
            with self._lock:
                self._running.discard(child)

    def rest(self) -> None:
        """Close the children that wait for something to judge again."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.close()

    def abort(self) -> None:
        """End every child."""
        with self._lock:
            self._ended = True
            for child in self._running:
                child.end()
        self.rest()

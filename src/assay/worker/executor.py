"""Where judging is done: a port, and the usual way through it, an isolated child on this machine."""

from __future__ import annotations

import threading
from typing import Protocol

from assay.artifact.observation import Known
from assay.artifact.sources import Source
from assay.assessment import Assessment
from assay.canonical import JSON
from assay.isolate.parent import ChildLimits, assess_isolated
from assay.isolate.process import Child

__all__ = ["Executor", "LocalExecutor"]


class Executor(Protocol):
    """Whatever can judge a source. Safe to share between threads."""

    def assess(self, source: Source, known: Known, earlier: dict[str, JSON] | None) -> Assessment:
        """Return the assessment of `source`; where `earlier` is given, judge by it and by `known`, and read nothing.

        Raises:
            AssayError: it could not be judged.
        """
        ...

    def abort(self) -> None:
        """End all that is under way; its callers get an `IsolationError`, and so does who asks later."""
        ...


class LocalExecutor:
    """One child per assessment, on this machine, with the hub's limits."""

    def __init__(self, limits: ChildLimits) -> None:
        self._limits = limits
        self._running: set[Child] = set()
        self._lock = threading.Lock()
        self._ended = False

    def assess(self, source: Source, known: Known, earlier: dict[str, JSON] | None) -> Assessment:
        """Return the assessment, computed in a child; raises as `assess_isolated` does."""
        child = Child()
        with self._lock:
            self._running.add(child)
            if self._ended:
                child.end()
        try:
            return assess_isolated(
                source, child=self._limits, known=known, want_fresh=True, process=child, earlier=earlier
            )
        finally:
            with self._lock:
                self._running.discard(child)

    def abort(self) -> None:
        """End every child."""
        with self._lock:
            self._ended = True
            for child in self._running:
                child.end()

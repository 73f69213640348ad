"""ExecuTorch programs (`.pte`): operators and delegates, and whether segments stay inside the file.

Source of the format: github.com/pytorch/executorch, schema/program.fbs and docs/source/pte-file-format.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.flatbuffers import Table
from assay.artifact.notes import Notes
from assay.artifact.observation import Observation
from assay.artifact.window import Window
from assay.canonical import JSON

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "executorch"
VERSION = 1

_EXTENDED = b"eh"
_MOST = 2000


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return what the program is made of; its data are jumped over.

    Facts: `version`, `plans` (names), `operators` (names), `delegates` (backends), `segments` (count).
    """
    del path
    notes = Notes(FORMAT, VERSION, budget, depth)
    seen = _Seen(notes, blob.size)
    window = Window(blob, budget)
    with notes.until_broken():
        seen.program(Table.root(window, 0, budget), window)
    return notes.observation(seen.facts())


@dataclass(slots=True)
class _Seen:
    """Gathers what the tables of a program say."""

    notes: Notes
    size: int
    version: int = 0
    segments: int = 0
    plans: list[str] = field(default_factory=list)
    operators: set[str] = field(default_factory=set)
    delegates: set[str] = field(default_factory=set)

    def facts(self) -> dict[str, JSON]:
        return {
            "version": self.version,
            "plans": list(self.plans),
            "operators": sorted(self.operators),
            "delegates": sorted(self.delegates),
            "segments": self.segments,
        }

    def program(self, root: Table, window: Window) -> None:
        self.version = root.number(0, 4)
        for plan in root.tables(1):
            self._keep(self.plans.append, plan.text(0, 200))
            for operator in plan.tables(6):
                name, overload = operator.text(0, 200), operator.text(1, 100)
                self._keep(self.operators.add, f"{name}.{overload}" if overload else name)
            for delegate in plan.tables(7):
                self._keep(self.delegates.add, delegate.text(0, 200))
        base = 0
        if window.peek(8, 2) == _EXTENDED:
            base = window.number(24, 8, "the place of segments")
        for segment in root.tables(4):
            self.segments += 1
            if base + segment.number(0, 8) + segment.number(1, 8) > self.size:
                self.notes.problem("out-of-bounds", "a segment goes beyond the end of the file", segment.at)

    def _keep(self, keep: Callable[[str], None], name: str) -> None:
        if len(self.operators) + len(self.plans) < _MOST:
            self.notes.budget.take_facts(len(name) + 4)
            keep(name)

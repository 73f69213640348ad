"""TensorFlow Lite: operators, custom ones by name, and whether buffers and indices stay inside the file.

Source of the format: github.com/tensorflow/tensorflow, tensorflow/compiler/mlir/lite/schema/schema.fbs.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.flatbuffers import Table
from assay.artifact.notes import Notes
from assay.artifact.observation import Observation
from assay.artifact.window import Window
from assay.canonical import JSON

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "tflite"
VERSION = 1

_CUSTOM = 32
_MOST = 1000


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return what the model is made of; buffers are jumped over.

    Facts: `version`, `description`, `operators` (count by number of the built-in operator), `custom` (uses by name of
    the custom operator), `subgraphs`, `buffers`, `metadata` (names).
    """
    del path
    notes = Notes(FORMAT, VERSION, budget, depth)
    seen = _Seen(notes, blob.size)
    with notes.until_broken():
        seen.model(Table.root(Window(blob, budget), 0, budget))
    return notes.observation(seen.facts())


@dataclass(slots=True)
class _Seen:
    """Gathers what the tables of a model say."""

    notes: Notes
    size: int
    version: int = 0
    description: str = ""
    codes: list[tuple[int, str]] = field(default_factory=list)
    operators: Counter[str] = field(default_factory=Counter)
    custom: Counter[str] = field(default_factory=Counter)
    subgraphs: int = 0
    buffers: int = 0
    metadata: list[str] = field(default_factory=list)

    def facts(self) -> dict[str, JSON]:
        return {
            "version": self.version,
            "description": self.description,
            "operators": dict(sorted(self.operators.items())),
            "custom": dict(sorted(self.custom.items())),
            "subgraphs": self.subgraphs,
            "buffers": self.buffers,
            "metadata": list(self.metadata),
        }

    def model(self, root: Table) -> None:
        self.version = root.number(0, 4)
        self.description = root.text(3)
        self.notes.budget.take_facts(len(self.description) + 8)
        for code in root.tables(1):
            self._code(code)
        self.buffers = root.vector(4, 4).length
        for number, buffer in enumerate(root.tables(4)):
            # Large buffers lie after the tables, named by place and length.
            buffer.vector(0, 1)
            place, length = buffer.number(1, 8), buffer.number(2, 8)
            if place > 1 and place + length > self.size:
                self.notes.problem("out-of-bounds", f"buffer {number} goes beyond the end of the file", buffer.at)
        for graph in root.tables(2):
            self.subgraphs += 1
            self._graph(graph)
        for entry in root.tables(6):
            if len(self.metadata) < _MOST:
                self.metadata.append(entry.text(0, 200))
                self.notes.budget.take_facts(len(self.metadata[-1]) + 4)

    def _code(self, code: Table) -> None:
        number = max(code.number(0, 1, signed=True), code.number(3, 4, signed=True))
        name = code.text(1, 200)
        self.codes.append((number, name))
        # A custom operator counts though no graph uses it: a loader looks it up.
        if number == _CUSTOM or name:
            self.notes.budget.take_facts(len(name) + 16)
            self.custom[name] += 0

    def _graph(self, graph: Table) -> None:
        tensors = graph.vector(0, 4).length
        for tensor in graph.tables(0):
            if tensor.number(2, 4) >= max(self.buffers, 1):
                self.notes.problem("bad-index", "a tensor names a buffer that is not there", tensor.at)
        for operator in graph.tables(3):
            index = operator.number(0, 4)
            if index >= len(self.codes):
                self.notes.problem("bad-index", "an operator names a code that is not there", operator.at)
                continue
            number, name = self.codes[index]
            if number == _CUSTOM or name:
                self.custom[name] += 1
            else:
                self.operators[str(number)] += 1
            for field_ in (1, 2):
                self._indices(operator, field_, tensors)

    def _indices(self, operator: Table, field_: int, tensors: int) -> None:
        start, length = operator.vector(field_, 4)
        if length > _MOST * 100:
            self.notes.problem("bad-index", f"an operator has {length:,} inputs or outputs", operator.at)
            return
        data = operator.window.take(start, 4 * length, "indices") if length else b""
        for at in range(0, len(data), 4):
            if not -1 <= int.from_bytes(data[at : at + 4], "little", signed=True) < tensors:
                self.notes.problem("bad-index", "an operator names a tensor that is not there", operator.at)
                return

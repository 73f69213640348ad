"""PaddlePaddle programs (`.pdmodel`, `__model__`): their operators, and what those that call Python name.

Source of the format: github.com/PaddlePaddle/Paddle, paddle/fluid/framework/framework.proto.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.notes import Notes
from assay.artifact.observation import Observation
from assay.artifact.protobuf import Field, Span, fields
from assay.artifact.window import Window
from assay.canonical import JSON

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "paddle"
VERSION = 1

_MOST = 256


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return `operators` (count by type) and `texts` (operator, attribute and text, a few of each)."""
    del path
    notes = Notes(FORMAT, VERSION, budget, depth)
    seen = _Seen(Window(blob, budget), notes)
    with notes.until_broken():
        seen.program(Span(0, blob.size))
    return notes.observation({"operators": dict(sorted(seen.operators.items())), "texts": seen.texts})


@dataclass(slots=True)
class _Seen:
    """Walks the blocks of a program."""

    window: Window
    notes: Notes
    operators: Counter[str] = field(default_factory=Counter)
    texts: list[JSON] = field(default_factory=list)

    def _messages(self, span: Span) -> Iterator[Field]:
        return (item for item in fields(self.window, span, self.notes.budget) if item.is_message)

    def _text(self, item: Field) -> str:
        return self.window.text(item.span.start, item.span.size, "a name", 300)

    def program(self, span: Span) -> None:
        for block in self._messages(span):
            if block.number == 1:
                for operator in self._messages(block.span):
                    if operator.number == 4:
                        self._operator(operator.span)

    def _operator(self, span: Span) -> None:
        type_, attributes = "", []
        for item in self._messages(span):
            if item.number == 3:
                type_ = self._text(item)
            elif item.number == 4:
                attributes.append(item.span)
        if type_ not in self.operators:
            self.notes.budget.take_facts(len(type_) + 12)
        self.operators[type_] += 1
        if self.operators[type_] <= 4:
            for attribute in attributes:
                self._attribute(type_, attribute)

    def _attribute(self, type_: str, span: Span) -> None:
        name, texts = "", []
        for item in self._messages(span):
            if item.number == 1:
                name = self._text(item)
            elif item.number in (5, 8):
                texts.append(self._text(item))
        for text in texts:
            # Every operator says where in its maker's code it was made.
            if text and len(self.texts) < _MOST and name not in ("op_callstack", "op_namescope", "op_device"):
                self.notes.budget.take_facts(len(type_) + len(name) + len(text) + 12)
                self.texts.append([type_, name, text])

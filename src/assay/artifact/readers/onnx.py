"""ONNX: operators, functions, and tensors kept in other files; the weights are jumped over.

Source of the format: github.com/onnx/onnx, onnx/onnx.proto and docs/ExternalData.md.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.notes import Notes, fact_number
from assay.artifact.observation import Observation
from assay.artifact.protobuf import Field, Span, fields, packed, signed
from assay.artifact.window import Window
from assay.canonical import JSON

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "onnx"
VERSION = 1

_TABLE = 4096
_KEPT = 1000
_BYTES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 14: 8, 15: 16, 16: 2,
          17: 1, 18: 1, 19: 1, 20: 1}  # fmt: skip
"""Bytes of an element by data type; narrower ones are packed and not compared."""
_EXTERNAL = 1
_NODE_ITEMS = 6
"""What an operator or a tensor costs of the budget beside its fields."""


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return what the model is made of, graphs inside operators and functions included.

    Facts: `ir_version`, `producer`, `opsets` (domain and version), `operators` (count by `domain::type`),
    `functions` (`domain::name`), `external` (tensor, location, offset, length of tensors kept elsewhere, and whether
    offset and length were no numbers), `python` (text attributes of operators whose type speaks of Python),
    `tensors`, `parameters`, `metadata`.

    Raises:
        ReadError: nothing of it can be read.
    """
    del path
    notes = Notes(FORMAT, VERSION, budget, depth)
    seen = _Seen(Window(blob, budget), notes)
    with notes.until_broken():
        seen.model(Span(0, blob.size))
    return notes.observation(seen.facts())


@dataclass(slots=True)
class _Seen:
    """Walks the messages of a model."""

    window: Window
    notes: Notes
    ir_version: int = 0
    producer: str = ""
    tensors: int = 0
    parameters: int = 0
    opsets: list[JSON] = field(default_factory=list)
    operators: Counter[str] = field(default_factory=Counter)
    functions: list[str] = field(default_factory=list)
    external: list[JSON] = field(default_factory=list)
    locations: set[str] = field(default_factory=set)
    metadata: dict[str, str] = field(default_factory=dict)
    attributes: list[JSON] = field(default_factory=list)

    def facts(self) -> dict[str, JSON]:
        return {
            "ir_version": fact_number(self.ir_version),
            "producer": self.producer,
            "opsets": self.opsets,
            "operators": dict(sorted(self.operators.items())),
            "functions": list(self.functions),
            "external": self.external,
            "python": self.attributes,
            "tensors": self.tensors,
            "parameters": fact_number(self.parameters),
            "metadata": dict(self.metadata),
        }

    def _fields(self, span: Span) -> Iterator[Field]:
        return fields(self.window, span, self.notes.budget)

    def _text(self, field_: Field, limit: int = _KEPT) -> str:
        return self.window.text(field_.span.start, field_.span.size, "a name", limit)

    def _kept(self, text: str) -> str:
        self.notes.budget.take_facts(len(text) + 8)
        return text

    def model(self, span: Span) -> None:
        graphs = 0
        for item in self._fields(span):
            if item.number == 1 and item.is_number:
                self.ir_version = item.value
            elif not item.is_message:
                continue
            elif item.number == 2:
                self.producer = self._kept(self._text(item))
            elif item.number == 7:
                graphs += 1
                self._graph(item.span, 1)
            elif item.number == 8:
                self._opset(item.span)
            elif item.number == 14:
                self._property(item.span)
            elif item.number == 20:
                for inner in self._fields(item.span):
                    if inner.is_message and inner.number in (1, 2):
                        self._graph(inner.span, 1)
            elif item.number == 25:
                self._function(item.span)
        if graphs != 1:
            self.notes.problem("graphs", f"holds {graphs} graphs where one belongs")

    def _opset(self, span: Span) -> None:
        domain, version = "", 0
        for item in self._fields(span):
            if item.number == 1 and item.is_message:
                domain = self._kept(self._text(item))
            elif item.number == 2 and item.is_number:
                version = item.value
        self.opsets.append([domain, fact_number(signed(version))])

    def _property(self, span: Span) -> None:
        pair = {item.number: self._text(item) for item in self._fields(span) if item.is_message}
        self.metadata[self._kept(pair.get(1, ""))] = self._kept(pair.get(2, ""))

    def _function(self, span: Span) -> None:
        name = domain = ""
        for item in self._fields(span):
            if not item.is_message:
                continue
            if item.number == 1:
                name = self._text(item)
            elif item.number == 10:
                domain = self._text(item)
            elif item.number == 7:
                self._node(item.span, 1)
            elif item.number == 11:
                self._attribute(item.span, 1)
        self.functions.append(self._kept(f"{domain}::{name}"))

    def _graph(self, span: Span, depth: int) -> None:
        self.notes.budget.check_depth(depth)
        for item in self._fields(span):
            if not item.is_message:
                continue
            if item.number == 1:
                self._node(item.span, depth)
            elif item.number == 5:
                self._tensor(item.span)
            elif item.number == 15:
                self._sparse(item.span)

    def _sparse(self, span: Span) -> None:
        for item in self._fields(span):
            if item.is_message and item.number in (1, 2):
                self._tensor(item.span)

    def _node(self, span: Span, depth: int) -> None:
        self.notes.budget.take_items(_NODE_ITEMS)
        type_ = domain = ""
        attributes = []
        for item in self._fields(span):
            if not item.is_message:
                continue
            if item.number == 4:
                type_ = self._text(item)
            elif item.number == 7:
                domain = self._text(item)
            elif item.number == 5:
                attributes.append(item.span)
        name = f"{domain}::{type_}" if domain not in ("", "ai.onnx") else type_
        if name not in self.operators:
            self._kept(name)
        self.operators[name] += 1
        for attribute in attributes:
            text = self._attribute(attribute, depth)
            if text and type_.startswith("Py"):
                self.attributes.append([name, self._kept(text)])

    def _attribute(self, span: Span, depth: int) -> str:
        """Look at what an attribute holds and return it when it is text."""
        text = ""
        for item in self._fields(span):
            if not item.is_message:
                continue
            if item.number == 4:
                text = self._text(item, 200)
            elif item.number in (5, 10):
                self._tensor(item.span)
            elif item.number in (6, 11):
                self._graph(item.span, depth + 1)
            elif item.number in (22, 23):
                self._sparse(item.span)
        return text

    def _tensor(self, span: Span) -> None:
        self.notes.budget.take_items(_NODE_ITEMS)
        name, type_, raw, elsewhere = "", 0, None, False
        shape: list[int] = []
        entries: dict[str, str] = {}
        for item in self._fields(span):
            if item.number == 1:
                shape += [signed(size) for size in packed(self.window, item, self.notes.budget)]
            elif item.number == 2 and item.is_number:
                type_ = item.value
            elif item.number == 8 and item.is_message:
                name = self._text(item, 200)
            elif item.number == 9 and item.is_message:
                raw = item.span
            elif item.number == 13 and item.is_message:
                self._entry(item.span, entries)
            elif item.number == 14 and item.is_number:
                elsewhere = item.value == _EXTERNAL
        self._counted(name, type_, shape, raw)
        if entries or elsewhere:
            self._external(name, entries, elsewhere=elsewhere)

    def _counted(self, name: str, type_: int, shape: list[int], raw: Span | None) -> None:
        self.tensors += 1
        if any(size < 0 for size in shape):
            self.notes.problem("bad-shape", f"{name[:80]!r} has a negative size")
            return
        elements = math.prod(shape) if len(shape) <= 64 else 0
        self.parameters += elements
        if raw is not None and raw.size and type_ in _BYTES and elements * _BYTES[type_] != raw.size:
            message = f"{name[:80]!r} should be {fact_number(elements * _BYTES[type_])} bytes long, is {raw.size:,}"
            self.notes.problem("shape-mismatch", message, raw.start)

    def _entry(self, span: Span, entries: dict[str, str]) -> None:
        pair = {item.number: self._text(item) for item in self._fields(span) if item.is_message}
        key = pair.get(1, "")
        if key in entries:
            self.notes.problem("duplicate-key", f"external data say {key[:40]!r} twice", span.start)
        if len(entries) < 64:
            entries[key] = pair.get(2, "")

    def _external(self, name: str, entries: dict[str, str], *, elsewhere: bool) -> None:
        numbers = [_digits(entries.get(key)) for key in ("offset", "length")]
        one: dict[str, JSON] = {
            "tensor": name,
            "location": entries.get("location", ""),
            "offset": None if numbers[0] is None else fact_number(numbers[0]),
            "length": None if numbers[1] is None else fact_number(numbers[1]),
            "odd": any(entries.get(key) is not None and _digits(entries[key]) is None for key in ("offset", "length")),
            "used": elsewhere,
            "keys": sorted(entries),
        }
        # Large models keep thousands of tensors in one file; one such line stands for the further ones.
        if len(self.external) < _TABLE or entries.get("location", "") not in self.locations:
            self.locations.add(entries.get("location", ""))
            self.notes.budget.take_facts(len(name) + len(str(one["location"])) + 120)
            self.external.append(one)


def _digits(text: str | None) -> int | None:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 40:
        return None
    return int(text)

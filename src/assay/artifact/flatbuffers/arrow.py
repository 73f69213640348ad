"""Schemas of Arrow, as they stand in its files, its streams and the footers of Parquet: metadata and extension types.

Source of the format: github.com/apache/arrow, format/Schema.fbs, format/Message.fbs, format/File.fbs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.artifact.blob import BytesBlob
from assay.artifact.flatbuffers import Table
from assay.artifact.notes import Notes
from assay.artifact.sniff import sniff
from assay.artifact.window import Window
from assay.canonical import JSON
from assay.errors import ReadError

__all__ = ["ArrowSchema"]

_NAME, _PARAMETERS = "ARROW:extension:name", "ARROW:extension:metadata"
_KEPT = 300
_MOST = 500
_LONGEST = 8 * 1024 * 1024
_SCHEMA = 1
"""The kind of message that holds a schema."""


@dataclass(slots=True)
class ArrowSchema:
    """Gathers what schemas say; parameters of extension types that are pickles become members."""

    notes: Notes
    fields: int = 0
    metadata: dict[str, str] = field(default_factory=dict)
    extensions: list[JSON] = field(default_factory=list)

    def facts(self) -> dict[str, JSON]:
        """Return `fields` (count), `metadata` (short), `extensions` (field, name, whether parameters are a pickle)."""
        return {"fields": self.fields, "metadata": dict(self.metadata), "extensions": self.extensions}

    def message(self, window: Window, at: int) -> None:
        """Read the encapsulated message at `at`, if it is a schema.

        Raises:
            ReadError: it is no message.
        """
        if window.peek(at, 4) == b"\xff\xff\xff\xff":
            at += 4
        length = window.number(at, 4, "the length of a message")
        if length > window.size - at - 4:
            raise ReadError("a message goes beyond the end", offset=at)
        root = Table.root(window, at + 4, self.notes.budget, at + 4 + length)
        schema = root.table(2)
        if root.number(1, 1) == _SCHEMA and schema is not None:
            self.schema(schema)
        else:
            self.notes.problem("no-schema", "its first message is no schema", at)

    def schema(self, schema: Table) -> None:
        """Read a schema and the fields in it; raises as `Table`."""
        for key, value in self._pairs(schema, 2):
            self.keep(key, value)
        waiting = [(child, 1) for child in schema.tables(1)]
        while waiting:
            one, depth = waiting.pop()
            self.notes.budget.check_depth(depth)
            self.fields += 1
            self._field(one)
            waiting += [(child, depth + 1) for child in one.tables(5)]

    def keep(self, key: str, value: bytes) -> None:
        """Keep a pair of metadata, shortened."""
        text = value[:_KEPT].decode("utf-8", "replace")
        if len(self.metadata) < _MOST:
            self.notes.budget.take_facts(len(key) + len(text) + 8)
            self.metadata[key[:_KEPT]] = text

    def _pairs(self, table: Table, index: int) -> list[tuple[str, bytes]]:
        return [(pair.text(0), pair.bytes(1, _LONGEST)) for pair in table.tables(index)]

    def _field(self, one: Table) -> None:
        pairs = dict(self._pairs(one, 6))
        if _NAME not in pairs:
            return
        name, parameters = pairs[_NAME].decode("utf-8", "replace")[:_KEPT], pairs.get(_PARAMETERS, b"")
        is_pickle = len(parameters) > 2 and sniff(BytesBlob(parameters), "parameters") == "pickle"
        if len(self.extensions) < _MOST:
            label = one.text(0, 200)
            self.notes.budget.take_facts(len(name) + len(label) + 60)
            self.extensions.append({"field": label, "name": name, "pickle": is_pickle})
            if is_pickle:
                self.notes.member(f"{label}@{_PARAMETERS}.pkl", BytesBlob(parameters))

"""Parquet: the footer's metadata, with the Arrow schema in it; the columns are jumped over.

Source of the format: github.com/apache/parquet-format, README and src/main/thrift/parquet.thrift.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field

from assay.artifact.blob import Blob, BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.flatbuffers.arrow import ArrowSchema
from assay.artifact.notes import Notes
from assay.artifact.observation import Observation
from assay.artifact.thrift import BINARY, LIST, STRUCT, Cursor
from assay.artifact.window import Window
from assay.errors import BudgetError, ReadError

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "parquet"
VERSION = 1

_MAGIC, _ENCRYPTED = b"PAR1", b"PARE"
_LONGEST_FOOTER = 32 * 1024 * 1024
_ARROW = "ARROW:schema"
_JAVA = re.compile(rb'"java-(?:class|key-class|element-class)"\s*:\s*"([^"]{1,300})"')
_MOST = 100


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return `created_by`, `java_classes` that a schema of Avro names, and what Arrow's schema in the footer says."""
    del path
    notes = Notes(FORMAT, VERSION, budget, depth)
    seen = _Seen(notes, ArrowSchema(notes))
    window = Window(blob, budget)
    with notes.until_broken():
        end = window.size - 8
        magic = window.take(max(end, 0) + 4, 4, "the end of the file")
        if magic == _ENCRYPTED:
            notes.stop("encrypted", "its footer is encrypted")
        elif magic != _MAGIC:
            raise ReadError("does not end as a file of Parquet does", offset=window.size)
        else:
            length = window.number(end, 4, "the length of the footer")
            if length > end - 4:
                raise ReadError(f"has a footer of {length:,} bytes, longer than the file", offset=end)
            if length > _LONGEST_FOOTER:
                raise BudgetError(f"has a footer of {length:,} bytes, more than is read")
            seen.footer(window.take(end - length, length, "the footer"))
    facts = {"created_by": seen.created_by, "java_classes": list(seen.java_classes), **seen.schema.facts()}
    return notes.observation(facts)


@dataclass(slots=True)
class _Seen:
    """Gathers what the footer says."""

    notes: Notes
    schema: ArrowSchema
    created_by: str = ""
    java_classes: list[str] = field(default_factory=list)

    def footer(self, data: bytes) -> None:
        cursor = Cursor(data, self.notes.budget)
        for item in cursor.fields():
            if item.id == 5 and item.type == LIST:
                self._pairs(cursor)
            elif item.id == 6 and item.type == BINARY:
                self.created_by = cursor.binary()[:200].decode("utf-8", "replace")
                self.notes.budget.take_facts(len(self.created_by) + 8)
            else:
                cursor.skip(item.type)

    def _pairs(self, cursor: Cursor) -> None:
        kind, count = cursor.list()
        for _ in range(count):
            if kind != STRUCT:
                cursor.skip(kind, 1)
                continue
            pair: dict[int, bytes] = {}
            for item in cursor.fields():
                if item.type == BINARY:
                    pair[item.id] = cursor.binary()
                else:
                    cursor.skip(item.type, 1)
            self._pair(pair.get(1, b"").decode("utf-8", "replace"), pair.get(2, b""))

    def _java(self, schema: bytes) -> None:
        for match in _JAVA.finditer(schema):
            name = match[1].decode("utf-8", "replace")
            if name not in self.java_classes and len(self.java_classes) < _MOST:
                self.notes.budget.take_facts(len(name) + 4)
                self.java_classes.append(name)

    def _pair(self, key: str, value: bytes) -> None:
        if key != _ARROW:
            self.schema.keep(key, value)
            if key.endswith("avro.schema"):
                self._java(value)
            return
        try:
            message = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            self.notes.problem("bad-schema", "the Arrow schema in the footer is not base64")
            return
        self.schema.message(Window(BytesBlob(message), self.notes.budget), 0)

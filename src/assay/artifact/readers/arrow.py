"""Arrow files and streams, and Feather: the schema with its extension types; the columns are jumped over."""

from __future__ import annotations

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.flatbuffers import Table
from assay.artifact.flatbuffers.arrow import ArrowSchema
from assay.artifact.notes import Notes
from assay.artifact.observation import Observation
from assay.artifact.window import Window
from assay.errors import ReadError

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "arrow"
VERSION = 1

_MAGIC = b"ARROW1"
_FEATHER_1 = b"FEA1"


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return `kind` (file, stream or feather-1), `fields`, `metadata` and `extensions` of the schema.

    A file has its schema at both ends; readers differ in which they take, so both are read and counted. Feather of
    the first version knows no extension types.
    """
    del path
    notes = Notes(FORMAT, VERSION, budget, depth)
    seen = ArrowSchema(notes)
    window = Window(blob, budget)
    head = window.peek(0, 8)
    kind = "file" if head.startswith(_MAGIC) else "feather-1" if head.startswith(_FEATHER_1) else "stream"
    with notes.until_broken():
        if kind != "feather-1":
            seen.message(window, 8 if kind == "file" else 0)
        if kind == "file":
            _footer(seen, window)
    return notes.observation({"kind": kind, **seen.facts()})


def _footer(seen: ArrowSchema, window: Window) -> None:
    end = window.size - len(_MAGIC)
    if window.take(max(end, 0), len(_MAGIC), "the end of the file") != _MAGIC:
        raise ReadError("does not end as a file of Arrow does", offset=max(end, 0))
    length = window.number(end - 4, 4, "the length of the footer")
    if length > end - 12:
        raise ReadError(f"has a footer of {length:,} bytes, longer than the file", offset=end - 4)
    schema = Table.root(window, end - 4 - length, seen.notes.budget, end - 4).table(1)
    if schema is not None:
        seen.schema(schema)

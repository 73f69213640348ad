"""FlatBuffers walked table by table, without schemas, libraries or trust in offsets.

    root = Table.root(window, 0, budget)
    for code in root.tables(1):
        code.text(1)

Source of the format: flatbuffers.dev/internals.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from assay.artifact.budget import Budget
from assay.artifact.window import Window
from assay.errors import ReadError

__all__ = ["Table", "Vector"]


_ITEMS = 8
"""What a table costs of the budget: it takes several steps."""


class Vector(NamedTuple):
    """Items side by side: offset of the first one, and how many."""

    start: int
    length: int


class Table(NamedTuple):
    """A table at an offset of the blob; fields are asked for by their index in the schema."""

    window: Window
    budget: Budget
    at: int
    vtable: int
    vtable_size: int
    base: int
    """Where the buffer begins; strings and vectors may not lie before."""
    end: int

    @classmethod
    def root(cls, window: Window, base: int, budget: Budget, end: int | None = None) -> Table:
        """Return the root table of the buffer from `base` to `end`.

        Raises:
            ReadError: there is none.
        """
        end = window.size if end is None else end
        return cls._at(window, budget, base + window.number(base, 4, "the root offset"), base, end)

    @classmethod
    def _at(cls, window: Window, budget: Budget, at: int, base: int, end: int) -> Table:
        budget.take_items(_ITEMS)
        back = int.from_bytes(window.take(at, 4, "a table"), "little", signed=True)
        vtable = at - back
        if not base <= vtable <= end - 4 or not base <= at <= end - 4:
            raise ReadError("a table lies outside the buffer", offset=at)
        size = window.number(vtable, 2, "a table's form")
        if size < 4 or vtable + size > end:
            raise ReadError("a table's form makes no sense", offset=vtable)
        return cls(window, budget, at, vtable, size, base, end)

    def number(self, index: int, width: int, default: int = 0, *, signed: bool = False) -> int:
        """Return the number of `width` bytes in field `index`, or `default` where it is absent."""
        place = self._place(index)
        if place is None:
            return default
        return int.from_bytes(self.window.take(place, width, "a number"), "little", signed=signed)

    def table(self, index: int) -> Table | None:
        """Return the table in field `index`; None where it is absent."""
        place = self._place(index)
        return None if place is None else self._follow(place)

    def vector(self, index: int, width: int) -> Vector:
        """Return the vector of items of `width` bytes in field `index`; an empty one where it is absent.

        Raises:
            ReadError: it does not lie inside the buffer.
        """
        place = self._place(index)
        if place is None:
            return Vector(0, 0)
        start = place + self.window.number(place, 4, "a vector")
        length = self.window.number(start, 4, "the length of a vector")
        if start < self.base or start + 4 + length * width > self.end:
            raise ReadError(f"a vector of {length:,} items goes beyond the end", offset=start)
        return Vector(start + 4, length)

    def tables(self, index: int) -> Iterator[Table]:
        """Yield the tables of the vector in field `index`, some items of the budget each."""
        start, length = self.vector(index, 4)
        for number in range(length):
            yield self._follow(start + 4 * number)

    def text(self, index: int, limit: int = 1000) -> str:
        """Return the text in field `index`, at most `limit` bytes of it; empty where it is absent."""
        return self.bytes(index, limit).decode("utf-8", "replace")

    def bytes(self, index: int, limit: int) -> bytes:
        """Return the bytes in field `index`, at most `limit` of them; empty where it is absent."""
        start, length = self.vector(index, 1)
        return self.window.take(start, min(length, limit), "text") if length else b""

    def _place(self, index: int) -> int | None:
        entry = 4 + 2 * index
        if entry + 2 > self.vtable_size:
            return None
        offset = self.window.number(self.vtable + entry, 2, "a field")
        if offset and self.at + offset >= self.end:
            raise ReadError("a field lies outside the buffer", offset=self.at)
        return self.at + offset if offset else None

    def _follow(self, place: int) -> Table:
        at = place + self.window.number(place, 4, "an offset")
        return Table._at(self.window, self.budget, at, self.base, self.end)

"""Thrift's compact protocol walked field by field, without schemas: what the footers of Parquet are written in.

Source of the format: github.com/apache/thrift, doc/specs/thrift-compact-protocol.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from assay.artifact.budget import Budget
from assay.errors import ReadError

__all__ = ["Cursor", "ThriftField"]

_STOP, _TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, BINARY, LIST, _SET, _MAP, STRUCT = range(13)
_ITEMS = 4
"""What a value costs of the budget: it takes several steps."""


class ThriftField(NamedTuple):
    """A field of a struct; the cursor stands at its value, which must be read or skipped."""

    id: int
    type: int


@dataclass(slots=True)
class Cursor:
    """A place in bytes held in memory, moved by what is read."""

    data: bytes
    budget: Budget
    at: int = 0

    def fields(self) -> Iterator[ThriftField]:
        """Yield the fields of the struct here; whoever takes one reads or skips its value before the next."""
        last = 0
        while True:
            head = self._byte()
            if head == _STOP:
                return
            delta, type_ = head >> 4, head & 15
            last = last + delta if delta else self._zigzag()
            yield ThriftField(last, type_)

    def binary(self) -> bytes:
        """Return the bytes here.

        Raises:
            ReadError: they go beyond the end.
        """
        length = self._varint()
        if length > len(self.data) - self.at:
            raise ReadError(f"a value of {length:,} bytes goes beyond the end", offset=self.at)
        self.at += length
        return self.data[self.at - length : self.at]

    def list(self) -> tuple[int, int]:
        """Return the type and the number of the items of the list here."""
        head = self._byte()
        count = head >> 4
        if count == 15:
            count = self._varint()
        if count > len(self.data) - self.at:
            raise ReadError(f"a list of {count:,} items goes beyond the end", offset=self.at)
        return head & 15, count

    def skip(self, type_: int, depth: int = 0) -> None:
        """Step over a value of `type_`, a field's or, where `depth` says it is nested, an item's.

        Raises:
            BudgetError: the budget is spent, or it nests too deep.
            ReadError: there is no such type.
        """
        self.budget.check_depth(depth)
        self.budget.take_items(_ITEMS)
        if type_ in (_TRUE, _FALSE):
            return
        if type_ in (_I16, _I32, _I64):
            self._varint()
        elif type_ in (_BYTE, _DOUBLE):
            self._forward(1 if type_ == _BYTE else 8)
        elif type_ == BINARY:
            self.binary()
        elif type_ in (LIST, _SET):
            inner, count = self.list()
            if inner in (_TRUE, _FALSE):
                self._forward(count)
                return
            for _ in range(count):
                self.skip(inner, depth + 1)
        elif type_ == _MAP:
            self._skip_map(depth)
        elif type_ == STRUCT:
            for field in self.fields():
                self.skip(field.type, depth + 1)
        else:
            raise ReadError(f"has a field of the type {type_}", offset=self.at)

    def _skip_map(self, depth: int) -> None:
        count = self._varint()
        if count == 0:
            return
        if count > len(self.data) - self.at:
            raise ReadError(f"a map of {count:,} pairs goes beyond the end", offset=self.at)
        kinds = self._byte()
        for _ in range(count):
            for kind in (kinds >> 4, kinds & 15):
                if kind in (_TRUE, _FALSE):
                    self._forward(1)
                else:
                    self.skip(kind, depth + 1)

    def _byte(self) -> int:
        self._forward(1)
        return self.data[self.at - 1]

    def _forward(self, count: int) -> None:
        if count > len(self.data) - self.at:
            raise ReadError("ends inside a value", offset=len(self.data))
        self.at += count

    def _varint(self) -> int:
        value = shift = 0
        while shift < 70:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
        raise ReadError("a number is too long", offset=self.at)

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

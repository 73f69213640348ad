"""Binary formats read number by number: a window over a blob that charges what it brings and trusts no length."""

from __future__ import annotations

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.errors import ReadError

__all__ = ["Window"]

_SMALLEST = 1024
_LARGEST = 256 * 1024
"""Bytes brought at once: few after a jump, more while the reader moves straight on."""
_RECENT = 16
"""Pieces remembered: readers go back and forth between a table and what it points to."""


class Window:
    """Random access to a blob for a reader that mostly moves forward; every byte brought is spent from the budget."""

    __slots__ = ("_blob", "_budget", "_data", "_end", "_length", "_recent", "_start", "size")

    def __init__(self, blob: Blob, budget: Budget) -> None:
        self._blob = blob
        self._budget = budget
        self._data = b""
        self._start = self._end = 0
        self._length = _SMALLEST
        self._recent: list[tuple[int, bytes]] = []
        self.size = blob.size

    def peek(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`; fewer only at the end of the blob.

        Raises:
            BudgetError: bringing them would cost more than is left.
        """
        if not (self._start <= offset and offset + length <= self._end):
            end = min(offset + length, self.size)
            if offset < 0 or end <= offset:
                return b""
            self._move(offset, end)
        at = offset - self._start
        return self._data[at : at + length]

    def take(self, offset: int, length: int, what: str) -> bytes:
        """Return just `length` bytes from `offset`; `what` names what is read.

        Raises:
            BudgetError: bringing them would cost more than is left.
            ReadError: they lie outside the blob.
        """
        if offset < 0 or length < 0 or offset + length > self.size:
            raise ReadError(f"{what} lies outside the file: {length:,} bytes at {offset:,} of {self.size:,}")
        data = self.peek(offset, length)
        if len(data) != length:
            raise ReadError(f"ends inside {what}", offset=offset)
        return data

    def number(self, offset: int, width: int, what: str) -> int:
        """Return the unsigned little-endian number of `width` bytes at `offset`; raises as `take` does."""
        return int.from_bytes(self.take(offset, width, what), "little")

    def text(self, offset: int, length: int, what: str, limit: int = 4096) -> str:
        """Return the UTF-8 text at `offset`, at most `limit` bytes of it, wrong bytes replaced; raises as `take`."""
        if length > limit:
            self.take(offset + length, 0, what)
        return self.take(offset, min(length, limit), what).decode("utf-8", "replace")

    def _move(self, offset: int, end: int) -> None:
        """Make the window hold the bytes from `offset` to `end`, by what was brought before if it can be."""
        for index, (start, data) in enumerate(self._recent):
            if start <= offset and end <= start + len(data):
                self._recent.append(self._recent.pop(index))
                break
        else:
            start, data = self._bring(offset, end)
            self._recent = [*self._recent[1 - _RECENT :], (start, data)]
        self._start, self._data, self._end = start, data, start + len(data)

    def _bring(self, offset: int, end: int) -> tuple[int, bytes]:
        straight = self._start <= offset <= self._end and bool(self._data)
        self._length = min(2 * self._length, _LARGEST) if straight else _SMALLEST
        wanted = min(max(end - offset, self._length), self.size - offset)
        known = self._data[offset - self._start :] if straight else b""
        self._budget.take_bytes(wanted - len(known))
        return offset, known + self._blob.read_at(offset + len(known), wanted - len(known))

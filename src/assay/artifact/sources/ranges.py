"""A blob at the other end of a slow, costly line: blocks are remembered, and reads that move on are read ahead."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple, Protocol

__all__ = ["Fetch", "Piece", "RangeBlob"]

_BLOCK = 8 * 1024
"""What a jump rounds up to, in bytes: a zip's local header costs no more."""
_FIRST = 64 * 1024
"""What the first read of a file brings: most text files whole, most safetensors headers."""
_MOST = 1024 * 1024
"""How far reading ahead may grow."""
_KEPT = 512
"""Blocks remembered per open file: 4 MiB."""


class Piece(NamedTuple):
    """Bytes of a file, and where in it they begin."""

    start: int
    data: bytes


class Fetch(Protocol):
    """Brings bytes of one file over the line."""

    def __call__(self, start: int, need: int, want: int) -> Piece:
        """Return a piece that holds at least `need` bytes from `start`; `want` bytes would be welcome."""
        ...


class RangeBlob:
    """A blob of `size` bytes read through `fetch`; whatever `fetch` raises passes through."""

    def __init__(self, size: int, fetch: Fetch) -> None:
        self._size = size
        self._fetch = fetch
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._window = _FIRST
        self._next: int | None = None

    @property
    def size(self) -> int:
        """Length in bytes, as listed."""
        return self._size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`."""
        end = min(offset + length, self._size)
        if offset < 0 or end <= offset:
            return b""
        wanted = range(offset // _BLOCK, -(-end // _BLOCK))
        have = {index: self._blocks[index] for index in wanted if index in self._blocks}
        missing = [index for index in wanted if index not in have]
        if missing:
            have |= self._bring(missing[0], missing[-1] + 1)
        for index in wanted:
            self._blocks.move_to_end(index)
        while len(self._blocks) > _KEPT:
            self._blocks.popitem(last=False)
        data = b"".join(have[index] for index in wanted)
        skip = offset - wanted.start * _BLOCK
        return data[skip : skip + end - offset]

    def _bring(self, first: int, end: int) -> dict[int, bytes]:
        start = first * _BLOCK
        need = min(end * _BLOCK, self._size) - start
        if self._next is not None:
            self._window = min(2 * self._window, _MOST) if first == self._next else _BLOCK
        piece = self._fetch(start, need, min(max(need, self._window), self._size - start))
        blocks = self._cut(piece)
        self._next = max(blocks) + 1
        self._blocks |= blocks
        return blocks

    def _cut(self, piece: Piece) -> dict[int, bytes]:
        """Return the blocks that stand in `piece` from edge to edge."""
        start, end = piece.start, piece.start + len(piece.data)
        whole = range(-(-start // _BLOCK), -(-end // _BLOCK) if end == self._size else end // _BLOCK)
        return {index: piece.data[index * _BLOCK - start : (index + 1) * _BLOCK - start] for index in whole}

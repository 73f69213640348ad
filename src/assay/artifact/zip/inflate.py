"""A compressed member as a blob: inflated only as far as somebody reads, within its declared size and the budget."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator
from typing import Protocol

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.errors import BudgetError, ReadError

__all__ = ["METHODS", "InflatedBlob"]

METHODS = {0: "stored", 8: "deflate", 12: "bzip2", 14: "lzma"}
"""Zip compression methods that are understood."""
_PIECE = 64 * 1024
_LARGEST_LZMA_DICTIONARY = 64 * 1024 * 1024


class InflatedBlob:
    """The inflated bytes of a member; what was inflated is kept, so it costs memory up to the budget."""

    __slots__ = ("_budget", "_data", "_most", "_pieces", "_size")

    def __init__(self, raw: Blob, method: int, size: int, budget: Budget) -> None:
        """Prepare to inflate `raw` by zip `method` to the declared `size` in bytes; nothing is read yet."""
        self._pieces = _inflate(raw, method, budget)
        self._size = size
        self._budget = budget
        self._most = budget.bytes // 2
        self._data = bytearray()

    @property
    def size(self) -> int:
        """The declared length in bytes."""
        return self._size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`, inflating up to there.

        Raises:
            ReadError: the data are damaged, or end before the declared size.
            BudgetError: inflating would cost more than the budget allows.
        """
        end = min(offset + length, self._size)
        self._fill(end)
        return bytes(self._data[offset:end])

    def finish(self) -> str | None:
        """Inflate the rest and say how its length differs from the declared one; None when it does not.

        Raises:
            ReadError: as `read_at`.
        """
        self._fill(self._size)
        for piece in self._pieces:
            if piece:
                return f"inflates to more than the {self._size:,} bytes declared"
        return None

    def crc(self) -> int:
        """Return the CRC-32 of what was inflated so far."""
        return zlib.crc32(self._data)

    def _fill(self, end: int) -> None:
        if end > self._most:
            raise BudgetError(f"would have to be inflated for {end:,} bytes, more than the limit allows")
        while len(self._data) < end:
            piece = next(self._pieces, None)
            if piece is None:
                raise ReadError(f"inflates to {len(self._data):,} bytes, not to the {self._size:,} declared")
            self._budget.take_bytes(len(piece))
            self._data += piece


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Deflate:
    """A raw deflate stream with the face of `bz2` and `lzma` decompressors."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(-zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


def _inflate(raw: Blob, method: int, budget: Budget) -> Iterator[bytes]:
    """Yield inflated pieces; short at first, so that a look at the head stays cheap."""
    try:
        decompressor, at = _decompressor(raw, method)
        wanted = 4096
        while not decompressor.eof:
            data = b""
            if decompressor.needs_input:
                data = raw.read_at(at, wanted)
                if not data:
                    # No error in itself: an LZMA stream may lack its end marker. Who wants more bytes will miss them.
                    return
                budget.take_bytes(len(data))
                at += len(data)
            yield decompressor.decompress(data, wanted)
            wanted = min(2 * wanted, _PIECE)
    except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError) as error:
        raise ReadError(f"compressed data are damaged: {error}") from None


def _decompressor(raw: Blob, method: int) -> tuple[_Decompressor, int]:
    """Return what inflates `method`, and where in `raw` its stream starts.

    Raises:
        ReadError: the method is not known, or asks for too much memory.
    """
    if method == 8:
        return _Deflate(), 0
    if method == 12:
        return bz2.BZ2Decompressor(), 0
    if method == 14:
        return _lzma(raw), 9
    raise ReadError(f"is compressed by method {method}, which is not known here")


def _lzma(raw: Blob) -> lzma.LZMADecompressor:
    # APPNOTE 5.8.8: version (2 bytes), size of the properties (2), then one byte lc/lp/pb and the dictionary size (4).
    head = raw.read_at(0, 9)
    if len(head) < 9 or head[2:4] != b"\x05\x00" or head[4] >= 9 * 5 * 5:
        raise ReadError("has a damaged LZMA header")
    dictionary = int.from_bytes(head[5:9], "little")
    if dictionary > _LARGEST_LZMA_DICTIONARY:
        raise ReadError(f"asks for an LZMA dictionary of {dictionary:,} bytes")
    rest, lc = divmod(head[4], 9)
    pb, lp = divmod(rest, 5)
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": max(dictionary, 4096), "lc": lc, "lp": lp, "pb": pb}]
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)

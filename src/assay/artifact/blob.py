"""Bytes that can be read at any place, wherever they lie: in memory, in a file, at the other end of a pipe."""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Iterator
from typing import Protocol

from assay.errors import ReadError

__all__ = ["Blob", "BytesBlob", "FileBlob", "SliceBlob", "pieces", "read_exactly", "sha256_of", "view"]

_PIECE = 1024 * 1024
_MAPPED = 16 * 1024 * 1024
"""Bytes mapped at once; a multiple of every system's granularity."""


class Blob(Protocol):
    """Immutable bytes of known size, read in pieces."""

    @property
    def size(self) -> int:
        """Length in bytes."""
        ...

    def read_at(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`; fewer only at the end, none beyond it."""
        ...


class BytesBlob:
    """A blob in memory."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self._data)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`."""
        return self._data[offset : offset + length]

    def view_at(self, offset: int, length: int) -> memoryview:
        """Return the same as `read_at`, without a copy."""
        return memoryview(self._data)[offset : offset + length]


class FileBlob:
    """A blob in an open file, read by `pread`; the file descriptor stays its owner's to close."""

    __slots__ = ("_fd", "_size")

    def __init__(self, fd: int, size: int) -> None:
        self._fd = fd
        self._size = size

    @property
    def size(self) -> int:
        """Length in bytes, as it was when the file was opened."""
        return self._size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`."""
        length = min(length, self._size - offset)
        if length <= 0:
            return b""
        pieces = []
        while length > 0:
            piece = os.pread(self._fd, length, offset)
            if not piece:
                break
            pieces.append(piece)
            offset += len(piece)
            length -= len(piece)
        return b"".join(pieces)

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Fill `buffer` from `offset` and return how many bytes that were; fewer than it holds only at the end."""
        done = 0
        while done < len(buffer) and (count := os.preadv(self._fd, [buffer[done:]], offset + done)):
            done += count
        return done

    def mapped(self) -> Iterator[mmap.mmap]:
        """Yield the whole file in windows of 16 MiB that are mapped rather than copied, which saves a tenth of hashing.

        Whoever shortens the file at the wrong moment ends this process (SIGBUS, mmap(2)): for one that may be lost.

        Raises:
            ReadError: it is shorter than it was.
        """
        for offset in range(0, self._size, _MAPPED):
            if os.fstat(self._fd).st_size < self._size:
                raise ReadError("became shorter while it was read", offset=offset)
            with mmap.mmap(
                self._fd, min(_MAPPED, self._size - offset), access=mmap.ACCESS_READ, offset=offset
            ) as window:
                yield window


class SliceBlob:
    """A window of another blob, such as a stored member of a zip archive."""

    __slots__ = ("_base", "_size", "_start")

    def __init__(self, base: Blob, start: int, size: int) -> None:
        self._base = base
        self._start = start
        self._size = size

    @property
    def size(self) -> int:
        """Length of the window in bytes."""
        return self._size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset` in the window."""
        return self._base.read_at(self._start + offset, max(0, min(length, self._size - offset)))


def read_exactly(blob: Blob, offset: int, length: int, what: str) -> bytes:
    """Return just `length` bytes from `offset`.

    Raises:
        ReadError: the blob ends before; `what` names what was being read.
    """
    data = blob.read_at(offset, length)
    if len(data) != length:
        raise ReadError(f"ends inside {what}: {length:,} bytes wanted, {len(data):,} there", offset=offset)
    return data


def view(blob: Blob, offset: int, length: int) -> bytes | memoryview:
    """Return what `read_at` returns, without a copy where the blob has the bytes at hand.

    For bytes that are soon let go of: a view may hold more in memory than it shows.
    """
    view_at = getattr(blob, "view_at", None)
    data: bytes | memoryview = blob.read_at(offset, length) if view_at is None else view_at(offset, length)
    return data


def pieces(blob: Blob, what: str) -> Iterator[bytes]:
    """Yield the whole blob in pieces of 1 MiB.

    Raises:
        ReadError: it ends before its size; `what` names what was being read.
    """
    for offset in range(0, blob.size, _PIECE):
        yield read_exactly(blob, offset, min(_PIECE, blob.size - offset), what)


def sha256_of(blob: Blob, what: str = "a file", *, mapped: bool = False) -> str:
    """Return the SHA-256 of the whole blob in hex; with `mapped`, a file's as `FileBlob.mapped` shows it.

    Raises:
        ReadError: it ends before its size; `what` names what was being read.
    """
    hasher = hashlib.sha256()
    for piece in blob.mapped() if mapped and isinstance(blob, FileBlob) else pieces(blob, what):
        hasher.update(piece)
    return hasher.hexdigest()

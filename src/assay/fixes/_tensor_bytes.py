"""The elements of a stored tensor in row-major order, in pieces of bounded size, whatever its strides."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from assay.artifact.blob import Blob, SliceBlob, read_exactly
from assay.artifact.readers.safetensors import BITS
from assay.artifact.safetensors_file import Tensor
from assay.errors import FixError
from assay.statements.predicates.conversion import tensor_digest_prefix

__all__ = ["Stored", "digest", "elements"]

_PIECE = 1024 * 1024
_SHORT_RUN = 4096
"""Bytes; where rows are shorter, reading each on its own costs more than reading all at once."""
_IN_MEMORY = 64 * 1024 * 1024
"""Bytes of a scattered tensor that are held at once."""
_FORMATS: dict[int, Literal["B", "H", "I", "Q"]] = {1: "B", 2: "H", 4: "I", 8: "Q"}


class Stored(NamedTuple):
    """A tensor as a view of bytes in a file."""

    tensor: Tensor
    start: int
    """Of its first element, in bytes from the start of the file."""
    strides: tuple[int, ...]
    """Steps between neighbours in each dimension, in elements, none negative."""

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return BITS[self.tensor.dtype] // 8

    @property
    def extent(self) -> int:
        """Bytes from the first element to the end of the last; 0 when there is none."""
        if not self.tensor.elements:
            return 0
        steps = zip(self.tensor.shape, self.strides, strict=True)
        return (1 + sum((size - 1) * stride for size, stride in steps)) * self.itemsize


class _Runs(NamedTuple):
    """A tensor as equal runs of bytes that lie without gaps."""

    outer: tuple[tuple[int, int], ...]
    """Size and stride in bytes of each dimension around the runs."""
    length: int
    """Bytes of a run."""


def elements(blob: Blob, stored: Stored) -> Iterator[bytes]:
    """Yield the elements in row-major order, in pieces of at most 1 MiB.

    Raises:
        ReadError: the file ends before.
        FixError: they lie too far apart to be gathered in bounded memory.
    """
    if not stored.tensor.elements:
        return
    runs = _runs(stored)
    if runs.length >= _SHORT_RUN or not runs.outer:
        for offset in _offsets(runs.outer):
            yield from _run(blob, stored, offset, runs.length)
    else:
        yield from _batched(_gathered(blob, stored, runs))


def digest(tensor: Tensor, pieces: Iterable[bytes], write: Callable[[bytes], object] | None = None) -> str:
    """Return the tensor's digest in hex while passing each piece on to `write`."""
    hasher = hashlib.sha256(tensor_digest_prefix(tensor.dtype, tensor.shape))
    for piece in pieces:
        hasher.update(piece)
        if write is not None:
            write(piece)
    return hasher.hexdigest()


def _runs(stored: Stored) -> _Runs:
    dimensions = [
        (size, stride * stored.itemsize)
        for size, stride in zip(stored.tensor.shape, stored.strides, strict=True)
        if size != 1
    ]
    length = stored.itemsize
    while dimensions and dimensions[-1][1] == length:
        length *= dimensions.pop()[0]
    return _Runs(tuple(dimensions), length)


def _offsets(outer: tuple[tuple[int, int], ...]) -> Iterator[int]:
    """Yield where each run starts, in row-major order."""
    if not outer:
        yield 0
        return
    size, stride = outer[0]
    for index in range(size):
        for inner in _offsets(outer[1:]):
            yield index * stride + inner


def _run(blob: Blob, stored: Stored, offset: int, length: int) -> Iterator[bytes]:
    for at in range(offset, offset + length, _PIECE):
        wanted = min(_PIECE, offset + length - at)
        yield read_exactly(blob, stored.start + at, wanted, f"the tensor {stored.tensor.name!r}")


def _gathered(blob: Blob, stored: Stored, runs: _Runs) -> Iterator[bytes]:
    """Yield rows of short runs from one copy of the bytes they are scattered over."""
    if stored.extent > _IN_MEMORY:
        raise FixError(
            f"the tensor {stored.tensor.name!r} is scattered over {stored.extent:,} bytes, too many to hold at once",
            hint="Save it contiguous with the framework that wrote it, on a machine you can spare.",
        )
    window = SliceBlob(blob, stored.start, stored.extent)
    held = memoryview(read_exactly(window, 0, stored.extent, f"the tensor {stored.tensor.name!r}"))
    size, step = runs.outer[-1]
    width = runs.length
    for offset in _offsets(runs.outer[:-1]):
        if width == stored.itemsize and step:
            yield held[offset : offset + (size - 1) * step + width].cast(_FORMATS[width])[:: step // width].tobytes()
        else:
            for index in range(size):
                yield bytes(held[offset + index * step :][:width])


def _batched(rows: Iterable[bytes]) -> Iterator[bytes]:
    """Join short rows and cut long ones into pieces of about 1 MiB."""
    waiting: list[bytes] = []
    size = 0
    for row in rows:
        waiting.append(row)
        size += len(row)
        if size >= _PIECE:
            joined = b"".join(waiting)
            yield from (joined[at : at + _PIECE] for at in range(0, len(joined), _PIECE))
            waiting, size = [], 0
    yield b"".join(waiting)

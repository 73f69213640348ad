"""Types and values in an HDF5 file: what an attribute holds, and where the bytes of a dataset lie."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from assay.artifact.budget import Budget
from assay.artifact.hdf5.heaps import global_object
from assay.artifact.hdf5.storage import Message, Storage, messages
from assay.errors import BudgetError, ReadError

__all__ = [
    "Attribute",
    "Datatype",
    "attribute",
    "datatype",
    "elements",
    "filters",
    "shared_datatype",
    "texts",
    "unfiltered",
]

STRING, OPAQUE, VARIABLE = 3, 5, 9
_TYPE, _COMMITTED = 3, 2
_REGISTERED = 256
"""Filters from this number on bear a name."""
_DEFLATE, _SHUFFLE, _CHECKSUM = 1, 2, 3
_ITEMS = 4
"""What a value costs of the budget: it may take several steps to reach."""
_LARGEST_VALUE = 16 * 1024 * 1024


class Datatype(NamedTuple):
    """A type: its class, the bytes of one element, and for variable length the class of the base type."""

    kind: int
    size: int
    base: int = -1
    is_text: bool = False

    @property
    def holds_bytes(self) -> bool:
        """Whether elements are text, opaque, or sequences of single bytes."""
        of_bytes = self.is_text or self.base in (0, 4, OPAQUE)
        return self.kind in (STRING, OPAQUE) or (self.kind == VARIABLE and of_bytes)


class Attribute(NamedTuple):
    """An attribute; `start` is the offset of its data."""

    name: str
    type: Datatype | None
    elements: int
    start: int
    end: int


def datatype(storage: Storage, at: int) -> Datatype:
    """Return the type described at `at`; raises as `Window.take`."""
    head = storage.window.take(at, 8, "a datatype")
    kind, size = head[0] & 15, int.from_bytes(head[4:8], "little")
    if kind != VARIABLE:
        return Datatype(kind, size)
    inner = storage.window.take(at + 8, 8, "a datatype")
    wide = inner[0] & 15 in (0, 4) and int.from_bytes(inner[4:8], "little") != 1
    return Datatype(kind, size, -1 if wide else inner[0] & 15, head[1] & 15 == 1)


def shared_datatype(storage: Storage, at: int) -> Datatype | None:
    """Return the type that the reference at `at` leads to; None where it lies in a way that is not read.

    Raises:
        ReadError: it leads to no object.
    """
    version, kind = storage.window.take(at, 2, "a shared type")
    if version not in (1, 2, 3) or (version == 3 and kind != _COMMITTED):
        return None
    header = storage.address(at + (8 if version == 1 else 2))
    if header is None:
        return None
    for message in messages(storage, header):
        if message.type == _TYPE and not message.is_shared:
            return datatype(storage, message.start)
    return None


def elements(storage: Storage, at: int) -> int:
    """Return how many elements the dataspace at `at` has."""
    version, rank, flags, kind = storage.window.take(at, 4, "a dataspace")
    if version not in (1, 2) or rank > 32:
        raise ReadError("a dataspace makes no sense", offset=at)
    if version == 2 and kind == 2:
        return 0
    del flags
    sizes = at + (8 if version == 1 else 4)
    return math.prod(storage.length(sizes + index * storage.length_width) for index in range(rank))


def attribute(storage: Storage, message: Message) -> Attribute:
    """Return the attribute that `message` holds; its type is None where that stands elsewhere.

    Raises:
        ReadError: it makes no sense.
    """
    at, end = message.start, message.start + message.size
    version = storage.number(at, 1)
    if version not in (1, 2, 3):
        raise ReadError("an attribute has an unknown version", offset=at)
    flags = storage.number(at + 1, 1) if version > 1 else 0
    sizes = [storage.number(at + 2 + 2 * index, 2) for index in range(3)]
    if version == 1:
        sizes = [-(-size // 8) * 8 for size in sizes]
    name = at + (9 if version == 3 else 8)
    type_ = name + sizes[0]
    space = type_ + sizes[1]
    data = space + sizes[2]
    if data > end:
        raise ReadError("an attribute is longer than its message", offset=at)
    known = shared_datatype(storage, type_) if flags & 1 else datatype(storage, type_)
    count = 0 if flags & 2 else elements(storage, space)
    return Attribute(storage.text_at(name, type_), known, count, data, end)


def filters(storage: Storage, message: Message) -> list[tuple[int, int]]:
    """Return the filters of a dataset in order: the number of each, and its first parameter (0 where it has none).

    Raises:
        ReadError: the list makes no sense.
    """
    at, end = message.start, message.start + message.size
    version, count = storage.window.take(at, 2, "filters")
    at += 8 if version == 1 else 2
    found = []
    for _ in range(count):
        number = storage.number(at, 2)
        named = version == 1 or number >= _REGISTERED
        length = storage.number(at + 2, 2) if named else 0
        at += 4 if named else 2
        parameters = storage.number(at + 2, 2)
        at += 4 + (-(-length // 8) * 8 if version == 1 else length)
        found.append((number, storage.number(at, 4) if parameters else 0))
        at += 4 * (parameters + (parameters % 2 if version == 1 else 0))
        if at > end:
            raise ReadError("a list of filters is longer than its message", offset=message.start)
    return found


def texts(storage: Storage, type_: Datatype, data: bytes) -> Iterator[bytes]:
    """Yield the values of text, opaque or byte sequences, whose elements stand side by side in `data`.

    Raises:
        BudgetError: the budget is spent.
        ReadError: a value lies outside the file.
    """
    if not type_.size:
        return
    for at in range(0, len(data) - type_.size + 1, type_.size):
        storage.budget.take_items(_ITEMS)
        element = data[at : at + type_.size]
        if type_.kind != VARIABLE:
            yield element
            continue
        middle = 4 + storage.offset_width
        length = int.from_bytes(element[:4], "little")
        heap, number = (
            int.from_bytes(element[4:middle], "little"),
            int.from_bytes(element[middle : middle + 4], "little"),
        )
        if not length or not number or heap == storage.undefined:
            continue
        place, end = global_object(storage, storage.base + heap, number)
        if min(length, end - place) > _LARGEST_VALUE:
            raise BudgetError(f"a value is {end - place:,} bytes long, more than is read", offset=place)
        yield storage.window.take(place, min(length, end - place), "a value")


def unfiltered(data: bytes, filters: list[tuple[int, int]], mask: int, budget: Budget) -> bytes | None:
    """Return the bytes of a chunk before its `filters` (number and width of an element); None where one is not known.

    Raises:
        BudgetError: inflating would cost more than the budget allows.
        ReadError: the compressed bytes are damaged.
    """
    for index, (number, width) in reversed(list(enumerate(filters))):
        if mask >> index & 1:
            continue
        if number == _DEFLATE:
            data = _inflated(data, budget)
        elif number == _SHUFFLE and width > 0:
            count = len(data) // width
            tail = data[count * width :]
            data = b"".join(data[place : count * width : count] for place in range(count)) + tail if count else data
        elif number == _CHECKSUM:
            data = data[:-4]
        elif number != _SHUFFLE:
            return None
    return data


def _inflated(data: bytes, budget: Budget) -> bytes:
    inflater = zlib.decompressobj()
    try:
        made = inflater.decompress(data, _LARGEST_VALUE)
    except zlib.error as error:
        raise ReadError(f"compressed data are damaged: {error}") from None
    budget.take_bytes(len(made))
    if inflater.unconsumed_tail:
        raise BudgetError("a chunk inflates to more than is read")
    return made

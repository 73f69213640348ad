"""The links of an HDF5 group: of the old style by symbol table, of the new style by messages or in a heap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from assay.artifact.hdf5.heaps import FractalHeap, local_heap_data, records
from assay.artifact.hdf5.storage import ITEMS, Message, Storage
from assay.errors import ReadError

__all__ = ["Link", "dense", "link", "symbols"]

HARD, SOFT, EXTERNAL = 0, 1, 64


class Link(NamedTuple):
    """A name in a group and what it leads to."""

    name: str
    kind: int
    """0 hard, 1 soft, 64 external; others are for programs' own use."""
    address: int | None = None
    """Offset of the object header, for a hard link."""
    file: str = ""
    target: str = ""


def link(storage: Storage, start: int, end: int) -> Link:
    """Return the link written between `start` and `end`.

    Raises:
        ReadError: it makes no sense.
    """
    if storage.number(start, 1) != 1:
        raise ReadError("a link has an unknown version", offset=start)
    flags = storage.number(start + 1, 1)
    at, kind = start + 2, HARD
    if flags & 8:
        kind = storage.number(at, 1)
        at += 1
    at += (8 if flags & 4 else 0) + (1 if flags & 16 else 0)
    width = 1 << (flags & 3)
    length = storage.number(at, width)
    at += width
    name = storage.window.text(at, length, "the name of a link", 1024)
    at += length
    if at > end:
        raise ReadError("a link is longer than its message", offset=start)
    if kind == HARD:
        return Link(name, kind, storage.address(at))
    size = storage.number(at, 2)
    value = storage.window.take(at + 2, size, "a link")
    if kind == EXTERNAL:
        file, _, rest = value[1:].partition(b"\0")
        return Link(name, kind, None, file.decode("utf-8", "replace"), rest.split(b"\0")[0].decode("utf-8", "replace"))
    return Link(name, kind, None, "", value.split(b"\0")[0].decode("utf-8", "replace"))


def symbols(storage: Storage, message: Message) -> Iterator[Link]:
    """Yield the links of an old-style group, whose symbol table `message` points to.

    Raises:
        ReadError: the table makes no sense, or goes round in circles.
    """
    tree = storage.address(message.start)
    heap = storage.address(message.start + storage.offset_width)
    if tree is None or heap is None:
        return
    names = local_heap_data(storage, heap)
    waiting, seen = [(tree, -1)], set()
    while waiting:
        node, expected = waiting.pop()
        if node in seen:
            raise ReadError("a group goes round in circles", offset=node)
        seen.add(node)
        if storage.window.peek(node, 4) == b"SNOD":
            yield from _entries(storage, node, names)
            continue
        storage.expect(node, b"TREE")
        kind, level, used = storage.number(node + 4, 1), storage.number(node + 5, 1), storage.number(node + 6, 2)
        if kind != 0 or (expected >= 0 and level >= expected):
            raise ReadError("a group's tree makes no sense", offset=node)
        first = node + 8 + 2 * storage.offset_width + storage.length_width
        for index in range(used):
            storage.budget.take_items(ITEMS)
            child = storage.address(first + index * (storage.offset_width + storage.length_width))
            if child is not None:
                waiting.append((child, level))


def _entries(storage: Storage, node: int, names: tuple[int, int]) -> Iterator[Link]:
    wide = storage.offset_width
    for index in range(storage.number(node + 6, 2)):
        storage.budget.take_items(ITEMS)
        at = node + 8 + index * (2 * wide + 24)
        name = storage.text_at(names[0] + storage.number(at, wide), names[1])
        if storage.number(at + 2 * wide, 4) == 2:
            target = storage.text_at(names[0] + storage.number(at + 2 * wide + 8, 4), names[1])
            yield Link(name, SOFT, None, "", target)
        else:
            yield Link(name, HARD, storage.address(at + wide))


def dense(storage: Storage, heap: int, tree: int, skip: int) -> Iterator[tuple[int, int]]:
    """Yield where the links or attributes of a heap stand; `skip` bytes of a record come before the identifier.

    Raises:
        ReadError: heap or tree makes no sense.
    """
    objects = FractalHeap.at(storage, heap)
    for record in records(storage, tree):
        identifier = record[skip : skip + objects.id_length]
        if len(identifier) < objects.id_length or not identifier:
            raise ReadError("a record of a B-tree is too short", offset=tree)
        yield objects.find(identifier)

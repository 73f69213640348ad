"""The heaps of an HDF5 file: local (names), global (variable-length values), fractal (many links or attributes)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assay.artifact.hdf5.storage import ITEMS, Storage
from assay.errors import ReadError

__all__ = ["FractalHeap", "global_object", "local_heap_data", "records"]

_LEAF_OVERHEAD = 10
_MANAGED, _HUGE, _TINY = 0, 1, 2


def local_heap_data(storage: Storage, at: int) -> tuple[int, int]:
    """Return where the names of the local heap at `at` begin and end."""
    storage.expect(at, b"HEAP")
    size = storage.length(at + 8)
    start = storage.address(at + 8 + 2 * storage.length_width)
    if start is None or start + size > storage.window.size:
        raise ReadError("a heap of names lies outside the file", offset=at)
    return start, start + size


def global_object(storage: Storage, at: int, index: int) -> tuple[int, int]:
    """Return where the object `index` of the global heap collection at `at` begins and ends.

    Raises:
        ReadError: there is no such object.
    """
    if at not in storage.heaps:
        storage.heaps[at] = dict(_global_objects(storage, at))
    found = storage.heaps[at].get(index)
    if found is None:
        raise ReadError(f"a value is said to be object {index} of a heap that has no such", offset=at)
    return found


def _global_objects(storage: Storage, at: int) -> Iterator[tuple[int, tuple[int, int]]]:
    storage.expect(at, b"GCOL")
    end = min(at + storage.length(at + 8), storage.window.size)
    place = at + 8 + storage.length_width
    head = 8 + storage.length_width
    while place + head <= end:
        storage.budget.take_items(ITEMS)
        number = storage.number(place, 2)
        size = storage.length(place + 8)
        if number == 0 or place + head + size > end:
            return
        yield number, (place + head, place + head + size)
        place += head + -(-size // 8) * 8


@dataclass(slots=True)
class FractalHeap:
    """A heap for objects of many sizes, found by their identifiers."""

    storage: Storage
    id_length: int
    filtered: bool
    offset_bytes: int
    length_bytes: int
    width: int
    first_block: int
    largest_block: int
    root: int | None
    root_rows: int

    @classmethod
    def at(cls, storage: Storage, at: int) -> FractalHeap:
        """Read the header of the heap at `at`.

        Raises:
            ReadError: there is none.
        """
        storage.expect(at, b"FRHP")
        long, wide = storage.length_width, storage.offset_width
        largest_object = storage.number(at + 10, 4)
        table = at + 14 + 10 * long + 2 * wide
        width = storage.number(table, 2)
        first, largest = storage.length(table + 2), storage.length(table + 2 + long)
        bits = storage.number(table + 2 + 2 * long, 2)
        root = table + 6 + 2 * long
        if not 0 < width < 2**16 or bits > 64 or first < 1 or first & (first - 1) or largest < first:
            raise ReadError("a fractal heap makes no sense", offset=at)
        by_block = -(-(largest.bit_length() - 1) // 8)
        by_object = (max(largest_object, 1).bit_length() - 1) // 8 + 1
        return cls(
            storage, storage.number(at + 5, 2), storage.number(at + 7, 2) > 0, -(-bits // 8),
            min(by_block, by_object), width, first, largest, storage.address(root), storage.number(root + wide, 2),
        )  # fmt: skip

    def find(self, identifier: bytes) -> tuple[int, int]:
        """Return where the object named by `identifier` begins and ends.

        Raises:
            ReadError: it is outside the heap, or of a kind that is not read.
        """
        kind = identifier[0] >> 4 & 3
        if kind != _MANAGED or self.filtered or self.root is None:
            raise ReadError("an object of a fractal heap is huge, tiny or compressed, which is not read")
        middle = 1 + self.offset_bytes
        offset = int.from_bytes(identifier[1:middle], "little")
        length = int.from_bytes(identifier[middle : middle + self.length_bytes], "little")
        block, begin = self._block(offset)
        start = block + offset - begin
        self.storage.window.take(start + length, 0, "an object of a fractal heap")
        return start, start + length

    def _block(self, offset: int) -> tuple[int, int]:
        """Return where the direct block that holds `offset` lies, and at which offset of the heap it begins."""
        at, base, rows = self.root, 0, self.root_rows
        for _ in range(64):
            if at is None:
                break
            self.storage.budget.take_items(ITEMS)
            if rows == 0:
                self.storage.expect(at, b"FHDB")
                return at, base
            self.storage.expect(at, b"FHIB")
            row, column, begin, size = self._place(offset - base)
            if row >= rows:
                break
            children = at + 5 + self.storage.offset_width + self.offset_bytes
            at = self.storage.address(children + (row * self.width + column) * self.storage.offset_width)
            base += begin
            inner = size // (self.first_block * self.width)
            rows = 0 if size <= self.largest_block else max(1, inner.bit_length())
        raise ReadError("an object lies in no block of its fractal heap")

    def _place(self, offset: int) -> tuple[int, int, int, int]:
        """Return row, column, begin and size of the block at `offset` of a doubling table."""
        row_size = self.first_block * self.width
        if offset < row_size:
            column = offset // self.first_block
            return 0, column, column * self.first_block, self.first_block
        row = (offset // row_size).bit_length()
        size = self.first_block << (row - 1)
        begin = row_size << (row - 1)
        column = (offset - begin) // size
        return row, column, begin + column * size, size


def records(storage: Storage, at: int) -> Iterator[bytes]:
    """Yield the records of the version 2 B-tree at `at`, an item of the budget each.

    Raises:
        ReadError: it is none, or its nodes form a circle.
    """
    storage.expect(at, b"BTHD")
    node_size, record = storage.number(at + 6, 4), storage.number(at + 10, 2)
    depth = storage.number(at + 12, 2)
    root = storage.address(at + 16)
    count = storage.number(at + 16 + storage.offset_width, 2)
    if root is None:
        return
    if not record or node_size < _LEAF_OVERHEAD + record or depth > 16:
        raise ReadError("a B-tree makes no sense", offset=at)
    pointers = _pointer_widths(storage, node_size, record, depth)
    waiting = [(root, count, depth)]
    seen: set[int] = set()
    while waiting:
        node, count, level = waiting.pop()
        if node in seen:
            raise ReadError("a B-tree goes round in circles", offset=node)
        seen.add(node)
        storage.expect(node, b"BTIN" if level else b"BTLF")
        for index in range(count):
            storage.budget.take_items(ITEMS)
            yield storage.window.take(node + 6 + index * record, record, "a record")
        if level:
            counts, totals = pointers[level]
            step = storage.offset_width + counts + totals
            for index in range(count + 1):
                place = node + 6 + count * record + index * step
                child = storage.address(place)
                if child is not None:
                    waiting.append((child, storage.number(place + storage.offset_width, counts), level - 1))


def _pointer_widths(storage: Storage, node_size: int, record: int, depth: int) -> dict[int, tuple[int, int]]:
    """Return by level how wide a pointer's count of records, and its count of all records below, is."""
    leaf = (node_size - _LEAF_OVERHEAD) // record
    counts, total_width, below = _width_of(leaf), 0, leaf
    found = {}
    for level in range(1, depth + 1):
        found[level] = (counts, total_width)
        pointer = storage.offset_width + counts + total_width
        most = max(1, (node_size - _LEAF_OVERHEAD - pointer) // (record + pointer))
        below = (most + 1) * below + most
        total_width = _width_of(below)
    return found


def _width_of(limit: int) -> int:
    return (max(limit, 1).bit_length() - 1) // 8 + 1

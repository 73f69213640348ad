"""Where things lie in an HDF5 file: the superblock, addresses, and the messages of object headers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from assay.artifact.budget import Budget
from assay.artifact.window import Window
from assay.errors import ReadError

__all__ = ["ITEMS", "Message", "Storage", "find_superblock", "messages"]

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_CONTINUATION = 0x10
ITEMS = 12
"""What a message, link or record costs of the budget: each takes many steps."""
_MOST_CHUNKS = 10_000


class Message(NamedTuple):
    """One message of an object header; `start` is the offset of its data."""

    type: int
    flags: int
    start: int
    size: int

    @property
    def is_shared(self) -> bool:
        """Whether the data only say where the message itself stands."""
        return bool(self.flags & 2)


@dataclass(slots=True)
class Storage:
    """An HDF5 file: its bytes, and how wide addresses and lengths are in it."""

    window: Window
    budget: Budget
    start: int
    """Offset of the superblock."""
    base: int
    """What addresses count from."""
    offset_width: int
    length_width: int
    root: int
    """Offset of the root group's object header."""
    version: int
    heaps: dict[int, dict[int, tuple[int, int]]] = field(default_factory=dict)
    """What was found in global heaps, by their offset and the numbers of the objects."""

    @property
    def undefined(self) -> int:
        """The address that means: nowhere."""
        return int(2 ** (8 * self.offset_width) - 1)

    def number(self, at: int, width: int) -> int:
        """Return the number at `at`; raises as `Window.take`."""
        return self.window.number(at, width, "a number")

    def address(self, at: int) -> int | None:
        """Return the offset that the address at `at` stands for; None when it is undefined."""
        value = self.number(at, self.offset_width)
        return None if value == self.undefined else self.base + value

    def length(self, at: int) -> int:
        """Return the length that stands at `at`."""
        return self.number(at, self.length_width)

    def expect(self, at: int, signature: bytes) -> None:
        """Check that a structure begins at `at`.

        Raises:
            ReadError: it does not.
        """
        if self.window.take(at, len(signature), "a signature") != signature:
            raise ReadError(f"no {signature.decode()} stands where one is said to", offset=at)

    def text_at(self, at: int, end: int) -> str:
        """Return the text that ends with a zero byte, or at `end`."""
        return self.bytes_at(at, end).decode("utf-8", "replace")

    def bytes_at(self, at: int, end: int) -> bytes:
        """Return the bytes before the first zero byte, or before `end`; at most 4096 of them."""
        return self.window.peek(at, max(0, min(end - at, 4096))).split(b"\0", 1)[0]


def find_superblock(window: Window, budget: Budget) -> Storage:
    """Return the file whose superblock is the first of those that a library would look at.

    Raises:
        ReadError: there is none, or it makes no sense.
    """
    at = 0
    while window.peek(at, 8) != _SIGNATURE:
        at = 512 if at == 0 else 2 * at
        if at + 8 > window.size:
            raise ReadError("has no HDF5 signature", offset=0)
    version = window.number(at + 8, 1, "the version")
    if version in (0, 1):
        offset_width, length_width = window.take(at + 13, 2, "widths")
        fields = at + (24 if version == 0 else 28)
        root = fields + 5 * offset_width
    elif version in (2, 3):
        offset_width, length_width = window.take(at + 9, 2, "widths")
        fields = at + 12
        root = fields + 3 * offset_width
    else:
        raise ReadError(f"has a superblock of the unknown version {version}", offset=at + 8)
    if offset_width not in (2, 4, 8, 16) or length_width not in (2, 4, 8, 16):
        raise ReadError(f"has addresses of {offset_width} and lengths of {length_width} bytes", offset=at + 9)
    base = window.number(fields, offset_width, "the base address")
    storage = Storage(window, budget, at, base, offset_width, length_width, 0, version)
    storage.root = storage.address(root) or 0
    return storage


def messages(storage: Storage, header: int) -> Iterator[Message]:
    """Yield the messages of the object header at the offset `header`, an item of the budget each.

    Raises:
        BudgetError: the budget is spent.
        ReadError: it is no object header.
    """
    if storage.window.peek(header, 4) == b"OHDR":
        yield from _second(storage, header)
    else:
        yield from _first(storage, header)


def _first(storage: Storage, header: int) -> Iterator[Message]:
    if storage.number(header, 1) != 1:
        raise ReadError("no object header stands where one is said to", offset=header)
    waiting = [(header + 16, header + 16 + storage.number(header + 8, 4))]
    yield from _walk(storage, waiting, 8, b"")


def _second(storage: Storage, header: int) -> Iterator[Message]:
    if storage.number(header + 4, 1) != 2:
        raise ReadError("an object header has an unknown version", offset=header)
    flags = storage.number(header + 5, 1)
    at = header + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    start = at + width
    waiting = [(start, start + storage.number(at, width))]
    yield from _walk(storage, waiting, 6 if flags & 4 else 4, b"OCHK")


def _walk(storage: Storage, waiting: list[tuple[int, int]], head: int, signature: bytes) -> Iterator[Message]:
    """Yield the messages of chunks, whose own heads are `head` bytes long; further chunks bear `signature`."""
    seen: set[int] = set()
    while waiting:
        at, end = waiting.pop(0)
        if at in seen or len(seen) > _MOST_CHUNKS:
            raise ReadError("an object header goes round in circles", offset=at)
        seen.add(at)
        while at + head <= end:
            storage.budget.take_items(ITEMS)
            message = _message(storage, at, head)
            if message.start + message.size > end:
                raise ReadError("a message goes beyond its object header", offset=at)
            at = message.start + message.size
            if message.type == _CONTINUATION:
                waiting.append(_continuation(storage, message, signature))
            elif message.type:
                yield message


def _message(storage: Storage, at: int, head: int) -> Message:
    data = storage.window.take(at, head, "a message")
    if head == 8:
        return Message(int.from_bytes(data[:2], "little"), data[4], at + 8, int.from_bytes(data[2:4], "little"))
    return Message(data[0], data[3], at + head, int.from_bytes(data[1:3], "little"))


def _continuation(storage: Storage, message: Message, signature: bytes) -> tuple[int, int]:
    start = storage.address(message.start)
    size = storage.length(message.start + storage.offset_width)
    if start is None or start + size > storage.window.size:
        raise ReadError("an object header goes on outside the file", offset=message.start)
    if not signature:
        return start, start + size
    storage.expect(start, signature)
    return start + len(signature), start + size - 4

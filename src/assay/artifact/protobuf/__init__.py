"""Protocol buffers walked field by field, without schemas, libraries or trust in lengths.

    for field in fields(window, Span(0, window.size), budget):
        if field.number == 7 and field.is_message:
            ...fields(window, field.span, budget)

Source of the format: protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from assay.artifact.budget import Budget
from assay.artifact.window import Window
from assay.errors import ReadError

__all__ = ["Field", "Span", "fields", "packed", "signed"]

_VARINT, _FIXED64, _LENGTH, _START_GROUP, _END_GROUP, _FIXED32 = range(6)
_LONGEST_VARINT = 10
_ITEMS, _OTHER_ITEMS, _MESSAGE_ITEMS = 5, 8, 6
"""What a field, and a message that is walked, cost of the budget: they take several steps."""
_PEEK = 2 * _LONGEST_VARINT


class Span(NamedTuple):
    """Where something lies: offsets in bytes from the start of the blob."""

    start: int
    end: int

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.end - self.start


class Field(NamedTuple):
    """One field as it stands in the bytes."""

    number: int
    wire: int
    value: int
    """Of a varint or a fixed number; 0 for the others."""
    span: Span
    """What is inside, for a length-delimited field or a group; else the number itself."""

    @property
    def is_message(self) -> bool:
        """Whether it may be a message, text or bytes."""
        return self.wire == _LENGTH

    @property
    def is_number(self) -> bool:
        """Whether it is a varint."""
        return self.wire == _VARINT


def signed(value: int) -> int:
    """Return a varint as the int64 that it stands for."""
    return value - 2**64 if value >= 2**63 else value


def fields(window: Window, span: Span, budget: Budget, depth: int = 0) -> Iterator[Field]:
    """Yield the fields of the message in `span`, a few items of the budget each; nested messages are jumped over.

    Raises:
        BudgetError: the budget is spent, or groups nest too deep.
        ReadError: the bytes are no message.
    """
    budget.take_items(_MESSAGE_ITEMS)
    at = span.start
    while at < span.end:
        budget.take_items(_ITEMS)
        field, at = _field(window, at, span.end, budget, depth)
        yield field


def packed(window: Window, field: Field, budget: Budget) -> list[int]:
    """Return the varints of a repeated number, written singly or packed.

    Raises:
        BudgetError: the budget is spent.
        ReadError: they are no varints.
    """
    if field.is_number:
        return [field.value]
    if not field.is_message:
        return []
    found, at = [], field.span.start
    while at < field.span.end:
        budget.take_items()
        value, at = _varint(window.peek(at, _LONGEST_VARINT), 0, at, field.span.end)
        found.append(value)
    return found


def _field(window: Window, at: int, end: int, budget: Budget, depth: int) -> tuple[Field, int]:
    data = window.peek(at, _PEEK)
    if len(data) > 1 and data[0] & 0x87 == _LENGTH and data[0] >= 8 and data[1] < 128 and at + 2 + data[1] <= end:
        # Nearly all fields are such: a small number, text or a message of less than 128 bytes.
        return Field(data[0] >> 3, _LENGTH, 0, Span(at + 2, at + 2 + data[1])), at + 2 + data[1]
    budget.take_items(_OTHER_ITEMS)
    tag, after = _varint(data, 0, at, end)
    number, wire = tag >> 3, tag & 7
    if not 0 < number < 2**29:
        raise ReadError(f"has a field with the number {number}", offset=at)
    if wire == _VARINT:
        value, stop = _varint(data, after - at, after, end)
        return Field(number, wire, value, Span(after, stop)), stop
    if wire == _LENGTH:
        length, start = _varint(data, after - at, after, end)
        if length > end - start:
            raise ReadError(f"a field of {length:,} bytes goes beyond what holds it", offset=at)
        return Field(number, wire, 0, Span(start, start + length)), start + length
    if wire in (_FIXED32, _FIXED64):
        stop = after + (4 if wire == _FIXED32 else 8)
        if stop > end:
            raise ReadError("ends inside a number", offset=at)
        return Field(number, wire, window.number(after, stop - after, "a number"), Span(after, stop)), stop
    if wire == _START_GROUP:
        inner, stop = _group(window, number, Span(after, end), budget, depth + 1)
        return Field(number, wire, 0, Span(after, inner)), stop
    raise ReadError(f"has a field of the wire type {wire}", offset=at)


def _group(window: Window, number: int, span: Span, budget: Budget, depth: int) -> tuple[int, int]:
    """Return where the group that begins with `span` ends: its content, and the tag after it."""
    budget.check_depth(depth)
    at, end = span
    while at < end:
        tag, after = _varint(window.peek(at, _LONGEST_VARINT), 0, at, end)
        if tag & 7 == _END_GROUP:
            if tag >> 3 != number:
                break
            return at, after
        budget.take_items(_ITEMS)
        _, at = _field(window, at, end, budget, depth)
    raise ReadError("a group does not end", offset=at)


def _varint(data: bytes, at: int, place: int, end: int) -> tuple[int, int]:
    """Return the number at `data[at]`, whose offset is `place`, and the offset after it."""
    value = shift = 0
    for count, byte in enumerate(data[at : at + _LONGEST_VARINT], 1):
        value |= (byte & 127) << shift
        if byte < 128:
            if place + count > end:
                break
            return value & (2**64 - 1), place + count
        shift += 7
    raise ReadError("ends inside a number, or the number is too long", offset=place)

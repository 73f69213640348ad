"""Fields of protocol buffers: all wire types, and nothing believed."""

import pytest
from tests.make.model_files import proto, varint

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.protobuf import Span, fields, packed, signed
from assay.artifact.window import Window
from assay.errors import BudgetError, ReadError


def walked(data, **limits):
    budget = Budget(**limits)
    return list(fields(Window(BytesBlob(data), budget), Span(0, len(data)), budget))


def test_every_wire_type():
    data = proto((1, 300), (2, "text"), (3, -1)) + b"\x25\x01\0\0\0" + b"\x29\x02" + bytes(7) + b"\x33\x08\x01\x34"
    found = walked(data)
    assert [(field.number, field.wire, field.value) for field in found] == [
        (1, 0, 300), (2, 2, 0), (3, 0, 2**64 - 1), (4, 5, 1), (5, 1, 2), (6, 3, 0),
    ]  # fmt: skip
    assert signed(found[2].value) == -1
    assert data[found[1].span.start : found[1].span.end] == b"text"
    assert found[5].span.size == 2


@pytest.mark.parametrize(
    "data",
    [b"\x08", b"\x08" + b"\xff" * 11, b"\x12\x05abc", b"\x00\x01", b"\x0c", b"\x0f\x01", b"\x0b\x08\x01", b"\x25\x01\0",
     b"\x0b\x14", b"\x12" + varint(2**63)],
)  # fmt: skip
def test_what_is_no_message(data):
    with pytest.raises(ReadError):
        walked(data)


def test_groups_end_at_the_depth_of_the_budget():
    with pytest.raises(BudgetError):
        walked(b"\x0b" * 100)


def test_repeated_numbers_stand_singly_or_packed():
    data = proto((1, 5), (1, b"\x01\xac\x02"))
    budget = Budget()
    window = Window(BytesBlob(data), budget)
    assert [packed(window, field, budget) for field in walked(data)] == [[5], [1, 300]]

"""A window brings what is asked for, charges it once, and never reads outside."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.window import Window
from assay.errors import BudgetError, ReadError

_DATA = bytes(range(256)) * 40


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(-5, 11_000), st.integers(0, 9_000)), max_size=40))
def test_it_shows_just_the_bytes_of_the_blob(looks):
    window = Window(BytesBlob(_DATA), Budget())
    for offset, length in looks:
        wanted = _DATA[offset : offset + length] if offset >= 0 else b""
        assert window.peek(offset, length) == wanted


def test_going_back_to_what_was_brought_costs_nothing():
    budget = Budget()
    window = Window(BytesBlob(_DATA), budget)
    for place in (0, 5000, 9000):
        window.peek(place, 10)
    spent = budget.bytes
    for place in (0, 5000, 9000) * 20:
        window.peek(place, 10)
    assert budget.bytes == spent


def test_what_is_not_there_is_an_error_and_what_costs_too_much_too():
    window = Window(BytesBlob(_DATA), Budget(bytes=100))
    with pytest.raises(ReadError):
        window.take(len(_DATA) - 3, 4, "a number")
    with pytest.raises(ReadError):
        window.take(-1, 4, "a number")
    with pytest.raises(BudgetError):
        window.take(0, 4, "a number")

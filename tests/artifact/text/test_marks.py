"""Piles of combining marks are told from writing that has many marks."""

import pytest

from assay.artifact.text.marks import MOST_MARKS, pile_of_marks


def test_a_pile_is_found():
    assert pile_of_marks("abc" + "a" + "\u0315\u0300" * 150) is not None


@pytest.mark.parametrize(
    "text",
    ["plain", "é" * 5000, "a\u0315\u0300" * 5000, "文" * 9000, "\u05d1\u05b4\u05bc" * 900, "\u0300" * MOST_MARKS],
)
def test_writing_is_none(text):
    assert pile_of_marks(text) is None

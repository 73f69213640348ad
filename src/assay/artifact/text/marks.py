"""Piles of combining marks: no language writes them, and to bring one into order takes time that grows with its square.

Unicode Standard Annex 15 asks for at most 30 marks on a letter where a text shall be normalised as a stream.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["MOST_MARKS", "pile_of_marks"]

MOST_MARKS = 200
"""Marks on one letter, beyond which a text is not normalised."""
_FOREIGN = re.compile(rf"[^\x00-\x7f]{{{MOST_MARKS},}}+")


def pile_of_marks(text: str) -> int | None:
    """Return where in `text` more than 200 combining marks stand on one letter; None where they do not."""
    if text.isascii():
        return None
    for run in _FOREIGN.finditer(text):
        height = 0
        for at, char in enumerate(run[0]):
            height = height + 1 if unicodedata.combining(char) else 0
            if height > MOST_MARKS:
                return run.start() + at
    return None

"""LICENCE TEXTS: what a text is, what it adds and what it lacks; a pure function of the text and data that ships.

    identify(text) -> Identification          grade, licences found, differences with their place, text around them
    compare(ours, theirs) -> tuple[Difference, ...]
    known_text(name) -> str | None            the words of a licence that the index holds
    parse(expression) -> Expression           `MIT OR (Apache-2.0 AND BSD-3-Clause)`

Words are compared, not likeness: a licence is `exact` only when nothing is missing and nothing is there beyond
copyright notices, headings and what the licence itself leaves open.
"""

from __future__ import annotations

from assay.licences.differences import Difference, compare
from assay.licences.expression import Expression, parse
from assay.licences.identify import GRADES, Identification, Match, identify, known_text

__all__ = [
    "GRADES",
    "Difference",
    "Expression",
    "Identification",
    "Match",
    "compare",
    "identify",
    "known_text",
    "parse",
]

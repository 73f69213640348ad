"""Predicate `urn:assay:claim:v1`: a person or an organisation says something, in words, and signs it."""

from __future__ import annotations

import re

from assay.canonical import JSON
from assay.statements.fields import Field

__all__ = ["PUBLISHES", "REVIEWED", "TYPE", "claim", "validate"]

TYPE = "urn:assay:claim:v1"

PUBLISHES = "publishes"
"""The signer is the source of this revision."""
REVIEWED = "reviewed"
"""The signer looked at this revision; the text says how and with what result."""

_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


def claim(what: str, text: str) -> dict[str, JSON]:
    """Return the predicate that claims `what`, a word such as `publishes`, explained in `text`.

    Raises:
        StatementError: `what` is no word, or the text is too long.
    """
    predicate = {"claim": what, "text": text}
    validate(predicate)
    return predicate


def validate(predicate: dict[str, JSON]) -> None:
    """Check the shape.

    Raises:
        StatementError: a field is wrong; the message begins with its path.
    """
    root = Field(predicate, "predicate").object("claim", "text")
    if not _WORD.fullmatch(root["claim"].text(most=64)):
        raise root["claim"].fault("expected lower-case words joined by hyphens")
    root["text"].text(most=10_000, empty=True)

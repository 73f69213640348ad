"""Licence texts, notices and use policies: the words, free of line breaks and layout."""

from __future__ import annotations

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.observation import Observation
from assay.artifact.text.textual import charge, decode_leniently, observed, read_whole

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "licence"
VERSION = 1

_LIMIT = 8 * 1024 * 1024
_KEPT = 64 * 1024
_TITLE = 200


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:  # noqa: ARG001 (a Reader's form)
    """Return `text` (one space between words, the first 65,536 characters), `truncated`, `words` and `title`.

    Raises:
        BudgetError: it is larger than 8 MiB, or than the budget allows.
        ReadError: the blob ends early.
    """
    data = read_whole(blob, budget, _LIMIT)
    text, guessed = decode_leniently(data)
    words = text.split()
    normal = " ".join(words)
    facts = {
        "text": normal[:_KEPT],
        "truncated": len(normal) > _KEPT,
        "words": len(words),
        "title": next((line.strip()[:_TITLE] for line in text.splitlines() if line.strip()), ""),
    }
    charge(budget, facts)
    return observed((FORMAT, VERSION), facts, text, [guessed] if guessed else [])

"""Licence texts, notices and use policies: their text, line by line."""

from __future__ import annotations

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.observation import Observation
from assay.artifact.text.textual import charge, decode_leniently, observed, read_whole

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "licence"
VERSION = 2

_LIMIT = 8 * 1024 * 1024
_KEPT = 128 * 1024
_TITLE = 200


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:  # noqa: ARG001 (a Reader's form)
    """Return `text` (its lines, one space between words, up to 131,072 characters), `truncated`, `words` and `title`.

    Raises:
        BudgetError: it is larger than 8 MiB, or than the budget allows.
        ReadError: the blob ends early.
    """
    data = read_whole(blob, budget, _LIMIT)
    text, guessed = decode_leniently(data)
    lines = [" ".join(line.split()) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    normal = "\n".join(lines).rstrip("\n")
    facts = {
        "text": normal[:_KEPT],
        "truncated": len(normal) > _KEPT,
        "words": len(text.split()),
        "title": next((line[:_TITLE] for line in lines if line), ""),
    }
    charge(budget, facts)
    return observed((FORMAT, VERSION), facts, text, [guessed] if guessed else [])

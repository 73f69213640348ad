"""What every reader of text does: read within the budget, decode, look for secrets, write down what it saw."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import NamedTuple

from assay.artifact.blob import Blob, read_exactly
from assay.artifact.budget import Budget
from assay.artifact.observation import Observation, Problem
from assay.artifact.text.secrets import find_secrets
from assay.canonical import JSON, canonical_json
from assay.errors import BudgetError, ReadError

__all__ = ["Text", "charge", "decode", "decode_leniently", "observed", "pieces", "problem_of", "read_whole"]

_PIECE = 1024 * 1024
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Text(NamedTuple):
    """Decoded text."""

    text: str
    """Without a byte order mark."""
    problem: Problem | None = None
    """Set when the bytes were not UTF-8 and had to be guessed at."""


def read_whole(blob: Blob, budget: Budget, limit: int) -> bytes:
    """Return all bytes of `blob`.

    Raises:
        BudgetError: there are more than `limit`, or than the budget has left.
        ReadError: the blob ends early.
    """
    if blob.size > limit:
        raise BudgetError(f"is {blob.size:,} bytes long; this format is read up to {limit:,} bytes")
    budget.take_bytes(blob.size)
    return read_exactly(blob, 0, blob.size, "the text")


def pieces(blob: Blob, budget: Budget) -> Iterator[bytes]:
    """Yield consecutive pieces of `blob`, as UTF-8 where it begins with a byte order mark, as far as the budget goes.

    Raises:
        ReadError: the blob ends early.
    """
    wide = blob.read_at(0, 2) in _UTF16
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    end = min(blob.size, budget.bytes)
    for start in range(0, end, _PIECE):
        length = min(_PIECE, end - start)
        budget.take_bytes(length)
        piece = read_exactly(blob, start, length, "the text")
        if wide:
            piece = decoder.decode(piece, final=start + length == end).encode()
        yield piece.removeprefix(codecs.BOM_UTF8) if start == 0 else piece


def decode(data: bytes) -> Text:
    """Return UTF-8 text, or UTF-16 where a byte order mark says so.

    Raises:
        ReadError: the bytes are neither.
    """
    encoding = "utf-16" if data.startswith(_UTF16) else "utf-8-sig"
    try:
        return Text(data.decode(encoding))
    except UnicodeDecodeError as error:
        name = "UTF-16" if encoding == "utf-16" else "UTF-8"
        raise ReadError(f"is not {name} text", offset=error.start, hint="Save the file as UTF-8.") from None


def decode_leniently(data: bytes) -> Text:
    """Return text as `decode` does, and as Latin-1, with a problem, where that fails."""
    try:
        return decode(data)
    except ReadError as error:
        return Text(data.decode("latin-1"), Problem("not-utf-8", str(error), error.offset))


def problem_of(error: ReadError) -> Problem:
    """Return why a reader had to stop, as a problem."""
    return Problem("over-budget" if isinstance(error, BudgetError) else "malformed", str(error), error.offset)


def charge(budget: Budget, facts: dict[str, JSON]) -> None:
    """Spend what keeping `facts` costs.

    Raises:
        BudgetError: less is left.
    """
    budget.take_facts(len(canonical_json(facts)))


def observed(
    reader: tuple[str, int],
    facts: dict[str, JSON],
    text: bytes | str,
    problems: list[Problem],
    *,
    complete: bool = True,
) -> Observation:
    """Return the observation of a `reader` (format and version) who saw `facts` in `text`, with its secrets.

    A secret that was found stands nowhere in the observation.
    """
    format_, version = reader
    secrets = find_secrets(text if isinstance(text, bytes) else text.encode())
    return Observation(
        format=format_,
        reader=f"{format_}/{version}",
        complete=complete,
        facts={**secrets.hide(facts), "secrets": secrets.to_json()},
        problems=tuple(problems),
    )

"""JSON lines: how many, whether each is JSON, and what the first object looks like."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.observation import Observation, Problem
from assay.artifact.text.documents import clean, prune
from assay.artifact.text.json_document import parse_value
from assay.artifact.text.secrets import SecretScanner
from assay.artifact.text.textual import charge, decode, pieces, problem_of
from assay.canonical import JSON
from assay.errors import BudgetError, ReadError

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "jsonl"
VERSION = 2

_LINE = 16 * 1024 * 1024
_LINE_COST = 12  # items: a short line takes as long as that many values
_KEYS = 256


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:  # noqa: ARG001 (a Reader's form)
    """Return `lines` (blank ones are not counted), `objects`, `keys` and `first`.

    A line that is no JSON is a problem; the reader goes on behind it. Incomplete beyond the budget's bytes or
    items, and behind a line of more than 16 MiB.

    Raises:
        ReadError: the blob ends early.
    """
    lines = _Lines(budget)
    scanner = SecretScanner()
    if blob.size > budget.bytes:
        lines.stop = Problem("over-budget", f"was read for {budget.bytes:,} of {blob.size:,} bytes only")
    for line in _split(_watched(pieces(blob, budget), scanner), whole=lines.stop is None):
        if not lines.take(line):
            break
    scanner.close()
    problems = lines.problems + ([lines.stop] if lines.stop else [])
    facts = lines.facts()
    charge(budget, facts)
    facts = {**scanner.hide(facts), "secrets": scanner.to_json()}
    return Observation(FORMAT, f"{FORMAT}/{VERSION}", lines.stop is None, facts, tuple(problems))


class _Lines:
    """Counts lines and keeps the first object."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.problems: list[Problem] = []
        self.stop: Problem | None = None
        self.number = self.lines = self.objects = 0
        self.first: JSON = None

    def take(self, line: bytes | None) -> bool:
        """Look at one line, None for one that is too long; return False when no more can be read."""
        self.number += 1
        if line is None:
            self.stop = Problem("over-budget", f"line {self.number:,} is longer than {_LINE:,} bytes")
            return False
        if not line.strip():
            return True
        self.lines += 1
        try:
            self.budget.take_items(_LINE_COST)
            value = parse_value(decode(line).text, self.budget)
        except BudgetError as error:
            self.stop = problem_of(error)
            return False
        except ReadError:
            if not self.problems:
                self.problems.append(Problem("malformed-line", f"line {self.number:,} is not valid JSON"))
            return True
        if isinstance(value, dict):
            self.objects += 1
            if self.first is None:
                self.first = value
        return True

    def facts(self) -> dict[str, JSON]:
        keys = sorted({clean(key[:200]) for key in self.first or {}})
        return {
            "lines": self.lines,
            "objects": self.objects,
            "keys": keys[:_KEYS],
            "first": prune(self.first).value,
        }


def _watched(source: Iterator[bytes], scanner: SecretScanner) -> Iterator[bytes]:
    for piece in source:
        scanner.feed(piece)
        yield piece


def _split(source: Iterator[bytes], *, whole: bool) -> Iterator[bytes | None]:
    """Yield the lines of consecutive pieces, the last only when the pieces are the `whole` of the text.

    None, and nothing after it, stands for a line beyond the limit.
    """
    rest: list[bytes] = []
    held = 0
    for piece in source:
        first, *others = piece.split(b"\n")
        rest.append(first)
        held += len(first)
        if held > _LINE:
            yield None
            return
        if others:
            yield b"".join(rest)
            yield from others[:-1]
            rest, held = [others[-1]], len(others[-1])
    if whole:
        yield b"".join(rest)

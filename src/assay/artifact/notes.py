"""What a binary reader gathers while it reads: problems, each once said, and whether it got to the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from assay.artifact import readers
from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.observation import Observation, Problem
from assay.canonical import JSON
from assay.errors import BudgetError, ReadError

__all__ = ["Notes", "fact_number"]

_MOST_PROBLEMS = 100
_LARGEST = 2**53


def fact_number(value: int) -> int | str:
    """Return `value` as JSON carries it: an int, or at most 80 digits as text."""
    return value if abs(value) < _LARGEST else (str(value) if abs(value) < 10**79 else "more than 79 digits")


@dataclass(slots=True)
class Notes:
    """Problems and members of one blob."""

    format: str
    version: int
    budget: Budget
    depth: int = 0
    complete: bool = True
    problems: list[Problem] = field(default_factory=list)
    members: list[tuple[str, Observation]] = field(default_factory=list)

    def problem(self, code: str, message: str, offset: int | None = None) -> None:
        """Note something that is not as the format says; all further ones of a file that has many change nothing."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(Problem(code, message, offset if offset is None or offset < _LARGEST else None))

    def stop(self, code: str, message: str, offset: int | None = None) -> None:
        """Note a problem because of which not everything was seen."""
        self.complete = False
        self.problems = self.problems[: _MOST_PROBLEMS - 1]
        self.problem(code, message, offset)

    @contextmanager
    def until_broken(self) -> Iterator[None]:
        """Run a part of a reader; where that cannot go on, say so: code `budget`, or `malformed`."""
        try:
            yield
        except BudgetError as error:
            self.stop("budget", str(error), error.offset)
        except ReadError as error:
            self.stop("malformed", str(error), error.offset)

    def member(self, name: str, blob: Blob) -> None:
        """Read what lies inside as a file of its own, one level deeper.

        Raises:
            BudgetError: it is one member too many.
        """
        self.budget.take_items(readers.MEMBER_COST)
        reading = readers.read_blob(blob, self.budget, path=name, depth=self.depth + 1)
        if reading.observation is not None:
            self.budget.take_facts(len(name) + 32)
            self.members.append((name, reading.observation))
        elif reading.reason is not None:
            self.stop("member-unread", f"{name!r}: {reading.reason}")

    def observation(self, facts: dict[str, JSON]) -> Observation:
        """Return all that was gathered, with `facts`."""
        reader = f"{self.format}/{self.version}"
        return Observation(self.format, reader, self.complete, facts, tuple(self.problems), tuple(self.members))

"""What one look at a source gave: the unsigned statement, what to store; and what is remembered of an earlier look."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from assay.artifact.observation import Known, Observation
from assay.canonical import JSON
from assay.statements.statement import Statement

__all__ = ["Assessment", "Remembered"]


class Remembered(NamedTuple):
    """What is stored of a revision that was judged before, by which it can be judged again without its bytes."""

    name: str
    """For errors."""
    git_commit: str | None
    earlier: dict[str, JSON]
    """What an assessment of the same files says: `readers`, `files`, `not_judged`."""
    known: Known
    """The observations that `observations_needed` names."""


class Assessment(NamedTuple):
    """The outcome of `assess`, wherever it ran."""

    statement: bytes
    """The unsigned in-toto Statement, canonical: same bytes, same versions, same rules, same statement."""
    fresh: Mapping[str, Observation] = MappingProxyType({})
    """Observations worth storing, by `observation_key`."""
    isolation: str = "not isolated"
    """How the process that read the source was confined; no part of the statement."""
    parsed: Statement | None = None
    """The statement as it was read when its shape was checked; None where nobody did."""

    @property
    def predicate(self) -> dict[str, JSON]:
        """The assessment itself."""
        return (self.parsed or Statement.parse(self.statement)).predicate

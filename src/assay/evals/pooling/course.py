"""What a round needs next: another run, that all reveal what they committed to, or nothing, because it is over.

A round begins with one run and one by lot. While it is not clear who is right, one more is drawn, until as many
independent runs agree with some result as dispute it, and one more. Nothing is public before that: whoever is drawn
late could not have copied either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from assay.evals.reproduction import Kind

__all__ = ["MOST_RUNS", "Outcome", "Standing", "Step", "Stood", "next_step", "stood"]

MOST_RUNS = 8
"""After so many runs the round is over, disputed: it is what a majority takes against three that are each faulty."""


class Standing(StrEnum):
    """How far one runner got."""

    HELD = "held"
    """It has a lease and has not committed."""
    COMMITTED = "committed"
    REVEALED = "revealed"


class Outcome(StrEnum):
    """What came of a round."""

    AGREED = "agreed"
    DISPUTED = "disputed"
    UNCONFIRMED = "unconfirmed"
    """Nobody could be drawn to run it again."""


class Step(NamedTuple):
    """What is to be done now; nothing of it: wait for those who have a lease."""

    part: str | None = None
    """Which part somebody is to be drawn for."""
    reveal: bool = False
    """Whether all who committed may reveal."""
    over: Outcome | None = None


class Stood(NamedTuple):
    """How many runs of others agree with one, and how many dispute it."""

    agree: int
    dispute: int

    @property
    def upheld(self) -> bool:
        """Whether more agree than dispute."""
        return self.agree > self.dispute

    @property
    def faulty(self) -> bool:
        """Whether it stands alone against two more than stand with it."""
        return self.dispute >= self.agree + 2


def next_step(
    standings: Sequence[Standing],
    kinds: Mapping[tuple[int, int], Kind],
    *,
    settled: bool = False,
    may_draw: bool = True,
) -> Step:
    """Return what is to be done in a round whose parts stand like this, the first run first, lost ones left out.

    `kinds` says how each two that were revealed compare, by their places; `settled` that somebody was drawn already to
    settle what differs. Without `may_draw` nobody is left to draw, or it took too long to find somebody.
    """
    if not standings:
        return Step("run")
    if Standing.HELD in standings:
        return Step()
    if len(standings) == 1 and may_draw:
        return Step("rerun")
    if Standing.COMMITTED in standings:
        return Step(reveal=True)
    if len(standings) == 1:
        return Step(over=Outcome.UNCONFIRMED)
    upheld = [place for place, one in enumerate(stood(len(standings), kinds)) if one.upheld]
    more = may_draw and len(standings) < MOST_RUNS
    if not upheld:
        return Step("rerun") if more else Step(over=Outcome.DISPUTED)
    among = {kind for pair, kind in kinds.items() if set(pair) <= set(upheld)}
    if Kind.ITEM_LEVEL in among and Kind.EXACT not in among and not settled and more:
        return Step("settle")
    return Step(over=Outcome.AGREED)


def stood(runs: int, kinds: Mapping[tuple[int, int], Kind]) -> list[Stood]:
    """Return how each of so many runs stands among the others."""
    found = []
    for place in range(runs):
        own = [kind for pair, kind in kinds.items() if place in pair]
        found.append(Stood(sum(kind.agrees for kind in own), own.count(Kind.DISPUTED)))
    return found

"""Whose request is run next: who received least comes first, and nobody waits longer than the floor lets them.

Two orders. Usually the member who received least comes first, with their oldest request. But a request that has waited
for the floor is overdue, and overdue ones go before all others: each member's oldest, in order of the time since which
that member waits overdue and unserved. So a member with nothing to give is served all the same, and neither one with a
thousand requests nor a thousand new members hold up those who wait already: a member's oldest request, once overdue,
begins within m turns, where m is how many members wait overdue at that time, whoever comes later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from assay.evals.pooling.ledger import Entry, owed

__all__ = ["FLOOR", "Forecast", "Request", "forecast", "next_request"]

FLOOR = 48.0
"""Hours after which a request is overdue."""


class Request(NamedTuple):
    """Somebody asks for an evaluation."""

    id: str
    member: str
    asked: float
    """Hours since any fixed time."""
    hours: float
    """How long it is expected to take."""


class Forecast(NamedTuple):
    """When a request is expected to begin."""

    request: Request
    turns: int
    """How many come before."""
    begins: float
    """In hours, on the same clock."""


def next_request(
    waiting: Iterable[Request],
    entries: Sequence[Entry],
    served: Mapping[str, float],
    now: float,
    *,
    floor: float = FLOOR,
) -> Request | None:
    """Return the request to run next; None when none waits.

    `entries` is the ledger, with an entry for each lease that is running, of the hours expected. `served` says for each
    member when a request of theirs was last begun.
    """
    oldest: dict[str, Request] = {}
    for one in sorted(waiting, key=lambda one: (one.asked, one.id)):
        oldest.setdefault(one.member, one)
    balance = owed(entries, now)

    def order(one: Request) -> tuple[bool, float, float, float, str]:
        last = served.get(one.member, float("-inf"))
        overdue = now - one.asked >= floor
        first = max(one.asked + floor, last) if overdue else balance.get(one.member, 0.0)
        return not overdue, first, last, one.asked, one.id

    return min(oldest.values(), key=order, default=None)


def forecast(
    waiting: Iterable[Request],
    entries: Sequence[Entry],
    served: Mapping[str, float],
    now: float,
    *,
    runners: int = 1,
    floor: float = FLOOR,
) -> tuple[Forecast, ...]:
    """Return when each request is expected to begin if nobody asks for more, in order of turns.

    Raises:
        ValueError: there is no runner.
    """
    if runners < 1:
        raise ValueError("without a runner nothing ever begins")
    left, pending, last = list(waiting), list(entries), dict(served)
    free = [now] * runners
    found: list[Forecast] = []
    while left:
        begins = min(free)
        one = next_request(left, pending, last, begins, floor=floor)
        assert one is not None
        found.append(Forecast(one, len(found), begins))
        left.remove(one)
        last[one.member] = begins
        pending.append(Entry(begins, "", one.member, one.hours))
        free[free.index(begins)] = begins + one.hours
    return tuple(found)

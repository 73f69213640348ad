"""Hours of compute given and received, entry by entry; balances are computed, never stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["HALF_LIFE", "Account", "Entry", "accounts", "owed"]

HALF_LIFE = 30 * 24.0
"""Hours after which an entry weighs half: who used much last year is not held back this year."""


class Entry(NamedTuple):
    """One run that was taken in: who ran it, for whom, and how long it took."""

    at: float
    """Hours since any fixed time."""
    giver: str
    receiver: str
    hours: float


class Account(NamedTuple):
    """What one member gave and received, in hours."""

    given: float = 0.0
    received: float = 0.0
    last_received: float | None = None
    """When a run for them was last taken in."""


def accounts(entries: Iterable[Entry]) -> dict[str, Account]:
    """Return each member's account; what members ran for themselves counts on both sides, and so not at all.

    The sums of hours given and received over all members are equal.
    """
    found: dict[str, Account] = defaultdict(Account)
    for entry in entries:
        giver = found[entry.giver]
        found[entry.giver] = giver._replace(given=giver.given + entry.hours)
        receiver = found[entry.receiver]
        last = entry.at if receiver.last_received is None else max(receiver.last_received, entry.at)
        found[entry.receiver] = receiver._replace(received=receiver.received + entry.hours, last_received=last)
    return dict(found)


def owed(entries: Iterable[Entry], now: float, half_life: float = HALF_LIFE) -> dict[str, float]:
    """Return by how many hours each member received more than they gave, older entries weighing less."""
    found: dict[str, float] = defaultdict(float)
    for entry in entries:
        weight = 0.5 ** (max(now - entry.at, 0.0) / half_life) * entry.hours
        found[entry.giver] -= weight
        found[entry.receiver] += weight
    return dict(found)

"""Shares of outcomes with their intervals, and how two of them differ."""

from __future__ import annotations

from decimal import Decimal, localcontext
from math import comb
from typing import NamedTuple

from assay.canonical import JSON
from assay.evals.statistics import Bounds, Interval, share, wilson, wilson_bounds
from assay.evals.statistics.intervals import p_text, rounded
from assay.evals.statistics.special import WORK

__all__ = ["LEVEL", "Comparison", "Rate", "fisher", "percent", "seed_difference"]

LEVEL = "0.95"


class Rate(NamedTuple):
    """So many among so many."""

    hits: int
    n: int

    @property
    def interval(self) -> Interval | None:
        """Wilson's interval; None when there is nothing to count among."""
        return wilson(self.hits, self.n, LEVEL) if self.n else None

    @property
    def low(self) -> Decimal:
        """The lowest share that the count allows for; 0 when there is nothing to count among."""
        return self.interval.low if self.interval else Decimal(0)

    @property
    def high(self) -> Decimal:
        """The highest share that the count allows for; 1 when there is nothing to count among."""
        return self.interval.high if self.interval else Decimal(1)

    def to_json(self) -> dict[str, JSON]:
        """Return the rate as a JSON object of decimal strings."""
        return {
            "hits": self.hits,
            "n": self.n,
            "value": str(share(self.hits, self.n)) if self.n else None,
            "ci": self.interval.to_json() if self.interval else None,
        }


class Comparison(NamedTuple):
    """How two failure rates of one probe differ."""

    probe: str
    of: str
    value: Decimal
    bounds: Bounds | None
    p: Decimal
    method: str

    def to_json(self, adjusted: Decimal) -> dict[str, JSON]:
        """Return the comparison as a JSON object of decimal strings, with its p-value after Holm."""
        bounds = self.bounds and {"low": str(rounded(self.bounds.low)), "high": str(rounded(self.bounds.high))}
        return {
            "probe": self.probe, "of": self.of, "difference": str(rounded(self.value)),
            "ci": bounds and {**bounds, "level": LEVEL, "method": self.method},
            "p": p_text(self.p), "p_holm": p_text(adjusted),
        }  # fmt: skip


def seed_difference(probe: str, first: Rate, fresh: Rate) -> Comparison | None:
    """Return how much more often fresh items of the same generator fail; None when one rate is of nothing.

    The interval is that of Newcombe 1998 (method 10), the p-value that of Fisher's exact test. A model that fails
    less on published items than on fresh ones has met the former before.
    """
    if not first.n or not fresh.n:
        return None
    with localcontext(WORK):
        one, two = (Decimal(rate.hits) / rate.n for rate in (fresh, first))
        (low_1, high_1), (low_2, high_2) = (wilson_bounds(rate.hits, rate.n, LEVEL) for rate in (fresh, first))
        below = ((one - low_1) ** 2 + (high_2 - two) ** 2).sqrt()
        above = ((high_1 - one) ** 2 + (two - low_2) ** 2).sqrt()
        bounds = Bounds(one - two - below, one - two + above)
    return Comparison(probe, "fresh seed - first seed", one - two, bounds, fisher(first, fresh), "newcombe")


def fisher(first: Rate, second: Rate) -> Decimal:
    """Return the two-sided p-value of Fisher's exact test that two rates are the same."""
    hits, whole = first.hits + second.hits, first.n + second.n
    ways = [
        comb(first.n, here) * comb(second.n, hits - here)
        for here in range(max(0, hits - second.n), min(hits, first.n) + 1)
    ]
    seen = comb(first.n, first.hits) * comb(second.n, second.hits)
    with localcontext(WORK):
        return Decimal(sum(way for way in ways if way <= seen)) / comb(whole, hits)


def percent(share_of_one: Decimal) -> str:
    """Return a share as people read it: `2.5 %`."""
    return f"{share_of_one * 100:.1f} %"

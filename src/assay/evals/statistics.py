"""Intervals for shares, exact in decimal, so that every machine writes the same digits."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import NamedTuple

from assay.canonical import JSON
from assay.errors import EvaluationError

__all__ = ["LEVELS", "Interval", "share", "wilson"]

LEVELS = {"0.90": Decimal("1.644853626951472715"), "0.95": Decimal("1.959963984540054236"),
          "0.99": Decimal("2.575829303548900761")}  # fmt: skip
"""Two-sided levels and the quantile of the normal distribution that belongs to each."""

_PLACES = Decimal("0.000001")


class Interval(NamedTuple):
    """Where the true value lies, as far as the samples tell."""

    low: Decimal
    high: Decimal
    level: str
    method: str

    def to_json(self) -> dict[str, JSON]:
        """Return the interval as a JSON object of decimal strings."""
        return {"low": str(self.low), "high": str(self.high), "level": self.level, "method": self.method}


def wilson(hits: int, n: int, level: str = "0.95") -> Interval:
    """Return the Wilson score interval of `hits` among `n`, rounded to six places.

    It never has width zero: no failure among 20 samples still allows for up to 16 % (Wilson 1927).

    Raises:
        EvaluationError: there are no samples, more hits than samples, or the level is not one of `LEVELS`.
    """
    if not 0 <= hits <= n or n == 0:
        raise EvaluationError(f"{hits} of {n} samples is no share", hint="Score at least one sample.")
    if level not in LEVELS:
        raise EvaluationError(f"no interval of level {level!r}", hint=f"Use one of {', '.join(LEVELS)}.")
    with localcontext() as context:
        context.prec = 40
        z2 = LEVELS[level] ** 2
        # Counts rather than shares: at 0 and n the square root then cancels exactly, and the bound is 0 or 1.
        middle = hits + z2 / 2
        spread = (z2 * hits * (n - hits) / n + z2 * z2 / 4).sqrt()
        low = Decimal(0) if hits == 0 else (middle - spread) / (n + z2)
        high = Decimal(1) if hits == n else (middle + spread) / (n + z2)
        return Interval(_rounded(low), _rounded(high), level, "wilson")


def share(hits: int, n: int) -> Decimal:
    """Return `hits / n`, rounded to six places.

    Raises:
        EvaluationError: there are no samples.
    """
    if n <= 0:
        raise EvaluationError("no sample was scored, so there is no share")
    with localcontext() as context:
        context.prec = 40
        return _rounded(Decimal(hits) / n)


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_PLACES, ROUND_HALF_EVEN)

"""Choices that follow from a seed alone: the same on every machine and in every version of Python."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

__all__ = ["Draw"]

_T = TypeVar("_T")
_STARTS = ("b", "br", "d", "dr", "f", "fl", "g", "gr", "k", "kl", "l", "m", "n", "p", "pr", "r", "t", "tr", "v", "z")
_VOWELS = "aeiou"
_ENDS = ("l", "m", "n", "r", "s", "t", "x", "nt", "rk", "st")
_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without those that look like others: I, O, 0 and 1."""


class Draw:
    """A stream of choices: SHA-256 of the seed, a path that names what is drawn, and a running number."""

    def __init__(self, seed: int, *path: str | int) -> None:
        self._key = "/".join(map(str, (seed, *path)))
        self._drawn = 0

    def below(self, limit: int) -> int:
        """Return a number from 0 to below `limit`, which is far below 2**256: none is likelier."""
        found = hashlib.sha256(f"{self._key}/{self._drawn}".encode()).digest()
        self._drawn += 1
        return int.from_bytes(found, "big") % limit

    def number(self, low: int, high: int) -> int:
        """Return a number from `low` to `high`."""
        return low + self.below(high - low + 1)

    def of(self, choices: Sequence[_T]) -> _T:
        """Return one of `choices`."""
        return choices[self.below(len(choices))]

    def two(self, choices: Sequence[_T]) -> tuple[_T, _T]:
        """Return two different ones of `choices`."""
        first = self.below(len(choices))
        second = (first + 1 + self.below(len(choices) - 1)) % len(choices)
        return choices[first], choices[second]

    def word(self, syllables: int = 2) -> str:
        """Return a word that can be spoken and means nothing, in lower case."""
        return "".join(self.of(_STARTS) + self.of(_VOWELS) for _ in range(syllables)) + self.of(_ENDS)

    def code(self, length: int) -> str:
        """Return `length` capitals and digits."""
        return "".join(self.of(_SIGNS) for _ in range(length))

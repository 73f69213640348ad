"""Parsed JSON and YAML made fit to keep: numbers that mean the same everywhere, and only so much of them."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from assay.canonical import JSON

__all__ = ["Pruned", "clean", "float_fact", "int_fact", "map_strings", "prune"]

_DEPTH = 8
_ARRAY = 256
_STRING = 4000
_TOTAL = 256 * 1024
_DIGITS = 80
_MAX_INT = 2**53 - 1
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Pruned(NamedTuple):
    """What is kept of a document."""

    value: JSON
    pruned: bool
    """True when something was left out or shortened."""


def clean(text: str) -> str:
    """Return `text` with lone surrogates, which UTF-8 cannot carry, replaced by U+FFFD."""
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)


def int_fact(digits: str, base: int = 10) -> int | str:
    """Return a written integer as an int, or as a string of at most 80 characters where JSON cannot carry it."""
    if len(digits) > _DIGITS:
        return digits[:_DIGITS]
    value = int(digits, base)
    return value if abs(value) <= _MAX_INT else str(value)


def float_fact(number: str) -> str:
    """Return a written float as the shortest decimal string that means the same, `1e-05` for `0.00001`."""
    value = float(number[:_STRING])
    return repr(value) if math.isfinite(value) else number[:_DIGITS]


def map_strings(value: JSON, change: Callable[[str], str]) -> JSON:
    """Return `value` with `change` applied to each string and key; nested no deeper than kept facts are."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [map_strings(item, change) for item in value]
    if isinstance(value, dict):
        return {change(key): map_strings(item, change) for key, item in value.items()}
    return value


def prune(document: JSON) -> Pruned:
    """Keep the outer levels of `document`: at most 8 deep, 256 items an array, 4000 characters a string, 256 KiB.

    Level by level, so that what stands outermost is lost last. Containers may be shared or contain themselves,
    as YAML aliases make them. A container that stands too deep becomes null.
    """
    pruner = _Pruner()
    return Pruned(pruner.run(document), pruner.pruned)


class _Pruner:
    def __init__(self) -> None:
        self.left = _TOTAL
        self.pruned = False
        self.waiting: deque[tuple[JSON, JSON, int]] = deque()

    def run(self, document: JSON) -> JSON:
        root = self._keep(document, 1)
        while self.waiting:
            source, kept, depth = self.waiting.popleft()
            if isinstance(source, dict):
                self._fill_object(source, kept, depth)
            else:
                self._fill_array(source, kept, depth)
        return root

    def _fill_object(self, source: dict[str, JSON], kept: dict[str, JSON], depth: int) -> None:
        for key, value in source.items():
            if not self._afford(key, value):
                return
            kept[self._string(key)] = self._keep(value, depth + 1)

    def _fill_array(self, source: list[JSON], kept: list[JSON], depth: int) -> None:
        self.pruned |= len(source) > _ARRAY
        for value in source[:_ARRAY]:
            if not self._afford(value):
                return
            kept.append(self._keep(value, depth + 1))

    def _afford(self, *values: JSON) -> bool:
        cost = sum(map(_cost, values))
        if cost > self.left:
            self.pruned = True
            return False
        self.left -= cost
        return True

    def _keep(self, value: JSON, depth: int) -> JSON:
        if isinstance(value, str):
            return self._string(value)
        if not isinstance(value, dict | list):
            return value
        if depth > _DEPTH:
            self.pruned = True
            return None
        kept: JSON = {} if isinstance(value, dict) else []
        self.waiting.append((value, kept, depth))
        return kept

    def _string(self, text: str) -> str:
        self.pruned |= len(text) > _STRING
        return clean(text[:_STRING])


def _cost(value: JSON) -> int:
    if isinstance(value, str):
        text = value[:_STRING]
        return 3 + (len(text) if text.isascii() else len(text.encode("utf-8", "replace")))
    return 3 if isinstance(value, dict | list) else 1 + len(str(value))

"""JSON text to a value without surprises: nesting and size bounded before parsing, no float, duplicate keys noted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from assay.artifact.budget import Budget
from assay.artifact.observation import Problem
from assay.artifact.text.documents import clean, float_fact, int_fact
from assay.canonical import JSON
from assay.errors import BudgetError, ReadError

__all__ = ["JsonDocument", "parse_json", "parse_value"]

# Far below what any Python parses without overflow, far above what people write: trees saved as JSON nest 60 deep.
_DEPTH = 200
_NAMED = 100
_MEMORY = 160 * 1024 * 1024
_PER_CONTAINER, _PER_KEY, _PER_VALUE = 88, 150, 64
"""Bytes that a list or object, a key with its slot, and another value take at most, about."""
_WINDOW = 1024 * 1024
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_WHOLE = re.compile(rb'(?:[^"]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)
_NO_STRUCTURE = bytes(set(range(256)) - set(b"[]{},:"))
_VALUES = json.JSONDecoder(parse_int=int_fact, parse_float=float_fact, parse_constant=str)
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class JsonDocument:
    """A parsed document. Numbers that are no small integers are decimal strings."""

    __slots__ = ("duplicate_keys", "non_finite", "value")

    def __init__(self) -> None:
        self.value: JSON = None
        self.duplicate_keys: list[str] = []
        """Keys that occur twice in one object, each once, at most 100; the last value was taken."""
        self.non_finite: set[str] = set()
        """Which of NaN, Infinity and -Infinity stand in it, though JSON has none of them."""

    def problems(self) -> list[Problem]:
        """Return what is wrong with the document although it can be read."""
        found = []
        if self.duplicate_keys:
            names = ", ".join(map(repr, self.duplicate_keys[:3]))
            found.append(Problem("duplicate-key", f"names keys twice in one object: {names}"))
        if self.non_finite:
            found.append(Problem("non-finite-number", f"holds {', '.join(sorted(self.non_finite))}, which is not JSON"))
        return found

    def pairs(self, pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
        """Make an object of `pairs` and note duplicate keys."""
        made = dict(pairs)
        if len(made) != len(pairs):
            seen = set()
            for key, _ in pairs:
                if key in seen:
                    self._duplicate(clean(key[:200]))
                seen.add(key)
        return made

    def _duplicate(self, key: str) -> None:
        if key not in self.duplicate_keys and len(self.duplicate_keys) < _NAMED:
            self.duplicate_keys.append(key)

    def constant(self, name: str) -> str:
        """Note a constant that is not JSON, and keep its name."""
        self.non_finite.add(name)
        return name


def parse_json(text: str, budget: Budget) -> JsonDocument:
    """Return the document in `text`, spending an item for each value.

    Raises:
        BudgetError: more values than the budget or 160 MiB of memory allow, or nested deeper than 200.
        ReadError: it is not JSON.
    """
    _measure(text, budget)
    document = JsonDocument()
    decoder = json.JSONDecoder(
        object_pairs_hook=document.pairs,
        parse_int=int_fact,
        parse_float=float_fact,
        parse_constant=document.constant,
    )
    try:
        document.value = decoder.decode(text)
    except json.JSONDecodeError as error:
        if not text.strip():
            raise ReadError("is empty, which is not JSON", offset=0) from None
        # Versions of Python disagree about where a stray comma is; the last thing before it is where they meet.
        sane = text[: error.pos].rstrip(", \t\r\n")
        line = sane.count("\n") + 1
        raise ReadError(f"is not valid JSON at or after line {line}", offset=len(sane.encode())) from None
    return document


def parse_value(text: str, budget: Budget) -> JSON:
    """Return the value in `text` as `parse_json` does, without looking for keys that stand twice: for many short texts.

    Raises:
        BudgetError: more values than the budget or 160 MiB of memory allow, or nested deeper than 200.
        ReadError: it is not JSON.
    """
    _measure(text, budget)
    try:
        return _VALUES.decode(text)
    except json.JSONDecodeError as error:
        raise ReadError("is not valid JSON", offset=error.pos) from None


def _measure(text: str, budget: Budget) -> None:
    """Spend an item for each value; refuse deep nesting and what takes much memory before a parser builds or climbs."""
    opened, keys, commas = text.count("[") + text.count("{"), text.count(":"), text.count(",")
    if opened + commas > budget.items or opened > _DEPTH or _memory(opened, keys, commas) > _MEMORY:
        opened, keys, commas = _exactly(text, budget)
    budget.take_items(opened + commas + 1)


def _memory(opened: int, keys: int, commas: int) -> int:
    return opened * _PER_CONTAINER + keys * _PER_KEY + max(0, commas - keys) * _PER_VALUE


def _exactly(text: str, budget: Budget) -> tuple[int, int, int]:
    """Return how many containers, keys and commas stand outside of texts.

    Raises:
        BudgetError: more than the budget allows, too deep, or too much for the memory.
    """
    opened = keys = commas = depth = 0
    for structure in _structure(text):
        opened += structure.count(b"[") + structure.count(b"{")
        keys += structure.count(b":")
        commas += structure.count(b",")
        if opened + commas > budget.items:
            raise BudgetError("holds more items than the limit allows")
        if _memory(opened, keys, commas) > _MEMORY:
            raise BudgetError("holds more values than the limit of memory allows")
        for step in map(_STEP.__getitem__, structure.translate(None, b",:")):
            depth += step
            if depth > _DEPTH:
                raise BudgetError(f"nests deeper than {_DEPTH} levels")
    return opened, keys, commas


def _structure(text: str) -> Iterator[bytes]:
    """Yield the brackets, commas and colons outside of texts, in pieces that take little room."""
    # As bytes, which take a quarter of the room that text with an emoji in it does.
    data = text.encode("utf-8", "surrogatepass")
    at = 0
    while at < len(data):
        whole = _WHOLE.match(data, at, at + _WINDOW)
        end = whole.end() if whole else at
        if end == at:  # a text longer than a window, or without an end
            text_ = _STRING.match(data, at)
            end = text_.end() if text_ else len(data)
        else:
            yield _STRING.sub(b"", data[at:end]).translate(None, _NO_STRUCTURE)
        at = end

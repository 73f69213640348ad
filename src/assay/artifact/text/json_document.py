"""JSON text to a value without surprises: nesting and size bounded before parsing, no float, duplicate keys noted."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from assay.artifact.budget import Budget
from assay.artifact.observation import Problem
from assay.artifact.text.documents import clean, float_fact, int_fact
from assay.canonical import JSON
from assay.errors import BudgetError, ReadError

__all__ = ["JsonDocument", "parse_json"]

# Far below what any Python parses without overflow, far above what people write: trees saved as JSON nest 60 deep.
_DEPTH = 200
_NAMED = 100
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NO_STRUCTURE = bytes(set(range(256)) - set(b"[]{},"))
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


@dataclass(slots=True)
class JsonDocument:
    """A parsed document. Numbers that are no small integers are decimal strings."""

    value: JSON = None
    duplicate_keys: list[str] = field(default_factory=list)
    """Keys that occur twice in one object, each once, at most 100; the last value was taken."""
    non_finite: set[str] = field(default_factory=set)
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
        BudgetError: more values than the budget allows, or nested deeper than 200.
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


def _measure(text: str, budget: Budget) -> None:
    """Spend an item for each value and refuse deep nesting, before a parser has to build or climb anything."""
    opened = text.count("[") + text.count("{")
    values = opened + text.count(",")
    if values > budget.items or opened > _DEPTH:
        # Exactly, then: as bytes, which take a quarter of the room that text with an emoji in it does.
        structure = _STRING.sub(b"", text.encode()).translate(None, _NO_STRUCTURE)
        values = len(structure) - structure.count(b"]") - structure.count(b"}")
        if _deepest(structure) > _DEPTH:
            raise BudgetError(f"nests deeper than {_DEPTH} levels")
    budget.take_items(values + 1)


def _deepest(structure: bytes) -> int:
    deepest = depth = 0
    for step in map(_STEP.get, structure.translate(None, b",")):
        depth += step or 0
        deepest = max(depth, deepest)
    return deepest

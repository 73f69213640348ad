"""What licences bind to, as elements of a lattice: joined in any order and any number of times, the same comes out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from assay.canonical import JSON
from assay.openness import is_open, reach

__all__ = ["CAPS", "NOTHING", "RESTRICTIVE", "Bound", "Cap", "Flag", "Value", "bound_by", "of_outputs"]

RESTRICTIVE: Mapping[str, bool] = MappingProxyType(
    {
        "open": False,
        "osi_approved": False,
        "osaid_compatible": False,
        "non_commercial": True,
        "use_restrictions": True,
        "user_capped": True,
        "revenue_capped": True,
        "naming_required": True,
        "output_training_limited": True,
        "geo_excluded": True,
    }
)
"""Each flag and the value that restricts: one party with that value is enough, whatever the others say."""

CAPS = MappingProxyType({"user_cap": "user_capped", "revenue_cap": "revenue_capped"})
"""Each limit and the flag that says whether there is one."""

_AMOUNT = re.compile(r"\d{1,3}(?:,\d{3})+|\d+")
_MAX = 2**53 - 1
_MOST = 16
"""Parties that are named for one term; of more, the first by name."""
_NAMING = frozenset({"open", "osi_approved", "osaid_compatible", "naming_required"})
"""What restricts where only the duty to show a name comes along."""

Value = bool | int


class Flag(NamedTuple):
    """How far one flag restricts."""

    rank: int
    """0 not at all, 1 nobody knows, 2 it does."""
    who: tuple[str, ...]
    """The parties that make it so, sorted; none for rank 0."""


class Cap(NamedTuple):
    """The lowest limit that parties name."""

    lowest: int | None
    who: tuple[str, ...]
    silent: tuple[str, ...]
    """Parties that may have a limit and name none."""


class Bound(NamedTuple):
    """Everything that binds, whoever it comes from."""

    flags: tuple[Flag, ...]
    """In the order of `RESTRICTIVE`."""
    caps: tuple[Cap, ...]
    """In the order of `CAPS`."""
    unresolved: tuple[str, ...]
    """Parties whose licence is not known, or not clear."""
    territories: tuple[str, ...]
    """Where somebody grants nothing: what is left is the intersection of where each does."""

    def joined(self, other: Bound) -> Bound:
        """Return the least that is at least as strict as both."""
        if other is NOTHING or other is self:
            return self
        if self is NOTHING:
            return other
        return Bound(
            tuple(map(_stricter, self.flags, other.flags)),
            tuple(map(_lower, self.caps, other.caps)),
            _union(self.unresolved, other.unresolved),
            self.territories
            if self.territories == other.territories
            else tuple(sorted({*self.territories, *other.territories})),
        )


_FREE = Flag(0, ())
NOTHING = Bound((_FREE,) * len(RESTRICTIVE), (Cap(None, (), ()),) * len(CAPS), (), ())
"""What binds nobody."""


def bound_by(name: str, licence: JSON) -> Bound:
    """Return what the licence of the party `name` binds to; one that is not known leaves everything open."""
    values = _values(licence)
    who = (name,)
    flags = tuple(
        Flag(1, who) if term not in values else Flag(2, who) if values[term] is restrictive else _FREE
        for term, restrictive in RESTRICTIVE.items()
    )
    caps = tuple(_cap(who, values, term, flag) for term, flag in CAPS.items())
    listed = licence.get("territories") if isinstance(licence, dict) else None
    places = [item for item in listed if isinstance(item, str)] if isinstance(listed, list) else []
    return Bound(flags, caps, () if "open" in values else who, tuple(sorted(set(places))))


def of_outputs(name: str, licence: JSON, whole: Bound | None = None) -> Bound:
    """Return what binds a model that was trained on what a model under `licence` says.

    `whole` is what `bound_by` said of the same licence, where that is at hand.
    """
    reached = reach(licence, "distillation")
    if reached == "nothing":
        return NOTHING
    whole = bound_by(name, licence) if whole is None else whole
    if reached == "all":
        return whole
    flags = (Flag(2, (name,)) if term in _NAMING else _FREE for term in RESTRICTIVE)
    return NOTHING._replace(flags=tuple(flags), unresolved=whole.unresolved)


def _cap(who: tuple[str, ...], values: Mapping[str, Value], term: str, flag: str) -> Cap:
    if term in values:
        return Cap(values[term], who, ())
    return Cap(None, (), () if values.get(flag) is False else who)


def _stricter(one: Flag, other: Flag) -> Flag:
    if one.rank != other.rank:
        return one if one.rank > other.rank else other
    return one if one.who == other.who else Flag(one.rank, _union(one.who, other.who))


def _lower(one: Cap, other: Cap) -> Cap:
    if one == other:
        return one
    silent = _union(one.silent, other.silent)
    if one.lowest == other.lowest:
        return Cap(one.lowest, _union(one.who, other.who), silent)
    least = min((cap for cap in (one, other) if cap.lowest is not None), key=lambda cap: cap.lowest or 0)
    return Cap(least.lowest, least.who, silent)


def _union(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    if not other or one == other:
        return one
    return _sorted(one, other) if one else other


@lru_cache(maxsize=4096)
def _sorted(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Of two groups of parties, the flags of one licence mostly ask the same again and again."""
    return tuple(sorted({*one, *other})[:_MOST])


def _values(licence: JSON) -> dict[str, Value]:
    """Normalise one licence to known terms; what is missing or of the wrong type is left out."""
    if not isinstance(licence, dict):
        return {}
    found: dict[str, Value] = {}
    opened = is_open(licence)
    if opened is not None:
        found["open"] = opened
    for name in ("osi_approved", "osaid_compatible", "non_commercial", "use_restrictions"):
        if isinstance(licence.get(name), bool):
            found[name] = licence[name]
    for source, name in _CLAUSES.items():
        clause = _clause(licence, source)
        if clause is not None:
            found[name] = clause
    for name, flag in CAPS.items():
        amount = _amount(licence.get(name)) if found.get(flag) else None
        if amount is not None:
            found[name] = amount
    return found


_CLAUSES = MappingProxyType(
    {
        "user_cap": "user_capped",
        "revenue_cap": "revenue_capped",
        "naming_or_branding": "naming_required",
        "output_training_limit": "output_training_limited",
        "geo_exclusion": "geo_excluded",
    }
)


def _clause(licence: dict[str, JSON], name: str) -> bool | None:
    """Tell whether the licence has a clause: null or "none" says it has not, an absent key that nobody knows."""
    if name not in licence:
        return None
    value = licence[name]
    if value is None or value == "none" or value is False:
        return False
    if isinstance(value, str) and value.startswith("allowed"):
        return False  # With a duty to show a name, which is a term of its own.
    return True if isinstance(value, str | int) else None


def _amount(value: JSON) -> int | None:
    """Return a cap as a number; of a text, the lowest amount that it names."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value <= _MAX else None
    if not isinstance(value, str):
        return None
    amounts = [int(found.replace(",", "")) for found in _AMOUNT.findall(value[:1000])]
    return min((amount for amount in amounts if amount <= _MAX), default=None)

"""Terms that bind whoever uses a revision: its own joined with what its parents pass on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from assay.canonical import JSON
from assay.lineage.parents import Parent

__all__ = ["OWN", "RESTRICTIVE", "Term", "Terms", "terms"]

OWN = "its own licence"
"""How the revision's own licence is named where a parent could stand instead."""

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

_CAPS = MappingProxyType({"user_cap": "user_capped", "revenue_cap": "revenue_capped"})
_OPENNESS = MappingProxyType(
    {"open": True, "open-content": True, "open-data": True, "branding-restricted": False, "restricted": False,
     "use-restricted": False, "unlicensed": False}
)  # fmt: skip
_AMOUNT = re.compile(r"\d{1,3}(?:,\d{3})+|\d+")
_MAX = 2**53 - 1

Value = bool | int


@dataclass(frozen=True, slots=True)
class Term:
    """One effective term and who decides it."""

    name: str
    value: Value | None
    """None when it cannot be known. Caps count users, or US dollars of revenue a year."""
    decided_by: tuple[str, ...] = ()
    """Parties whose licence makes it so, or whose silence leaves it open; empty when all agree."""


@dataclass(frozen=True, slots=True)
class Terms:
    """All effective terms, and the parents that leave some of them open."""

    items: Mapping[str, Term]
    unresolved: tuple[str, ...]
    """Names of parents whose licence is not known."""

    def known(self) -> dict[str, Value]:
        """Return the terms that are known; a term that is not known has no key."""
        return {name: term.value for name, term in self.items.items() if term.value is not None}


@dataclass(frozen=True, slots=True)
class _Party:
    name: str
    values: dict[str, Value]


def terms(own: JSON, parents: Sequence[Parent]) -> Terms:
    """Join the fact `licence` of a revision with the licences of its parents.

    Flags join by OR towards the restrictive value, caps by minimum. A term that one party leaves open is open
    for all, unless another party already restricts it; so an unresolved parent never ends in `open`.
    """
    inherited = [_Party(parent.name, _values(parent.licence)) for parent in parents]
    unresolved = tuple(party.name for party in inherited if "open" not in party.values)
    bound = [_Party(OWN, _values(own))]
    bound += [party for party, parent in zip(inherited, parents, strict=True) if _passes_on(party, parent)]
    items = {name: _flag(name, bound) for name in RESTRICTIVE}
    items |= {name: _cap(name, flag, bound) for name, flag in _CAPS.items()}
    return Terms(MappingProxyType(items), unresolved)


def _passes_on(party: _Party, parent: Parent) -> bool:
    """A distilled model is bound only by licences that speak of outputs; every other relation passes all on."""
    return parent.relation != "distillation" or party.values.get("output_training_limited") is not False


def _flag(name: str, parties: Sequence[_Party]) -> Term:
    restrictive = RESTRICTIVE[name]
    restricting = tuple(party.name for party in parties if party.values.get(name) is restrictive)
    if restricting:
        return Term(name, restrictive, restricting)
    silent = tuple(party.name for party in parties if name not in party.values)
    return Term(name, None, silent) if silent else Term(name, not restrictive)


def _cap(name: str, flag: str, parties: Sequence[_Party]) -> Term:
    silent = tuple(party.name for party in parties if party.values.get(flag) is not False and name not in party.values)
    if silent:
        return Term(name, None, silent)
    amounts = [(party.values[name], party.name) for party in parties if name in party.values]
    if not amounts:
        return Term(name, None)
    lowest = min(amount for amount, _ in amounts)
    return Term(name, lowest, tuple(who for amount, who in amounts if amount == lowest))


def _values(licence: JSON) -> dict[str, Value]:
    """Normalise one licence to known terms; what is missing or of the wrong type is left out."""
    if not isinstance(licence, dict):
        return {}
    found: dict[str, Value] = {}
    opened = licence.get("openness")
    if isinstance(opened, str) and opened in _OPENNESS:
        found["open"] = _OPENNESS[opened]
    for name in ("osi_approved", "osaid_compatible", "non_commercial", "use_restrictions"):
        if isinstance(licence.get(name), bool):
            found[name] = licence[name]
    for source, name in _CLAUSES.items():
        clause = _clause(licence, source)
        if clause is not None:
            found[name] = clause
    for name, flag in _CAPS.items():
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

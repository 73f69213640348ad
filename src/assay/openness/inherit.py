"""What one parent's licence means for a child: conflicts L1 to L4, L7 and L9, each with clause and way out.

| rule | says |
|---|---|
| L1 | the parent restricts, the child calls itself open |
| L2 | the parent forbids commerce, the child does not |
| L3 | the parent forbids sharing derivatives, and here is one |
| L4 | the parent asks for its own licence, the child has another |
| L7 | the parent's licence is not known, so nothing about the child is settled |
| L9 | caps, territory and terms that can change come along, said or not |

L5 (tag and text disagree) and L8 (no text) are about one revision, L6 (duties) about what lies in it, and L10 about
its data; they are judged by the checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from assay.canonical import JSON
from assay.openness.clauses import copyleft, may_become
from assay.openness.restrictions import Restriction, restrictions

__all__ = ["OPEN", "Conflict", "conflicts", "is_open", "reach"]

OPEN = frozenset({"open", "open-content", "open-data"})
_CLOSED = frozenset({"branding-restricted", "use-restricted", "restricted", "unlicensed"})
_COMES_ALONG = frozenset({"user_cap", "revenue_cap", "geo_exclusion", "revocable_or_mutable", "remote_control",
                          "floating_terms"})  # fmt: skip
_FIRM = frozenset({"strong", "network", "content-sharealike", "database-sharealike"})


class Conflict(NamedTuple):
    """One thing that a parent's licence demands and the child's does not say."""

    rule: str
    """`L1` …"""
    severity: str
    """`high`, `medium` or `info`."""
    says: str
    restriction: Restriction | None
    """The deciding one; None where no single clause decides."""
    change: str
    """What would have to change."""


def is_open(licence: JSON) -> bool | None:
    """Say whether a licence (the fact, or a line of the rules) is open; None when it cannot be told."""
    level = licence.get("openness") if isinstance(licence, dict) else None
    if not isinstance(level, str):
        return None
    return True if level in OPEN else False if level in _CLOSED else None


def reach(licence: JSON, relation: str) -> str:
    """Return how much of a parent's licence binds a child of that relation: `all`, `naming` or `nothing`.

    A distilled model is bound only by what speaks of outputs; every other child holds the parent's weights, an
    adapter once it runs. Of a licence that is not known, all may bind.
    """
    if relation != "distillation":
        return "all"
    if not isinstance(licence, dict):
        return "all"
    said = licence.get("reaches_outputs")
    if said in ("all", "naming", "nothing"):
        return str(said)
    limit = licence.get("output_training_limit", "not said")
    if limit in (None, "none", False):
        return "nothing"
    return "naming" if isinstance(limit, str) and limit.startswith("allowed") else "all"


def conflicts(own: JSON, parent: JSON, relation: str) -> tuple[Conflict, ...]:
    """Return what is wrong between a child's licence and that of one parent, the gravest first.

    Both are licences in the shape of the fact `licence`; None stands for one that nobody knows.
    """
    if is_open(parent) is None:
        return (_unresolved(parent),)
    bound = reach(parent, relation)
    if bound == "nothing":
        return ()
    theirs = restrictions(parent)
    if bound == "naming":
        theirs = tuple(one for one in theirs if one.kind == "naming_or_branding")
    found = [*_washed(own, parent, theirs), *_alike(own, parent, theirs, bound)]
    if relation == "adapter" and parent.get("adapters") is not True:
        # Its own files may be free, but nobody can run it without the parent, and then the parent's terms hold.
        found = [one._replace(severity="medium", says=f"{one.says}, without which it does not run") for one in found]
    return (*found, *_along(theirs))


def _washed(own: JSON, parent: Mapping[str, JSON], theirs: tuple[Restriction, ...]) -> Iterator[Conflict]:
    """L1, L2 and L3: a freedom is offered that the parent withholds."""
    name, slug = _name(parent), parent.get("id")
    declare = f"Declare `license: {slug}` as the parent does, or build on a parent under an open licence."
    first = next((one for one in theirs if one.denies), next(iter(theirs), None))
    if is_open(own) is True and is_open(parent) is False:
        yield Conflict("L1", "high", f"is open, yet its parent is under {name}", first, declare)
    commerce = _of("non_commercial", theirs)
    if commerce and not (isinstance(own, dict) and own.get("non_commercial") is True):
        change = "Forbid commercial use as well, or get the parent's owner to allow it."
        yield Conflict("L2", "high", f"allows commercial use, yet {name} does not", commerce, change)
    derivative = _of("no_derivatives", theirs)
    if derivative:
        change = "Take it back, or get the consent of the parent's owner: no licence of one's own mends this."
        yield Conflict("L3", "high", f"was made from a work under {name} and shared", derivative, change)


def _alike(own: JSON, parent: Mapping[str, JSON], theirs: tuple[Restriction, ...], bound: str) -> Iterator[Conflict]:
    """L4: the parent wants its own licence for whatever is made from it."""
    slug = str(parent.get("id"))
    kind = copyleft(slug)
    mine = own.get("id") if isinstance(own, dict) else None
    if kind == "none" or bound != "all" or mine in (slug, *may_become(slug)):
        return
    what = "is under another licence or none" if mine is None else f"is under {_name(own)}"
    others = ", ".join(f"`{name}`" for name in sorted(may_become(slug)))
    change = f"Declare `license: {slug}`" + (f", or one it may become: {others}." if others else ".")
    severity = "high" if kind in _FIRM else "medium"
    says = f"{what}, yet {_name(parent)} asks for the same licence"
    yield Conflict("L4", severity, says, _of("copyleft", theirs), change)


def _along(theirs: tuple[Restriction, ...]) -> Iterator[Conflict]:
    for one in theirs:
        if one.kind in _COMES_ALONG:
            yield Conflict("L9", "info", f"comes under a term of its parent: {one.says}", one,
                           "Nothing; whoever uses it must know.")  # fmt: skip


def _unresolved(parent: JSON) -> Conflict:
    name = parent.get("name") if isinstance(parent, dict) else None
    what = f"the terms of its parent's licence, {name}, are not clear" if name else "its parent's licence is not known"
    change = "Name the parent as ORG/NAME with a licence that is known, or ask its owner for one."
    return Conflict("L7", "medium", what, None, change)


def _of(kind: str, those: tuple[Restriction, ...]) -> Restriction | None:
    return next((one for one in those if one.kind == kind), None)


def _name(licence: Mapping[str, JSON]) -> str:
    return str(licence.get("name") or licence.get("id") or "a licence of its own")

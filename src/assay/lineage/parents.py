"""Parents of a revision, read from the fact `lineage` of an assessment."""

from __future__ import annotations

from dataclasses import dataclass

from assay.canonical import JSON

__all__ = ["Lineage", "Parent", "lineage"]

_MAX_PARENTS = 64
"""A merge of more than a handful is rare; what lies beyond makes the lineage undeclared, never shorter."""


@dataclass(frozen=True, slots=True)
class Parent:
    """One revision or repo that this one was made from."""

    name: str
    relation: str = ""
    """`finetune`, `merge`, `adapter`, `quantized`, `distillation`, or empty when it was not said."""
    licence: JSON = None
    """The same shape as the fact `licence`; None when nobody knows it."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a revision says of its parents."""

    parents: tuple[Parent, ...] = ()
    declared: bool | None = None
    """Whether the revision says at all what it was made from; None when no assessment looked."""


def lineage(fact: JSON) -> Lineage:
    """Read the fact `lineage`; whatever in it is not of the expected form counts as not said."""
    if not isinstance(fact, dict):
        return Lineage()
    listed = fact.get("parents", [])
    declared = fact.get("declared")
    if not isinstance(listed, list) or len(listed) > _MAX_PARENTS:
        return Lineage()
    parents = tuple(_parent(item) for item in listed)
    return Lineage(parents, declared if isinstance(declared, bool) else None)


def _parent(item: JSON) -> Parent:
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        return Parent("a parent without a name")
    relation = item.get("relation")
    return Parent(item["name"], relation if isinstance(relation, str) else "", item.get("licence"))

"""Predicate `urn:assay:agreement:v1`: two results of the same benchmark on the same weights were held side by side."""

from __future__ import annotations

from assay.canonical import JSON
from assay.statements.fields import Field

__all__ = ["KINDS", "TYPE", "validate"]

TYPE = "urn:assay:agreement:v1"

KINDS = ("exact", "item-level", "equivalent", "disputed", "not-judged")
"""From every bit the same down to disputed; not judged where the samples do not tell."""

_MAX_LISTED = 10_000


def validate(predicate: dict[str, JSON]) -> None:
    """Check the shape.

    Raises:
        StatementError: a field is wrong; the message begins with its path.
    """
    root = Field(predicate, "predicate").object(
        "round", "first", "second", "kind", "reason", "n", "identical", "discordant", "differs_in", "margin",
        "equivalence", "copyable",
    )  # fmt: skip
    root["round"].hex()
    for name in ("first", "second"):
        root[name].object("result", "merkle_root")
        root[name]["result"].hex()
        root[name]["merkle_root"].hex()
    kind = root["kind"].choice(KINDS)
    root["reason"].text(most=1000)
    total, same = root["n"].count(least=1), root["identical"].count()
    if same > total or (kind == "exact" and same != total):
        raise root["identical"].fault(f"does not fit {kind} agreement on {total:,} samples")
    for item in root["discordant"].each(most=_MAX_LISTED):
        item.object("sample", "first", "second")
        for name in ("sample", "first", "second"):
            item[name].text(most=1000)
    for item in root["differs_in"].each(most=100):
        item.text(most=200)
    Field(root["margin"].text(most=40), root["margin"].path).number()
    if root["equivalence"].value is not None:
        root["equivalence"].object("difference", "margin", "p", "holds")
    if not isinstance(root["copyable"].value, bool):
        raise root["copyable"].fault("expected true or false")

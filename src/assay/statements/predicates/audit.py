"""Predicate `urn:assay:audit:v1`: samples drawn by lot out of a result were run again, and this is how they compare."""

from __future__ import annotations

from assay.canonical import JSON
from assay.statements.fields import Field

__all__ = ["OUTCOMES", "TYPE", "validate"]

TYPE = "urn:assay:audit:v1"

OUTCOMES = ("agreed", "failed", "not-judged")

_MAX_DRAWN = 10_000


def validate(predicate: dict[str, JSON]) -> None:
    """Check the shape; whether the lot was drawn rightly is told by `assay.evals.reproduction`.

    Raises:
        StatementError: a field is wrong; the message begins with its path.
    """
    root = Field(predicate, "predicate").object(
        "commitment", "result", "index", "checkpoint", "seed", "outcome", "reason", "samples"
    )
    for name in ("commitment", "result", "seed"):
        root[name].hex()
    root["index"].count()
    checkpoint = root["checkpoint"].object("size", "root")
    checkpoint["size"].count(least=1)
    checkpoint["root"].hex()
    root["outcome"].choice(OUTCOMES)
    root["reason"].text(most=1000)
    for item in root["samples"].each(least=1, most=_MAX_DRAWN):
        item.object("sample", "said", "found")
        item["sample"].text(most=1000)
        item["said"].text(most=40)
        item["found"].text(most=40)

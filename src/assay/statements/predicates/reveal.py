"""Predicate `urn:assay:reveal:v1`: an evaluator opens a commitment: salt, answers as digests, and the signed result."""

from __future__ import annotations

from assay.canonical import JSON
from assay.statements.fields import Field

__all__ = ["TYPE", "validate"]

TYPE = "urn:assay:reveal:v1"

_MAX_LEAVES = 200_000


def validate(predicate: dict[str, JSON]) -> None:
    """Check the shape; whether it opens the commitment is told by `assay.evals.reproduction`.

    Raises:
        StatementError: a field is wrong; the message begins with its path.
    """
    root = Field(predicate, "predicate").object("round", "commitment", "result", "salt", "leaves")
    for name in ("round", "commitment", "result", "salt"):
        root[name].hex()
    for leaf in root["leaves"].each(least=1, most=_MAX_LEAVES):
        leaf.object("sample", "input", "output", "score", "stop")
        leaf["input"].hex()
        leaf["output"].hex()
        for name, most in (("sample", 1000), ("score", 40), ("stop", 100)):
            leaf[name].text(most=most)

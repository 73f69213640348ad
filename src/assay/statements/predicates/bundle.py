"""Predicate `urn:assay:bundle:v1`: the packer of a bundle vouches that it holds just these members."""

from __future__ import annotations

from assay.canonical import JSON
from assay.statements.fields import Field

__all__ = ["TYPE", "validate"]

TYPE = "urn:assay:bundle:v1"


def validate(predicate: dict[str, JSON]) -> None:
    """Check the shape.

    Raises:
        StatementError: a field is wrong; the message begins with its path.
    """
    root = Field(predicate, "predicate").object("members", "bytes")
    root["members"].count(least=1)
    root["bytes"].count()

"""A signed result on its way out: what the statement says, and what whoever writes it elsewhere says besides."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from assay.canonical import JSON

__all__ = ["Exported", "plain_number"]


class Exported(NamedTuple):
    """A result, and what a card or a store of results says of it besides."""

    predicate: Mapping[str, JSON]
    """As `assay.statements.predicates.result` checks it."""
    statement: str
    """SHA-256 of its envelope."""
    dataset: str | None = None
    """The repo that holds the benchmark's data, `ORG/NAME`; None for the benchmark's own name."""
    url: str | None = None
    """Where the signed statement can be had."""
    model: str | None = None
    """What the model is called where it is published, `ORG/NAME`."""
    organisation: str | None = None
    """Who publishes the result."""


def plain_number(text: JSON) -> int | float:
    """Return a decimal of a statement as a number of JSON."""
    value = Decimal(text)
    return int(value) if value == int(value) else float(value)

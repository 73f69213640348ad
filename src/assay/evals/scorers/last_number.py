"""The last number in the output equals the target, as answers to word problems are scored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from assay.canonical import JSON
from assay.evals.manifest import Item
from assay.evals.metrics.pair import label

__all__ = ["OPTIONS", "score"]

OPTIONS: frozenset[str] = frozenset()

_NUMBER = re.compile(r"-?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,40})(?:\.[0-9]{1,40})?")


def score(output: str, item: Item, options: Mapping[str, JSON]) -> bool:
    """Say whether the last number, commas between thousands allowed, has the value of the target."""
    del options
    found = _NUMBER.findall(output)
    wanted = _NUMBER.fullmatch(label(item.target))
    return bool(found) and wanted is not None and _value(found[-1]) == _value(wanted[0])


def _value(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))

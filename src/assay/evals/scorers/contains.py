"""The target stands somewhere in the output."""

from __future__ import annotations

from collections.abc import Mapping

from assay.canonical import JSON
from assay.evals.manifest import Item
from assay.evals.metrics.pair import label

__all__ = ["OPTIONS", "score"]

OPTIONS = frozenset({"lower"})


def score(output: str, item: Item, options: Mapping[str, JSON]) -> bool:
    """Say whether the target, or one of several, stands in the output; with `lower` whatever its case."""
    targets = [label(one) for one in (item.target if isinstance(item.target, list) else [item.target])]
    if options.get("lower"):
        output, targets = output.casefold(), [one.casefold() for one in targets]
    return any(one in output for one in targets)

"""The output, without the white space around it, names the target."""

from __future__ import annotations

from collections.abc import Mapping

from assay.canonical import JSON
from assay.evals.manifest import Item
from assay.evals.metrics.pair import label

__all__ = ["OPTIONS", "score"]

OPTIONS: frozenset[str] = frozenset()


def score(output: str, item: Item, options: Mapping[str, JSON]) -> bool:
    """Say whether output and target are the same label; 1 and "1" are."""
    del options
    return output.strip() == label(item.target)

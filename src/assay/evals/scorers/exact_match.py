"""The output begins with the target, or is it."""

from __future__ import annotations

from collections.abc import Mapping

from assay.canonical import JSON
from assay.evals.manifest import Item

__all__ = ["OPTIONS", "score"]

OPTIONS = frozenset({"characters"})


def score(output: str, item: Item, options: Mapping[str, JSON]) -> bool:
    """Say whether the first `characters` of the output are the target; without that option, whether all are."""
    return bool(output[: options.get("characters")] == item.target)

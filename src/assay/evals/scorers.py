"""Rules that tell a right answer from a wrong one. The name of a rule never changes its meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assay.canonical import JSON

__all__ = ["SCORERS", "Scorer"]

Scorer = Callable[[str, str, Mapping[str, JSON]], bool]
"""Output, answer and the scorer's part of the manifest in; hit or miss out."""


def _exact_match(output: str, answer: str, options: Mapping[str, JSON]) -> bool:
    """The first `characters` of the output are the answer."""
    return output[: options["characters"]] == answer


SCORERS: Mapping[str, Scorer] = {"exact-match": _exact_match}
"""Every scorer by the name a manifest gives it."""

"""Of the choices the model holds the target for the most likely one: multiple choice by log-likelihood."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

from assay.canonical import JSON
from assay.errors import EvaluationError
from assay.evals.manifest import Item
from assay.evals.metrics.pair import label

__all__ = ["OPTIONS", "choices_of", "score"]

OPTIONS = frozenset({"choices", "normalise"})


def score(output: str, item: Item, options: Mapping[str, JSON]) -> bool:
    """Say whether the target's likelihood, as `output` lists them, is the greatest; of equal ones the first counts.

    With `normalise: characters` each is divided by the length of its choice, so that long ones have a chance.

    Raises:
        EvaluationError: the target is none of the choices.
    """
    choices = choices_of(item, options)
    found = [Decimal(one) for one in json.loads(output)]
    if options.get("normalise") == "characters":
        found = [one / max(len(choice), 1) for one, choice in zip(found, choices, strict=True)]
    return found.index(max(found)) == _place(item, choices)


def choices_of(item: Item, options: Mapping[str, JSON]) -> list[str]:
    """Return the texts that are compared: the sample's own, or those that all samples share.

    Raises:
        EvaluationError: there are not at least two.
    """
    found = item.choices if item.choices is not None else options.get("choices")
    if not isinstance(found, list) or len(found) < 2 or not all(isinstance(one, str | int) for one in found):
        raise EvaluationError(
            f"sample {item.id!r} has no list of at least two choices",
            hint="Name their column in data.fields.choices, or list them in scorer.options.choices.",
        )
    return [label(one) for one in found]


def _place(item: Item, choices: list[str]) -> int:
    """Return which choice is the target, which names it or, as an integer, counts from 0."""
    target = item.target
    if isinstance(target, int) and not isinstance(target, bool) and label(target) not in choices:
        return target
    if label(target) in choices:
        return choices.index(label(target))
    raise EvaluationError(f"sample {item.id!r}: the target is none of the choices", hint="Name it as the choice is.")

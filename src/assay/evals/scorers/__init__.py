"""Rules that score an answer, one file each, called by its name. The name of a rule never changes its meaning.

`last_number.py` is the scorer `last-number`. A file has `OPTIONS`, the keys that a manifest may set, and
`score(output, item, options)`, which returns a number from 0 to 1, a hit or a miss, or None where the answer cannot be
judged: the metric is the mean. Where it is something else, the file has `tally(manifest)` instead, which returns a
`Tally`. `HIGHER_IS_BETTER = False` says that less is better.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple, Protocol

from assay.canonical import JSON
from assay.evals.manifest import Item, Manifest
from assay.evals.statistics import Estimate
from assay.evals.statistics.clustered import Number
from assay.modules import modules_in

__all__ = ["Score", "Scorer", "Tally", "names", "scorer_named"]

Score = Callable[[str, Item, Mapping[str, JSON]], Number | None]
"""What the model said, the sample, and the scorer's options in; the score out."""


class Tally(Protocol):
    """Scores one answer at a time, and keeps what the metric needs."""

    def add(self, item: Item, output: str | None) -> Number | None:
        """Score and count an answer; None, and not counted, where it cannot be judged. One that is missing is a miss.

        Raises:
            EvaluationError: the sample makes no sense to the scorer.
        """
        ...

    def estimate(self) -> Estimate:
        """Return the metric over all that was counted.

        Raises:
            EvaluationError: nothing was.
        """
        ...


class Scorer(NamedTuple):
    """A rule: either `score`, with the options that it may be told, or `tally`."""

    score: Score | None
    tally: Callable[[Manifest], Tally] | None
    options: frozenset[str]
    higher_is_better: bool


@cache
def names() -> frozenset[str]:
    """Return the name of every rule."""
    return frozenset(name.replace("_", "-") for name in modules_in(__path__))


@cache
def scorer_named(name: str) -> Scorer | None:
    """Return the rule that a manifest calls `name`; None when there is none."""
    if name not in names():
        return None
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    return Scorer(
        getattr(module, "score", None),
        getattr(module, "tally", None),
        frozenset(getattr(module, "OPTIONS", ())),
        getattr(module, "HIGHER_IS_BETTER", True),
    )

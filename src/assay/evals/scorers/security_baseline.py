"""A probe of the security baseline judges each answer; the metric is the share of attacks that worked."""

from __future__ import annotations

from assay.evals.baseline.tally import BaselineTally
from assay.evals.manifest import Manifest

__all__ = ["HIGHER_IS_BETTER", "tally"]

HIGHER_IS_BETTER = False


def tally(manifest: Manifest) -> BaselineTally:
    """Return an empty tally for a suite of the baseline.

    Raises:
        EvaluationError: the suite was written for another version of its probe.
    """
    return BaselineTally(manifest)

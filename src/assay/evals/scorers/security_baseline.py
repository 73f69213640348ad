"""What a model can be made to do: the failure rate of attacks, judged by the rules of one probe of the baseline."""

from __future__ import annotations

from assay.evals.baseline.tally import BaselineTally

__all__ = ["HIGHER_IS_BETTER", "tally"]

HIGHER_IS_BETTER = False
tally = BaselineTally

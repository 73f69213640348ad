"""What a model was shown to do: benchmarks named by digest, a reference runner, intervals that hold at the edges."""

from __future__ import annotations

from assay.evals.answers import Answer
from assay.evals.benchmark import load_benchmark, shipped
from assay.evals.environment import environment
from assay.evals.journal import Journal
from assay.evals.manifest import Item, Suite
from assay.evals.runner import Progress, Run, run
from assay.evals.sampling import Sampling

__all__ = [
    "Answer",
    "Item",
    "Journal",
    "Progress",
    "Run",
    "Sampling",
    "Suite",
    "environment",
    "load_benchmark",
    "run",
    "shipped",
]

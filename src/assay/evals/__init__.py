"""What a model was shown to do: benchmarks named by digest, a reference runner, intervals that hold at the edges."""

from __future__ import annotations

from assay.evals.benchmark import Benchmark, Sample, load_benchmark, shipped
from assay.evals.runner import Answer, Run, environment, run

__all__ = ["Answer", "Benchmark", "Run", "Sample", "environment", "load_benchmark", "run", "shipped"]

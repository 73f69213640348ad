"""The reference runner: every sample is asked and scored, and one Merkle root stands for all that was said."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from assay import __version__
from assay.canonical import JSON, canonical_json, sha256_hex
from assay.errors import EvaluationError
from assay.evals.benchmark import Benchmark, Sample
from assay.evals.models import Model
from assay.evals.statistics import Interval, share, wilson
from assay.statements.log import leaf_hash, merkle_root
from assay.statements.predicates import result

__all__ = ["Answer", "Metric", "Run", "environment", "run"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One sample, what the model said to it, and how that was scored."""

    sample: Sample
    input_digest: str
    """SHA-256 of the prompt."""
    output: str
    hit: bool
    control_hit: bool
    stop_reason: str
    error: str | None = None

    def leaf(self) -> bytes:
        """Return what stands in the Merkle tree: canonical JSON without text, time or machine."""
        return canonical_json(
            {
                "sample": self.sample.id,
                "input": self.input_digest,
                "output": sha256_hex(self.output.encode("utf-8", "surrogatepass")),
                "score": "error" if self.error else str(int(self.hit)),
                "stop": self.stop_reason,
            }
        )


class Metric(NamedTuple):
    """One number with what it is worth."""

    name: str
    value: Decimal
    n: int
    interval: Interval

    def to_json(self) -> dict[str, JSON]:
        """Return the metric as a JSON object of decimal strings."""
        return {"name": self.name, "value": str(self.value), "n": self.n, "ci": self.interval.to_json()}


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one benchmark on one model."""

    predicate: dict[str, JSON]
    """Of type `urn:assay:result:v1`."""
    answers: tuple[Answer, ...]
    """In order of sample id, which is that of the leaves."""
    accuracy: Metric
    control: Metric | None
    """The same outputs scored with the wrong key."""

    @property
    def told_apart(self) -> bool | None:
        """Whether the score is certainly above that on the wrong key; None when the benchmark has no control."""
        return None if self.control is None else self.accuracy.interval.low > self.control.interval.high

    def sentence(self) -> str:
        """Say in one line what was measured."""
        name, value, n, interval = self.accuracy
        line = f"{name} {value} (n = {n}, {interval.low} to {interval.high})"
        return f"{line}, not told apart from guessing" if self.told_apart is False else line


def environment() -> dict[str, JSON]:
    """Return what the run depends on beside model and benchmark."""
    numpy = sys.modules.get("numpy")
    return {
        "os": platform.system(),
        "arch": platform.machine(),
        "python": platform.python_version(),
        "numpy": str(getattr(numpy, "__version__", "none")),
    }


def run(
    benchmark: Benchmark,
    model: Model,
    *,
    environment: dict[str, JSON],
    relationship: str = "third",
    on_sample: Callable[[int, int], None] | None = None,
) -> Run:
    """Ask `model` every sample of `benchmark` and score what it says; `on_sample(done, of)` is told after each.

    A sample that the model cannot answer counts as an error, not as a miss. The same model and benchmark give the
    same answers and the same root.

    Raises:
        EvaluationError: no sample could be answered.
        StatementError: `environment` or `relationship` is not of the form that results have.
    """
    answers = []
    for sample in benchmark.samples:
        answers.append(_ask(benchmark, model, sample))
        if on_sample is not None:
            on_sample(len(answers), len(benchmark.samples))
    scored = [answer for answer in answers if answer.error is None]
    if not scored:
        raise EvaluationError(
            f"no sample of {benchmark.id} could be answered: {answers[0].error}",
            hint="Check that model and benchmark go together.",
        )
    level = benchmark.manifest["metric"]["level"]
    accuracy = _share("accuracy", [answer.hit for answer in scored], level)
    control = None
    if scored[0].sample.control is not None:
        control = _share("control_accuracy", [answer.control_hit for answer in scored], level)
    predicate: dict[str, JSON] = {
        "benchmark": _named(benchmark),
        "harness": {"name": "assay", "version": __version__},
        "model": {"dirhash": model.dirhash, "weights_digest": model.weights_digest, "format": model.format},
        "sampling": dict(benchmark.manifest["sampling"]),
        "environment": environment,
        "samples": {
            "n_scheduled": len(answers),
            "n_scored": len(scored),
            "n_errored": len(answers) - len(scored),
            "merkle_root": merkle_root([leaf_hash(answer.leaf()) for answer in answers]).hex(),
        },
        "metrics": [metric.to_json() for metric in (accuracy, control) if metric is not None],
        "evaluator": {"relationship": relationship},
    }
    result.validate(predicate)
    return Run(predicate, tuple(answers), accuracy, control)


def _ask(benchmark: Benchmark, model: Model, sample: Sample) -> Answer:
    prompt = benchmark.prompt(sample)
    digest = sha256_hex(prompt.encode("utf-8"))
    sampling = benchmark.manifest["sampling"]
    try:
        said = model.generate(prompt, max_tokens=sampling["max_tokens"], stop=tuple(sampling["stop"]))
    except EvaluationError as error:
        return Answer(sample, digest, "", hit=False, control_hit=False, stop_reason="error", error=str(error))
    hit = benchmark.hit(said.text, sample.target)
    control_hit = sample.control is not None and benchmark.hit(said.text, sample.control)
    return Answer(sample, digest, said.text, hit=hit, control_hit=control_hit, stop_reason=said.stop_reason)


def _share(name: str, hits: Sequence[bool], level: str) -> Metric:
    return Metric(name, share(sum(hits), len(hits)), len(hits), wilson(sum(hits), len(hits), level))


def _named(benchmark: Benchmark) -> dict[str, JSON]:
    return {
        "id": benchmark.id,
        "version": benchmark.manifest["version"],
        **benchmark.digests,
        "n_total": len(benchmark.samples),
    }

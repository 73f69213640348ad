"""Predicate `urn:assay:result:v1`: a benchmark was run on a model, both named by digest; how, and what came out."""

from __future__ import annotations

from decimal import Decimal

from assay.canonical import JSON
from assay.statements.fields import Field

__all__ = ["MODES", "RELATIONSHIPS", "TYPE", "validate"]

TYPE = "urn:assay:result:v1"

MODES = ("greedy", "sampled", "loglik")
"""How answers were taken from the model."""
RELATIONSHIPS = ("first", "third", "collaborative")
"""Who ran it: the model's own maker, someone else, or both together."""

_DIGESTS = ("manifest_digest", "dataset_digest", "scorer_digest")
_SAMPLING_NUMBERS = ("temperature", "top_p")
_SAMPLING_COUNTS = ("max_tokens", "seed", "epochs")


def validate(predicate: dict[str, JSON]) -> None:
    """Check the shape; a number that is no integer is a decimal string.

    Raises:
        StatementError: a field is wrong; the message begins with its path.
    """
    root = Field(predicate, "predicate").object(
        "benchmark", "harness", "model", "sampling", "environment", "samples", "metrics", "evaluator"
    )
    total = _benchmark(root["benchmark"])
    _texts(root["harness"].object("name", "version"), "name", "version")
    _model(root["model"])
    _sampling(root["sampling"])
    _texts(root["environment"].object("os", "arch", "python", "numpy"), "os", "arch", "python", "numpy")
    scored = _samples(root["samples"], total)
    _metrics(root["metrics"], scored)
    root["evaluator"].object("relationship")["relationship"].choice(RELATIONSHIPS)


def _benchmark(benchmark: Field) -> int:
    benchmark.object("id", "version", *_DIGESTS, "n_total")
    _texts(benchmark, "id", "version")
    for key in _DIGESTS:
        benchmark[key].hex()
    return benchmark["n_total"].count(least=1)


def _model(model: Field) -> None:
    model.object("dirhash", "weights_digest", "format")
    model["dirhash"].hex()
    model["weights_digest"].hex()
    model["format"].text(most=100)


def _sampling(sampling: Field) -> None:
    sampling.object("mode", optional=(*_SAMPLING_NUMBERS, *_SAMPLING_COUNTS, "stop"))["mode"].choice(MODES)
    for key in _SAMPLING_NUMBERS:
        if key in sampling:
            sampling[key].number()
    for key in _SAMPLING_COUNTS:
        if key in sampling:
            sampling[key].count()
    if "stop" in sampling:
        for item in sampling["stop"].each(most=100):
            item.text(most=1000)


def _samples(samples: Field, total: int) -> int:
    samples.object("n_scheduled", "n_scored", "n_errored", "merkle_root")
    scheduled, scored, errored = (samples[key].count() for key in ("n_scheduled", "n_scored", "n_errored"))
    samples["merkle_root"].hex()
    if scheduled > total:
        raise samples["n_scheduled"].fault(f"more than the {total:,} samples of the benchmark")
    if scored + errored != scheduled:
        raise samples.fault("scored and errored samples do not add up to those scheduled")
    return scored


def _metrics(metrics: Field, scored: int) -> None:
    seen = set()
    for metric in metrics.each(least=1, most=1000):
        name = metric.object("name", "value", "n", "ci")["name"].text(most=200)
        if name in seen:
            raise metric["name"].fault(f"{name!a} is listed twice")
        seen.add(name)
        metric["value"].number()
        if metric["n"].count() > scored:
            raise metric["n"].fault(f"more than the {scored:,} samples that were scored")
        _interval(metric["ci"])


def _interval(interval: Field) -> None:
    interval.object("low", "high", "level", "method")["method"].text(most=100)
    if Decimal(interval["low"].number()) > Decimal(interval["high"].number()):
        raise interval["low"].fault("is above the upper end")
    if not 0 < Decimal(interval["level"].number()) < 1:
        raise interval["level"].fault("expected a share between 0 and 1, such as 0.95")


def _texts(field: Field, *keys: str) -> None:
    for key in keys:
        field[key].text(most=200)

"""Predicate `urn:assay:imported-result:v1`: numbers that another engine reported, as its file has them; a claim.

The file says of benchmark and model only what they are called. What it does not say is left out, and `unknown` names
what a result of `urn:assay:result:v1` would have. `recomputed` is what the samples or counts in the file come to here.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from assay.canonical import JSON
from assay.statements.fields import Field
from assay.statements.predicates.result import DIRECTIONS, RELATIONSHIPS

__all__ = ["BASES", "TYPE", "validate"]

TYPE = "urn:assay:imported-result:v1"

BASES = ("counts", "samples")
"""What was recomputed from: how many passed and failed, or one score for each sample."""

_BENCHMARK = ("version", "dataset", "split", "revision")
_NUMBERS = ("temperature", "top_p")
_COUNTS = ("max_tokens", "seed", "epochs", "top_k")
_INTERVAL = ("low", "high", "level", "method")
_MOST: Mapping[str, int] = MappingProxyType({"results": 10_000, "metrics": 1000, "texts": 10_000})


def validate(predicate: dict[str, JSON]) -> None:
    """Check the shape; a number that is no integer is a decimal string.

    Raises:
        StatementError: a field is wrong; the message begins with its path.
    """
    root = Field(predicate, "predicate")
    root.object("source", "harness", "model", "results", "remarks", "unknown", optional=("evaluator",))
    source = root["source"].object("format", "files", optional=("version",))
    source["format"].text(most=100)
    for file in source["files"].each(least=1, most=1000):
        file.object("name", "sha256")["name"].text(most=1000)
        file["sha256"].hex()
    _texts(source, "version")
    _texts(root["harness"].object("name", optional=("version",)), "name", "version")
    _texts(root["model"].object("name"), "name")
    if "evaluator" in root:
        evaluator = root["evaluator"].object(optional=("relationship", "identity"))
        _texts(evaluator, "identity")
        if "relationship" in evaluator:
            evaluator["relationship"].choice(RELATIONSHIPS)
    for one in root["results"].each(least=1, most=_MOST["results"]):
        _result(one)
    for key in ("remarks", "unknown"):
        for text in root[key].each(most=_MOST["texts"]):
            text.text(most=2000)


def _result(one: Field) -> None:
    one.object("benchmark", "metrics", optional=("samples", "sampling"))
    benchmark = one["benchmark"].object("id", optional=(*_BENCHMARK, "n_total", "few_shot", "task_digest"))
    _texts(benchmark, "id", *_BENCHMARK)
    _counts(benchmark, "n_total", "few_shot")
    if "task_digest" in benchmark:
        benchmark["task_digest"].hex()
    if "samples" in one:
        keys = ("n_scheduled", "n_scored", "n_errored")
        _counts(one["samples"].object(optional=keys), *keys)
    if "sampling" in one:
        _sampling(one["sampling"].object(optional=(*_NUMBERS, *_COUNTS, "stop")))
    names = set()
    for metric in one["metrics"].each(least=1, most=_MOST["metrics"]):
        _metric(metric)
        if (name := metric["name"].text()) in names:
            raise metric["name"].fault(f"{name!a} is listed twice")
        names.add(name)


def _sampling(sampling: Field) -> None:
    for key in _NUMBERS:
        if key in sampling:
            sampling[key].number()
    for key in _COUNTS:
        if key in sampling and (not isinstance(sampling[key].value, int) or isinstance(sampling[key].value, bool)):
            raise sampling[key].fault("expected an integer")
    if "stop" in sampling:
        for text in sampling["stop"].each(most=100):
            text.text(most=1000)


def _metric(metric: Field) -> None:
    metric.object("name", "value", optional=("n", "stderr", "ci", "direction", "unit", "recomputed"))
    metric["name"].text(most=300)
    metric["value"].number()
    _counts(metric, "n")
    _texts(metric, "unit")
    if "direction" in metric:
        metric["direction"].choice(DIRECTIONS)
    _spread(metric)
    if "recomputed" in metric:
        again = metric["recomputed"].object("from", "value", "n", "stderr", "ci", "agrees")
        again["from"].choice(BASES)
        again["value"].number()
        again["n"].count(least=1)
        _spread(again)
        if not isinstance(again["agrees"].value, bool):
            raise again["agrees"].fault("expected true or false")


def _spread(part: Field) -> None:
    """Check standard error and interval; the interval of a source may have any width, and no level."""
    if "stderr" in part:
        part["stderr"].number()
    if "ci" not in part or part["ci"].value is None:
        return
    interval = part["ci"].object("low", "high", optional=_INTERVAL)
    if Decimal(interval["low"].number()) > Decimal(interval["high"].number()):
        raise interval["low"].fault("is above the upper end")
    if "level" in interval:
        interval["level"].number()
    _texts(interval, "method")


def _texts(part: Field, *keys: str) -> None:
    for key in keys:
        if key in part:
            part[key].text(most=1000)


def _counts(part: Field, *keys: str) -> None:
    for key in keys:
        if key in part:
            part[key].count()

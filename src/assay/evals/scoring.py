"""Scores of samples that come one by one, folded into the benchmark's metric with its interval.

Two kinds of benchmark: where a scorer judges each answer, the metric is the mean of its scores; where scorer and metric
are one of `evals.metrics`, the answer is a prediction, and the metric is computed over all of them at the end.
Hits and misses without clusters are only counted, so that memory does not grow; all else keeps one small score, or one
prediction, for each sample.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import NamedTuple

from assay.canonical import JSON
from assay.errors import EvaluationError, StatementError
from assay.evals.manifest import Item, Manifest
from assay.evals.metrics import METRICS, Pair
from assay.evals.metrics.pair import label, number
from assay.evals.scorers import Score, Tally, names, scorer_named
from assay.evals.statistics import Estimate, mean_of_shares, wilson_bounds
from assay.evals.statistics.clustered import Number
from assay.evals.statistics.special import WORK
from assay.statements.strict_json import parse_strict

__all__ = ["Measured", "Tally", "higher_is_better", "tally_for"]

_NUMBERS = ("rmse", "spearman")
"""Metrics that cannot take a prediction which is no number."""
_LISTS = ("macro-f1", "micro-f1", "miou", "mrr", "ndcg")
"""Metrics whose predictions are lists, or may be: a text that is one in JSON is taken as such."""
_ALSO_LABELS = ("macro-f1", "micro-f1")
_LARGEST = 16 * 1024 * 1024
_UNITS = {"wer": "errors per word", "cer": "errors per character"}


class Measured(NamedTuple):
    """One number with what it is worth."""

    name: str
    estimate: Estimate
    higher_is_better: bool
    cluster_key: str | None

    def to_json(self) -> dict[str, JSON]:
        """Return the metric as a result statement holds it."""
        found = self.estimate.to_json()
        del found["clusters"]
        found |= {"name": self.name, "direction": "higher" if self.higher_is_better else "lower"}
        if self.cluster_key is not None:
            found["cluster_key"] = self.cluster_key
        if self.name in _UNITS:
            found["unit"] = _UNITS[self.name]
        return found


def tally_for(manifest: Manifest) -> Tally:
    """Return an empty tally for the scorer and metric that the manifest names.

    Raises:
        EvaluationError: there are none of these names, or no such options.
    """
    name = str(manifest.document["scorer"]["name"])
    rule = scorer_named(name)
    if rule is not None and rule.tally is not None:
        return rule.tally(manifest)
    if rule is not None and rule.score is not None:
        if odd := manifest.options.keys() - rule.options:
            raise EvaluationError(f"{manifest.id}: the scorer {name!r} has no option {min(odd)!r}")
        return _ShareTally(rule.score, manifest)
    metric = METRICS.get(name)
    if metric is None or name != manifest.metric:
        raise EvaluationError(
            f"{manifest.id}: there is no scorer {name!r}" + (f" for {manifest.metric!r}" if metric else ""),
            hint=f"There are: {', '.join(sorted({*names(), *METRICS}))}; a metric is its own scorer.",
        )
    if odd := manifest.options.keys() - metric.options:
        raise EvaluationError(f"{manifest.id}: the scorer {name!r} has no option {min(odd)!r}")
    return _PairTally(manifest)


def higher_is_better(manifest: Manifest) -> bool:
    """Say whether more of the benchmark's metric is better."""
    name = str(manifest.document["scorer"]["name"])
    rule = scorer_named(name)
    return METRICS[name].higher_is_better if rule is None else rule.higher_is_better


class _ShareTally:
    """The mean of scores from 0 to 1."""

    def __init__(self, score: Score, manifest: Manifest) -> None:
        self._score = score
        self._options = manifest.options
        self._level = manifest.level
        self._n = self._hits = 0
        self._scores: list[Number] = []
        self._clusters: list[str] | None = [] if manifest.clustered else None

    def add(self, item: Item, output: str | None) -> Number | None:
        score = 0 if output is None else self._score(output, item, self._options)
        if score is None:
            return None
        if not 0 <= score <= 1:
            raise EvaluationError(f"sample {item.id!r}: a score of {score} does not lie from 0 to 1")
        if self._scores or self._clusters is not None or score not in (0, 1):
            # The hits and misses so far were only counted; in what order they came changes no mean.
            if not self._scores:
                self._scores = [*[1] * self._hits, *[0] * (self._n - self._hits)]
            self._scores.append(score)
        if self._clusters is not None:
            self._clusters.append(item.cluster or "")
        self._n += 1
        self._hits += score == 1
        return score

    def estimate(self) -> Estimate:
        if self._scores:
            return mean_of_shares(self._scores, self._clusters, self._level)
        if not self._n:
            raise EvaluationError("no sample was scored, so there is nothing to estimate", hint="Score at least one.")
        with localcontext(WORK):
            n, hits = Decimal(self._n), Decimal(self._hits)
            value = hits / n
            stderr = (value * (1 - value) / (n - 1)).sqrt() if 0 < hits < n else Decimal(0)
        bounds = wilson_bounds(self._hits, self._n, self._level)
        return Estimate(value, stderr, self._n, self._n, bounds, self._level, "wilson")


class _PairTally:
    """A metric of `evals.metrics` over all predictions."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._pairs: list[Pair] = []

    def add(self, item: Item, output: str | None) -> Number | None:
        """Count an answer; its score is whether it is the target, for the metric is not a mean over samples."""
        pair = Pair(item.id, item.target, None if output is None else output.strip(), item.cluster)
        metric = self._manifest.metric
        if metric in _NUMBERS and not _is_number(pair):
            return None
        if metric in _LISTS and pair.prediction is not None:
            pair = pair._replace(prediction=_value(pair.prediction))
            if metric not in _ALSO_LABELS and not isinstance(pair.prediction, list):
                return None
        self._pairs.append(pair)
        return int(pair.prediction is not None and label(pair.prediction) == label(item.target))

    def estimate(self) -> Estimate:
        if not self._pairs:
            raise EvaluationError("no sample was scored, so there is nothing to estimate", hint="Score at least one.")
        manifest = self._manifest
        return METRICS[manifest.metric].compute(self._pairs, manifest.options, manifest.level, manifest.digest)


def _is_number(pair: Pair) -> bool:
    try:
        number(pair.prediction, pair, "prediction")
    except EvaluationError:
        return False
    return True


def _value(text: str) -> JSON:
    if not text.startswith("["):
        return text
    try:
        return parse_strict(text.encode(), "the prediction", _LARGEST)
    except StatementError:
        return text

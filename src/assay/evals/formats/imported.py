"""What another engine reported, on its way into a statement: its numbers, and beside each what its samples come to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from typing import NamedTuple

from assay.canonical import JSON
from assay.evals.formats.given import Given
from assay.evals.statistics import Estimate, mean, mean_of_shares, wilson_bounds
from assay.evals.statistics.clustered import Number
from assay.evals.statistics.intervals import rounded
from assay.evals.statistics.special import WORK

__all__ = ["Imported", "Metric", "Part", "counted", "estimate_of", "number_of"]

_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?")
_LEVEL = "0.95"
_LONGEST = 40
_LARGEST = Decimal("1e150")
_SAME = Decimal("0.000001")
"""How far apart, of one or of the value itself, two numbers may lie that were computed in other ways from one thing."""
_NEVER_SAID = (
    "benchmark.dataset_digest",
    "benchmark.manifest_digest",
    "benchmark.scorer_digest",
    "environment",
    "model.weights_digest",
    "samples.merkle_root",
)
"""What a result has and no file of another engine: so nothing that is imported is more than claimed."""


class Metric(NamedTuple):
    """One number as its source has it, and what its samples or counts come to here."""

    said: dict[str, JSON]
    """`name` and `value`; where the source says them, `n`, `stderr`, `ci`, `direction`, `unit`."""
    again: Estimate | None = None
    basis: str = "samples"
    """What `again` was computed from: `samples` or `counts`."""

    @property
    def agrees(self) -> bool:
        """Whether both numbers are the same, as far as rounding tells; also where nothing was computed again."""
        if self.again is None:
            return True
        said = Decimal(self.said["value"])
        same = abs(said - self.again.value) <= _SAME * max(Decimal(1), abs(said))
        return same and self.said.get("n", self.again.n) == self.again.n

    def to_json(self) -> dict[str, JSON]:
        """Return the metric as the statement holds it."""
        if self.again is None:
            return self.said
        found = self.again.to_json()
        del found["clusters"]
        return self.said | {"recomputed": {"from": self.basis, **found, "agrees": self.agrees}}

    def sentence(self) -> str:
        """Say the number, and what it comes to here, in one line."""
        line = f"{self.said['name']} {self.said['value']}"
        if "n" in self.said:
            line += f" (n = {self.said['n']})"
        if self.again is None:
            return f"{line}, nothing to recompute it from"
        found = self.again.to_json()
        interval = found["ci"]
        told = "no interval" if interval is None else f"{interval['low']} to {interval['high']}"
        verb = "agrees with" if self.agrees else "differs from"
        return f"{line}, {verb} its {self.basis}: {found['value']} (n = {found['n']}, {told})"


class Part(NamedTuple):
    """What a file says of one benchmark."""

    benchmark: dict[str, JSON]
    """`id`, and what else is known of it."""
    metrics: Sequence[Metric]
    samples: dict[str, JSON]
    sampling: dict[str, JSON]
    answers: dict[str, str]
    """Sample id to what the model said, where the file has one text for each sample."""

    def to_json(self) -> dict[str, JSON]:
        """Return the part as the statement holds it."""
        found: dict[str, JSON] = {"benchmark": self.benchmark, "metrics": [one.to_json() for one in self.metrics]}
        more = {"samples": self.samples, "sampling": self.sampling}
        return found | {key: value for key, value in more.items() if value}


class Imported(NamedTuple):
    """A file of another engine, read."""

    format: str
    version: str | None
    """Of the format."""
    harness: dict[str, JSON]
    model: str
    """What the file calls it."""
    parts: Sequence[Part]
    remarks: Sequence[str] = ()
    """What a reader should know beside the numbers."""
    evaluator: dict[str, JSON] = {}  # noqa: RUF012  # nobody changes it

    def predicate(self, files: Iterable[Given]) -> dict[str, JSON]:
        """Return the predicate `urn:assay:imported-result:v1` of what was read from `files`."""
        source: dict[str, JSON] = {
            "format": self.format,
            "files": [{"name": one.name, "sha256": one.digest} for one in files],
        }
        differing = [
            f"{part.benchmark['id']}: {metric.sentence()}"
            for part in self.parts
            for metric in part.metrics
            if not metric.agrees
        ]
        found: dict[str, JSON] = {
            "source": source | ({"version": self.version} if self.version else {}),
            "harness": self.harness,
            "model": {"name": self.model},
            "results": [part.to_json() for part in self.parts],
            "remarks": [*differing, *self.remarks],
            "unknown": list(_NEVER_SAID),
        }
        return found | ({"evaluator": self.evaluator} if self.evaluator else {})


def number_of(value: JSON) -> int | str | None:
    """Return `value` as a statement holds numbers; None where it is no finite number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str) or len(value) > _LONGEST or not _DECIMAL.fullmatch(value):
        return None
    return value if abs(Decimal(value)) <= _LARGEST else None


def estimate_of(scores: Sequence[Number], clusters: Sequence[str] | None = None) -> Estimate | None:
    """Return the mean of `scores` with its interval: Wilson's where all lie from 0 to 1; None where there are none."""
    if not scores:
        return None
    if clusters is None and all(score in (0, 1) for score in scores):
        return counted(int(sum(scores)), len(scores))
    shares = all(0 <= score <= 1 for score in scores)
    found = (mean_of_shares if shares else mean)(scores, clusters)
    return found if abs(rounded(found.value)) <= _LARGEST else None


def counted(hits: int, n: int) -> Estimate:
    """Return the share of `hits` among `n` with Wilson's interval, whatever their number, in no memory.

    Raises:
        EvaluationError: there are no samples, or more hits than samples.
    """
    bounds = wilson_bounds(hits, n, _LEVEL)
    with localcontext(WORK):
        value = Decimal(hits) / n
        stderr = (value * (1 - value) / (n - 1)).sqrt() if 0 < hits < n else Decimal(0)
    return Estimate(value, stderr, n, n, bounds, _LEVEL, "wilson")

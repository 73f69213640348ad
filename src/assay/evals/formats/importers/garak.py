"""Reports of garak: JSONL with a set-up, attempts, and one `eval` line for each probe and detector.

garak counts: what it reports is how many outputs passed. The rate is that of those which did not, and its interval is
computed here from the counts, so that no failure among 51 still allows for 7 %, where garak reports nothing, or a
bootstrap interval of width zero. What it reports stands beside ours.
Source: NVIDIA/garak, `garak/evaluators/base.py`, `garak/attempt.py`, `garak/command.py`, 0.17.1 (read 2026-11).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from assay.canonical import JSON
from assay.errors import EvaluationError
from assay.evals.formats.given import Given, needed, part
from assay.evals.formats.imported import Imported, Metric, Part, counted, estimate_of, number_of
from assay.evals.formats.reported import known_counts, known_texts
from assay.evals.statistics import share
from assay.evals.statistics.clustered import Number
from assay.statements.fields import Field

__all__ = ["read", "recognises"]

_COMPLETE = 2
"""Status of an attempt whose outputs were judged; before, the same attempt stands there with another."""
_PREFIX = "detector."
"""Older reports put it before the name of a detector."""
_MOST = 10_000_000


class _Judged(NamedTuple):
    """What a detector said of the outputs of one probe's attempts."""

    scores: list[Decimal]
    attempts: list[str]
    """Of each score, which attempt it belongs to."""


def recognises(first: Given) -> bool:
    """Say whether it is a report of garak."""
    return isinstance(first.start.get("entry_type"), str)


def read(files: Sequence[Given]) -> Imported:
    """Return what a report says; it holds its attempts itself, so there are no further files.

    Raises:
        EvaluationError: it is damaged, or there is another file.
        StatementError: a field is wrong; the message begins with its path.
    """
    first = files[0]
    if len(files) > 1:
        raise EvaluationError(f"{files[1].name}: a report of garak holds its attempts itself", hint="Give it alone.")
    setup: dict[str, JSON] = {}
    harness: dict[str, JSON] = {"name": "garak"}
    judged: dict[tuple[str, str], _Judged] = defaultdict(lambda: _Judged([], []))
    evals: list[Field] = []
    ended = False
    for line in first.lines():
        kind = line.mapping().get("entry_type")
        if kind == "start_run setup":
            setup = {key: value for key, value in line.mapping().items() if key.startswith(("plugins.", "run."))}
        elif kind == "init":
            harness |= known_texts(line, {"version": "garak_version"})
        elif kind == "attempt" and line.mapping().get("status") == _COMPLETE:
            _judge(line, judged)
        elif kind == "eval":
            evals.append(line)
        ended |= kind == "completion"
    threshold = number_of(setup.get("run.eval_threshold"))
    parts = list(_parts(evals, judged, Decimal(threshold) if threshold is not None else None, _sampling(setup)))
    remarks = list(_remarks(evals, ended=ended, judged=bool(judged)))
    return Imported("garak report", None, harness, _target(setup), parts, remarks)


def _judge(line: Field, judged: dict[tuple[str, str], _Judged]) -> None:
    probe = needed(line, "probe_classname").text(most=200)
    attempt = str(line.mapping().get("uuid") or line.path)
    results = part(line, "detector_results")
    for detector in results.mapping() if results else ():
        found = judged[probe, detector.removeprefix(_PREFIX)]
        for score in results[detector].each(most=_MOST) if results else ():
            if score.value is None:
                continue  # garak counts it as neither passed nor failed
            if (number := number_of(score.value)) is None:
                raise score.fault("expected a number")
            found.scores.append(Decimal(number))
            found.attempts.append(attempt)


def _parts(
    evals: list[Field],
    judged: dict[tuple[str, str], _Judged],
    threshold: Decimal | None,
    sampling: dict[str, JSON],
) -> Iterator[Part]:
    probes: dict[str, list[Field]] = defaultdict(list)
    for line in evals:
        probes[needed(line, "probe").text(most=200)].append(line)
    for probe, lines in probes.items():
        metrics = []
        for line in lines:
            detector = needed(line, "detector").text(most=200).removeprefix(_PREFIX)
            found = _metric(line, detector, judged.get((probe, detector)), threshold)
            if found is not None:
                metrics.append(found)
        if metrics:
            yield Part({"id": probe}, metrics, _counted(lines), sampling, {})


def _metric(line: Field, detector: str, judged: _Judged | None, threshold: Decimal | None) -> Metric | None:
    passed, total = needed(line, "passed").count(), _total(line)
    if total == 0:
        return None
    if passed > total:
        raise line["passed"].fault(f"more than the {total:,} that were evaluated")
    said: dict[str, JSON] = {"name": detector, "value": str(share(total - passed, total)), "n": total,
                             "direction": "lower", "unit": "failure rate"}  # fmt: skip
    if (interval := _interval(line)) is not None:
        said["ci"] = interval
    hits = [] if judged is None else _hits(judged.scores, threshold)
    if judged is None or not hits:
        return Metric(said, counted(total - passed, total), "counts")
    # Several outputs to one prompt are alike, so they count as a cluster.
    several = len(set(judged.attempts)) < len(hits)
    return Metric(said, estimate_of(hits, judged.attempts if several else None))


def _hits(scores: list[Decimal], threshold: Decimal | None) -> list[Number]:
    """Return which scores are failures; none where nobody says from which score on one is.

    The report leaves the threshold out where it is no integer; scores of 0 and 1 need none.
    """
    if threshold is not None:
        return [int(score >= threshold) for score in scores]
    return [int(score) for score in scores] if all(score in (0, 1) for score in scores) else []


def _total(line: Field) -> int:
    """Return how many outputs were evaluated; `total` in reports up to 0.13."""
    return (part(line, "total") or needed(line, "total_evaluated")).count()


def _interval(line: Field) -> dict[str, JSON] | None:
    keys = {"low": "confidence_lower", "high": "confidence_upper", "level": "confidence"}
    found = {ours: number_of(line.mapping().get(theirs)) for ours, theirs in keys.items()}
    if any(value is None for value in found.values()):
        return None
    return {**found, **known_texts(line, {"method": "confidence_method"})}


def _counted(lines: list[Field]) -> dict[str, JSON]:
    """Return the counts of a probe that several detectors looked at, where all say the same."""
    names = {"n_scheduled": "total_processed", "n_scored": "total_evaluated", "n_errored": "nones"}
    found = [known_counts(line, names) for line in lines]
    return found[0] if all(one == found[0] for one in found) else {}


def _target(setup: dict[str, JSON]) -> str:
    kind = setup.get("plugins.target_type") or setup.get("plugins.model_type")
    name = setup.get("plugins.target_name") or setup.get("plugins.model_name")
    return " ".join(text for text in (kind, name) if isinstance(text, str) and text)[:1000] or "unknown"


def _sampling(setup: dict[str, JSON]) -> dict[str, JSON]:
    return known_counts(Field(setup, "setup"), {"seed": "run.seed", "epochs": "run.generations"})


def _remarks(evals: list[Field], *, ended: bool, judged: bool) -> Iterator[str]:
    if not ended:
        yield "the report says nothing of the end of the run, so probes may be missing"
    if evals and not judged:
        yield "the report holds no judged attempts, so rates were recomputed from its counts"
    for line in evals:
        if _total(line) == 0:
            yield f"{line['probe'].text()}: {line['detector'].text()} judged no output"

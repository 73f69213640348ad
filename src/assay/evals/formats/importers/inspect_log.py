"""Logs of inspect_ai, version 2: one JSON document, or an `.eval` archive with a member for each sample.

Source: UKGovernmentBEIS/inspect_ai, `src/inspect_ai/log/_log.py` and `scorer/_metric.py`, 0.3.285 (read 2026-11).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, localcontext

from assay.canonical import JSON
from assay.errors import EvaluationError
from assay.evals.formats.archive import members
from assay.evals.formats.given import Given, needed, part
from assay.evals.formats.imported import Imported, Metric, Part, estimate_of, number_of
from assay.evals.formats.reported import known_counts, known_texts, sampling_of
from assay.evals.statistics.clustered import Number
from assay.evals.statistics.special import WORK
from assay.statements.fields import Field

__all__ = ["read", "recognises"]

_MEANS = ("accuracy", "mean")
"""Metrics that are the mean over samples; others are kept as they are reported."""
_WORDS: Mapping[JSON, Number] = {
    "C": 1, "I": 0, "P": Decimal("0.5"), "N": 0, "yes": 1, "true": 1, "no": 0, "false": 0
}  # fmt: skip
_Scores = dict[str, list[Number]]
"""Sample id to one score for each epoch."""


def recognises(first: Given) -> bool:
    """Say whether it is a log of inspect_ai."""
    return first.is_zip or {"status", "eval", "plan"} <= first.start.keys()


def read(files: Sequence[Given]) -> Imported:
    """Return what a log reports; its samples stand in it, so there are no further files.

    Raises:
        EvaluationError: it is of another version, damaged, or there is another file.
        StatementError: a field is wrong; the message begins with its path.
        MissingExtraError: the archive needs a package to be unpacked.
    """
    first = files[0]
    if len(files) > 1:
        raise EvaluationError(f"{files[1].name}: a log of inspect_ai holds its samples itself", hint="Give it alone.")
    if first.is_zip:
        log, samples = _from_archive(first)
    else:
        log = first.whole()
        samples = log["samples"].each() if part(log, "samples") else iter(())
    if needed(log, "version").value != 2:
        raise EvaluationError(f"{first.name}: is no log of version 2", hint="Convert it: inspect log convert")
    spec = needed(log, "eval")
    taken = _Samples()
    for sample in samples:
        taken.add(sample)
    packages = part(spec, "packages")
    return Imported(
        "inspect_ai log",
        "2",
        {"name": "inspect_ai"} | (known_texts(packages, {"version": "inspect_ai"}) if packages else {}),
        needed(spec, "model").text(most=1000),
        [Part(_benchmark(spec), list(_metrics(log, taken)), _counted(log, taken), _sampling(log), taken.texts)],
        list(_remarks(log, taken)),
    )


class _Samples:
    """What is kept of each sample: its scores by scorer, and what the model said."""

    def __init__(self) -> None:
        self.scores: dict[tuple[str, str | None], _Scores] = defaultdict(lambda: defaultdict(list))
        """By scorer, and by key where it gives several scores."""
        self.unread: set[str] = set()
        """Scorers with a score that is no number."""
        self.answers: dict[str, str] = {}
        self.several = False
        """Whether a sample was asked more than once."""
        self.count = self.failed = 0

    def add(self, sample: Field) -> None:
        name = str(sample.mapping().get("id"))
        failed = part(sample, "error") is not None
        self.count += 1
        self.failed += failed
        output = None if failed else part(sample, "output")
        said = output and part(output, "completion")
        self.several |= name in self.answers
        if said is not None and isinstance(said.value, str):
            self.answers[name] = said.value
        scores = part(sample, "scores")
        for scorer, score in (scores.mapping() if scores else {}).items():
            value = score.get("value") if isinstance(score, dict) else None
            for key, one in value.items() if isinstance(value, dict) else [(None, value)]:
                if (number := _number(one)) is None:
                    self.unread.add(scorer)
                else:
                    self.scores[scorer, key][name].append(number)

    @property
    def texts(self) -> dict[str, str]:
        """What the model said to each sample, where it was asked once."""
        return {} if self.several else self.answers

    def of(self, scorer: str, name: str) -> list[Number]:
        """Return the mean score of each sample, in order of its id."""
        found = self.scores.get((scorer, None)) or self.scores.get((scorer, name)) or {}
        with localcontext(WORK):
            return [_mean(found[key]) for key in sorted(found)]


def _mean(scores: list[Number]) -> Number:
    return scores[0] if len(scores) == 1 else sum(map(Decimal, scores), Decimal(0)) / len(scores)


def _from_archive(first: Given) -> tuple[Field, Iterator[Field]]:
    found = members(first)
    log = found.one("header.json")
    if log is None:
        raise EvaluationError(
            f"{first.name}: has no header.json: it is no log of inspect_ai, or its run did not end",
            hint="Let the run end first.",
        )
    return log, found.all("samples/")


def _benchmark(spec: Field) -> dict[str, JSON]:
    found: dict[str, JSON] = {"id": needed(spec, "task").text(most=1000)}
    if (version := spec.mapping().get("task_version")) is not None:
        found["version"] = str(version)
    if (dataset := part(spec, "dataset")) is not None:
        found |= known_texts(dataset, {"dataset": "name"}) | known_texts(dataset, {"dataset": "location"})
        found |= known_counts(dataset, {"n_total": "samples"})
    if (revision := part(spec, "revision")) is not None:
        found |= known_texts(revision, {"revision": "commit"})
    return found


def _metrics(log: Field, taken: _Samples) -> Iterator[Metric]:
    for score, scorer in _reported(log):
        name = needed(score, "name").text(most=200)
        numbers = {key: _value_of(one) for key, one in needed(score, "metrics").mapping().items()}
        for key, value in numbers.items():
            if value is None or key == "stderr":
                continue
            said: dict[str, JSON] = {"name": f"{name}/{key}", "value": value}
            said |= known_counts(score, {"n": "scored_samples"})
            again = None
            if key in _MEANS:
                if numbers.get("stderr") is not None:
                    said["stderr"] = numbers["stderr"]
                if score.mapping().get("reducer") in (None, "mean") and scorer not in taken.unread:
                    again = estimate_of(taken.of(scorer, name))
            yield Metric(said, again)


def _value_of(metric: JSON) -> int | str | None:
    return number_of(metric.get("value") if isinstance(metric, dict) else metric)


def _number(value: JSON) -> Number | None:
    """Return a score as inspect_ai turns it into a number."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and (word := _WORDS.get(value, _WORDS.get(value.lower()))) is not None:
        return word
    number = number_of(value)
    return None if number is None else Decimal(number)


def _counted(log: Field, taken: _Samples) -> dict[str, JSON]:
    results = part(log, "results")
    found = known_counts(results, {"n_scheduled": "total_samples", "n_scored": "completed_samples"}) if results else {}
    return found | ({"n_errored": taken.failed} if taken.count else {})


def _sampling(log: Field) -> dict[str, JSON]:
    plan, spec = part(log, "plan"), needed(log, "eval")
    config = plan and part(plan, "config")
    found = sampling_of(config, stop="stop_seqs") if config else {}
    if (run := part(spec, "config")) is not None:
        found |= known_counts(run, {"epochs": "epochs"})
    return found


def _remarks(log: Field, taken: _Samples) -> Iterator[str]:
    if (status := needed(log, "status").text(most=100)) != "success":
        yield f"the run did not end well: its status is {status}"
    if log.mapping().get("invalidated") is True:
        yield "its evaluator declared the log invalid"
    if not taken.count:
        yield "the log holds no samples, so nothing was recomputed"
    scored = taken.unread | {scorer for scorer, _ in taken.scores}
    for scorer in dict.fromkeys(scorer for _, scorer in _reported(log)):
        if scorer in taken.unread:
            yield f"a score by {scorer} is no number, so nothing of it was recomputed"
        elif taken.count and scorer not in scored:
            yield f"no sample has a score by {scorer}, so nothing of it was recomputed"


def _reported(log: Field) -> Iterator[tuple[Field, str]]:
    """Yield each score that the log sums up, with its scorer."""
    results = part(log, "results")
    scores = results and part(results, "scores")
    for score in scores.each(most=10_000) if scores else ():
        yield score, (part(score, "scorer") or needed(score, "name")).text(most=200)

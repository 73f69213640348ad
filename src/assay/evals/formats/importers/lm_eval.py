"""Results of lm_eval: `results_*.json`, and beside it `samples_<task>_*.jsonl`, one file for each task.

Source: EleutherAI/lm-evaluation-harness, `lm_eval/loggers/evaluation_tracker.py` and what 0.4.13 writes (read 2026-11).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from assay.canonical import JSON
from assay.errors import EvaluationError
from assay.evals.formats.given import Given, needed, part
from assay.evals.formats.imported import Imported, Metric, Part, estimate_of, number_of
from assay.evals.formats.reported import known_counts, known_texts, sampling_of
from assay.evals.statistics.clustered import Number
from assay.statements.fields import Field

__all__ = ["read", "recognises"]

_MEANS = ("acc", "acc_norm", "exact_match", "em", "mc1", "mc2")
"""Metrics that are the mean over samples where the task does not say how it aggregates."""
_STDERR = "_stderr"


def recognises(first: Given) -> bool:
    """Say whether it is a file of results of lm_eval."""
    return {"results", "configs", "versions"} <= first.start.keys()


def read(files: Sequence[Given]) -> Imported:
    """Return what a file of results reports; the further files are samples, each told by its name.

    Raises:
        EvaluationError: a file is damaged, or one of samples is of no task of the results.
        StatementError: a field is wrong; the message begins with its path.
    """
    first = files[0]
    root = first.whole()
    tasks = needed(root, "results").mapping()
    samples: dict[str, _Samples] = {}
    for one in files[1:]:
        samples[_task_of(one, tasks)] = _samples(one)
    parts, remarks = [], []
    for task in tasks:
        taken = samples.get(task, _Samples())
        parts.append(_part(root, task, taken))
        if not taken.count:
            remarks.append(f"{task}: there are no samples, so nothing was recomputed")
        remarks += [f"{task}: {metric} is no number of each sample" for metric in sorted(taken.unread)]
    version = known_texts(root, {"version": "lm_eval_version"})
    model = known_texts(root, {"name": "model_name"}) or known_texts(needed(root, "config"), {"name": "model"})
    if not model:
        raise EvaluationError(f"{first.name}: names no model", hint="Give the file as lm_eval wrote it.")
    return Imported("lm_eval results", None, {"name": "lm_eval"} | version, str(model["name"]), parts, remarks)


@dataclass(slots=True)
class _Samples:
    """What is kept of the samples of one task."""

    scores: dict[tuple[str, str], list[Number]] = field(default_factory=lambda: defaultdict(list))
    """By metric and filter."""
    unread: set[str] = field(default_factory=set)
    answers: dict[str, str] = field(default_factory=dict)
    several: bool = False
    """Whether a document has several lines, one for each filter."""
    count: int = 0


def _task_of(one: Given, tasks: Mapping[str, JSON]) -> str:
    fitting = [task for task in tasks if one.name.startswith(f"samples_{task.replace('/', '__')}_")]
    if not fitting:
        raise EvaluationError(
            f"{one.name} holds samples of no task in the results", hint="Leave its name as lm_eval gave it."
        )
    return max(fitting, key=len)


def _samples(one: Given) -> _Samples:
    found = _Samples()
    for line in one.lines():
        found.count += 1
        sample = line.mapping()
        name, filter_ = str(sample.get("doc_id")), str(sample.get("filter", "none"))
        metrics = part(line, "metrics")
        for metric in metrics.each(most=1000) if metrics else ():
            value = sample.get(metric.text(most=200))
            if (number := number_of(int(value) if isinstance(value, bool) else value)) is None:
                found.unread.add(metric.text())
            else:
                found.scores[metric.text(), filter_].append(Decimal(number))
        said = part(line, "filtered_resps")
        texts = said.value if said is not None and isinstance(said.value, list) else []
        found.several |= name in found.answers
        if len(texts) == 1 and isinstance(texts[0], str):
            found.answers[name] = texts[0]
    return found


def _part(root: Field, task: str, taken: _Samples) -> Part:
    config = _under(root, "configs", task)
    generation = config and part(config, "generation_kwargs")
    counts = _under(root, "n-samples", task)
    return Part(
        _benchmark(root, task),
        list(_metrics(root, task, taken)),
        known_counts(counts, {"n_scheduled": "effective"}) if counts else {},
        sampling_of(generation, max_tokens="max_gen_toks", stop="until") if generation else {},
        {} if taken.several else taken.answers,
    )


def _benchmark(root: Field, task: str) -> dict[str, JSON]:
    found: dict[str, JSON] = {"id": task}
    if (version := _under(root, "versions", task)) is not None:
        found["version"] = str(version.value)[:100]
    if (config := _under(root, "configs", task)) is not None:
        found |= known_texts(config, {"dataset": "dataset_path", "split": "test_split"})
    if (counts := _under(root, "n-samples", task)) is not None:
        found |= known_counts(counts, {"n_total": "original"})
    if (shots := part(root, "n-shot")) is not None:
        found |= known_counts(shots, {"few_shot": task})
    if (digest := _under(root, "task_hashes", task)) is not None:
        found["task_digest"] = digest.hex()
    return found


def _metrics(root: Field, task: str, taken: _Samples) -> Iterator[Metric]:
    numbers = {key: number_of(value) for key, value in needed(root, "results", task).mapping().items() if "," in key}
    better = _under(root, "higher_is_better", task)
    counts = _under(root, "n-samples", task)
    means = _means(_under(root, "configs", task))
    for key, value in numbers.items():
        metric, filter_ = key.split(",", 1)
        if value is None or metric.endswith(_STDERR):
            continue
        said: dict[str, JSON] = {"name": key if filter_ != "none" else metric, "value": value}
        said |= known_counts(counts, {"n": "effective"}) if counts else {}
        if (stderr := numbers.get(f"{metric}{_STDERR},{filter_}")) is not None:
            said["stderr"] = stderr
        higher = better.mapping().get(metric) if better else None
        if isinstance(higher, bool):
            said["direction"] = "higher" if higher else "lower"
        scores = taken.scores.get((metric, filter_), []) if metric not in taken.unread else []
        yield Metric(said, estimate_of(scores) if metric in means else None)


def _means(config: Field | None) -> set[str]:
    """Return the metrics of a task that are the mean over samples."""
    listed = config and part(config, "metric_list")
    said = {
        str(one.mapping().get("metric")): one.mapping().get("aggregation") for one in (listed.each() if listed else ())
    }
    return {metric for metric in {*said, *_MEANS} if said.get(metric) in (None, "mean") and (said or metric in _MEANS)}


def _under(root: Field, key: str, task: str) -> Field | None:
    table = part(root, key)
    return table and part(table, task)

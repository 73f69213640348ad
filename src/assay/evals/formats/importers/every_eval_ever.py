"""Records of Every Eval Ever, 0.2 and 0.3: an aggregate, and beside it its `_samples.jsonl`.

Source: evaleval/every_eval_ever, `every_eval_ever/schemas/`, version 0.3.0 (read 2026-11).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from assay.canonical import JSON
from assay.errors import EvaluationError
from assay.evals.formats.every_eval_ever import RELATIONSHIPS
from assay.evals.formats.given import Given, needed, part
from assay.evals.formats.imported import Imported, Metric, Part, estimate_of, number_of
from assay.evals.formats.reported import known_counts, known_texts, sampling_of
from assay.evals.statistics.clustered import Number
from assay.statements.fields import Field

__all__ = ["read", "recognises"]

_VERSIONS = ("0.2.", "0.3.")
_PERCENT = 100
_Scores = Mapping[str, list[Number]]
"""What joins a sample to a metric, to the scores."""


def recognises(first: Given) -> bool:
    """Say whether it is a record of Every Eval Ever."""
    return {"schema_version", "evaluation_results", "model_info"} <= first.start.keys()


def read(files: Sequence[Given]) -> Imported:
    """Return what a record reports; one further file holds its samples.

    Raises:
        EvaluationError: it is of another version, or the samples are not those that it names.
        StatementError: a field is wrong; the message begins with its path.
    """
    first = files[0]
    root = first.whole()
    version = needed(root, "schema_version").text(most=100)
    if not version.startswith(_VERSIONS):
        raise EvaluationError(f"{first.name}: is of version {version[:50]!a}", hint="Versions 0.2 and 0.3 are known.")
    if len(files) > 2:
        raise EvaluationError(f"{files[2].name}: a record has one file of samples", hint="Give only that.")
    scores = _scores(root, files[1]) if len(files) > 1 else {}
    source = needed(root, "source_metadata")
    library = needed(root, "eval_library")
    return Imported(
        "every_eval_ever record",
        version,
        {"name": needed(library, "name").text(most=200)} | _version(library),
        needed(root, "model_info", "id").text(most=1000),
        list(_parts(root, scores)),
        [] if scores else ["there are no samples, so nothing was recomputed"],
        _evaluator(source),
    )


def _version(library: Field) -> dict[str, JSON]:
    found = known_texts(library, {"version": "version"})
    return found if found.get("version") != "unknown" else {}


def _evaluator(source: Field) -> dict[str, JSON]:
    known = {theirs: ours for ours, theirs in RELATIONSHIPS.items()}
    said = source.mapping().get("evaluator_relationship")
    found = known_texts(source, {"identity": "source_organization_name"})
    return found | ({"relationship": known[said]} if isinstance(said, str) and said in known else {})


def _scores(root: Field, samples: Given) -> _Scores:
    named = part(root, "detailed_evaluation_results")
    told = named.mapping() if named else {}
    if told.get("hash_algorithm") == "sha256" and told.get("checksum") not in (None, samples.digest):
        raise EvaluationError(
            f"{samples.name} has the digest {samples.digest}, the record names another",
            hint="Give the samples that belong to the record.",
        )
    found: dict[str, list[Number]] = defaultdict(list)
    for line in samples.lines():
        if (record := needed(line, "evaluation_id")).value != needed(root, "evaluation_id").value:
            raise record.fault("is that of another record")
        score = needed(line, "evaluation", "score")
        if (number := number_of(score.value)) is None:
            raise score.fault("expected a number")
        joined = part(line, "evaluation_result_id") or needed(line, "evaluation_name")
        found[joined.text(most=1000)].append(Decimal(number))
    return found


def _parts(root: Field, scores: _Scores) -> Iterator[Part]:
    results: dict[str, list[Field]] = defaultdict(list)
    for one in needed(root, "evaluation_results").each(least=1, most=10_000):
        results[needed(one, "evaluation_name").text(most=1000)].append(one)
    for name, listed in results.items():
        first = listed[0]
        benchmark = {"id": name} | _dataset(needed(first, "source_data"))
        generation = part(first, "generation_config")
        taken = generation and part(generation, "generation_args")
        metrics = list(_metrics(listed, scores, alone=len(listed) == 1))
        yield Part(benchmark, metrics, {}, sampling_of(taken) if taken else {}, {})


def _dataset(source: Field) -> dict[str, JSON]:
    found = known_texts(source, {"dataset": "dataset_name"}) | known_texts(source, {"split": "hf_split"})
    found |= known_texts(source, {"dataset": "hf_repo"}) | known_counts(source, {"n_total": "samples_number"})
    url = part(source, "url")
    if url is not None and isinstance(url.value, list) and url.value and isinstance(url.value[0], str):
        found["dataset"] = url.value[0][:1000] or "unknown"
    return found


def _metrics(listed: list[Field], scores: _Scores, *, alone: bool) -> Iterator[Metric]:
    seen: dict[str, int] = defaultdict(int)
    for one in listed:
        config, details = needed(one, "metric_config"), needed(one, "score_details")
        score = needed(details, "score")
        if (value := number_of(score.value)) is None:
            raise score.fault("expected a finite number")
        said = known_texts(config, {"name": "metric_name"}) | known_texts(config, {"name": "metric_id"})
        name = str(said.get("name", "score"))[:200]
        seen[name] += 1
        said |= {"name": name if seen[name] == 1 else f"{name} #{seen[name]}", "value": value}
        said |= known_texts(config, {"unit": "metric_unit"}) | _direction(config) | _uncertainty(details)
        joined = part(one, "evaluation_result_id")
        found = scores.get(joined.text(most=1000), []) if joined else []
        if not found and alone:
            found = scores.get(one["evaluation_name"].text(), [])
        scale = _PERCENT if said.get("unit") == "percent" and all(0 <= score <= 1 for score in found) else 1
        yield Metric(said, estimate_of([score * scale for score in found]))


def _direction(config: Field) -> dict[str, JSON]:
    lower = config.mapping().get("lower_is_better")
    return {"direction": "lower" if lower else "higher"} if isinstance(lower, bool) else {}


def _uncertainty(details: Field) -> dict[str, JSON]:
    told = part(details, "uncertainty")
    if told is None:
        return {}
    found = known_counts(told, {"n": "num_samples"})
    error = part(told, "standard_error")
    if error is not None and (value := number_of(error.mapping().get("value"))) is not None:
        found["stderr"] = value
    interval = part(told, "confidence_interval")
    if interval is not None:
        keys = {"low": "lower", "high": "upper", "level": "confidence_level"}
        ends = {ours: number_of(interval.mapping().get(theirs)) for ours, theirs in keys.items()}
        known = {ours: end for ours, end in ends.items() if end is not None}
        if {"low", "high"} <= known.keys():
            found["ci"] = known | known_texts(interval, {"method": "method"})
    return found

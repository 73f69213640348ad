"""A signed result as a record of Every Eval Ever 0.3.0: the aggregate, and where its samples file lies.

What the schema has a place for stands there; all else of the statement goes under its path, such as
`environment.torch`, into the texts that the schema calls additional details. Nothing is made up: what the statement
does not say is left out, is called `unknown` where the schema has that word, or is asked for.
Source: evaleval/every_eval_ever, `every_eval_ever/schemas/eval.schema.json`, version 0.3.0 (read 2026-11).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from assay.canonical import JSON, canonical_json
from assay.errors import EvaluationError
from assay.evals.formats.exported import Exported, plain_number
from assay.evals.metrics import METRICS

__all__ = ["RELATIONSHIPS", "SCHEMA_VERSION", "Names", "aggregate", "lower_is_better", "names_of"]

SCHEMA_VERSION = "0.3.0"
RELATIONSHIPS = {"first": "first_party", "third": "third_party", "collaborative": "collaborative"}

_ENGINES = ("onnxruntime", "transformers", "torch")
"""Libraries that run weights, as an environment names them; the first one there is what the model was run by."""
_SHARES = ("wilson", "wilson-clustered", "clopper-pearson")
"""Intervals of metrics that lie from 0 to 1."""
_ELSEWHERE = ("contamination", "evaluator", "judge", "reproduces", "samples")
"""Parts of a result that no object of the schema is about."""
_UNPORTABLE = re.compile(r'[<>:"\\|?*\x00-\x1f/]')
_Texts = dict[str, JSON]


class Names(NamedTuple):
    """What a record is called, and where it lies."""

    benchmark: str
    evaluation: str
    """Of this run: the same for the same statement, whenever it is written."""
    model: str
    """`ORG/NAME`."""
    folder: str
    """`data/<collection>/<developer>/<model>`."""
    file: str
    """A version 4 UUID made of the statement's digest, so that who exports twice has one record."""

    @property
    def samples(self) -> str:
        """Path of the samples file."""
        return f"{self.folder}/{self.file}_samples.jsonl"

    def result(self, metric: str) -> str:
        """Return what joins a sample to the metric that it counts for."""
        return f"{self.evaluation}/{metric}"


def names_of(one: Exported) -> Names:
    """Return what the record of a result is called.

    Raises:
        EvaluationError: nobody says what the model is called, or a name cannot be one of a folder.
    """
    model = one.model or str(one.predicate["model"].get("name", ""))
    developer, slash, name = model.partition("/")
    benchmark = str(one.predicate["benchmark"]["id"])
    if not (slash and _is_folder(developer) and _is_folder(name)):
        raise EvaluationError(
            f"a record of Every Eval Ever names its model as ORG/NAME, not {model!r}", hint="Say how with --name."
        )
    if not _is_folder(benchmark):
        raise EvaluationError(f"the benchmark's id {benchmark!r} cannot name a folder", hint="Publish another form.")
    return Names(
        benchmark,
        f"{benchmark}/{model}/{one.statement[:16]}",
        model,
        f"data/{benchmark}/{developer}/{name}",
        str(uuid.UUID(hex=one.statement[:32], version=4)),
    )


def aggregate(one: Exported, written: int) -> dict[str, JSON]:
    """Return the record of a result, without samples; `written` is now, in seconds since 1970.

    Raises:
        EvaluationError: a required field is known to nobody.
    """
    said, names = one.predicate, names_of(one)
    organisation = one.organisation or said["evaluator"].get("identity")
    if not organisation:
        raise EvaluationError(
            "a record of Every Eval Ever names who provides the result", hint="Say who with --organisation."
        )
    rest = {key: said[key] for key in _ELSEWHERE if key in said}
    source: dict[str, JSON] = {
        "source_name": "Assay",
        "source_type": "evaluation_run",
        "source_organization_name": organisation,
        "evaluator_relationship": RELATIONSHIPS[said["evaluator"]["relationship"]],
        "additional_details": {"statement_sha256": one.statement, **({"statement_url": one.url} if one.url else {})}
        | _texts(rest, without=("evaluator.relationship", "evaluator.identity")),
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": names.evaluation,
        "retrieved_timestamp": str(written),
        "source_metadata": source,
        "eval_library": _library(said),
        "model_info": _model(said, names.model),
        "evaluation_results": [_metric(one, names, metric) for metric in said["metrics"]],
    }


def lower_is_better(metric: Mapping[str, JSON]) -> bool:
    """Say whether less of a metric is better, as it says itself or as everybody knows of one of that name.

    Raises:
        EvaluationError: nobody says.
    """
    direction, known = metric.get("direction"), METRICS.get(metric["name"].removeprefix("control_"))
    if direction is None and known is None:
        raise EvaluationError(
            f"the result does not say whether more of {metric['name']!r} is better",
            hint="Run the evaluation anew: results of today say so.",
        )
    return direction == "lower" if known is None or direction is not None else not known.higher_is_better


def _library(said: Mapping[str, JSON]) -> dict[str, JSON]:
    harness = said["harness"]
    details = _texts({"harness": harness, "cost": said.get("cost", {})}, without=("harness.name", "harness.version"))
    return {"name": harness["name"], "version": harness["version"]} | _details(details)


def _model(said: Mapping[str, JSON], name: str) -> dict[str, JSON]:
    model, environment = said["model"], said["environment"]
    ran = "endpoint" not in model and said["sampling"]["mode"] != "predictions"
    found: dict[str, JSON] = {"name": model.get("name", name), "id": name}
    if "endpoint" in model:
        found["inference_platform"] = model["endpoint"]
    engine = next((one for one in _ENGINES if one in environment), None)
    if ran and engine:
        found["inference_engine"] = {"name": engine, "version": environment[engine]}
    # Who has the weights ran them; whether all others may have them, a result does not say.
    known = {"deployment_type": "self_deployed" if ran else "unknown", "model_availability": "unknown"}
    texts = _texts({"model": model, "environment": environment}, without=("model.name", "model.endpoint"))
    return found | {"additional_details": known | texts}


def _metric(one: Exported, names: Names, metric: Mapping[str, JSON]) -> dict[str, JSON]:
    interval = metric["ci"]
    config: dict[str, JSON] = {
        "metric_id": metric["name"],
        "metric_name": metric["name"],
        "lower_is_better": lower_is_better(metric),
    }
    if interval is not None and interval["method"] in _SHARES:
        config |= {"metric_unit": "proportion", "score_type": "continuous", "min_score": 0, "max_score": 1}
    if "unit" in metric:
        config["metric_unit"] = metric["unit"]
    config |= _details(_texts({key: metric[key] for key in ("cluster_key", "epochs") if key in metric}))
    return {
        "evaluation_result_id": names.result(metric["name"]),
        "evaluation_name": names.benchmark,
        "source_data": _source_data(one),
        "metric_config": config,
        "score_details": {
            "score": plain_number(metric["value"]),
            "details": {"value": str(metric["value"])},
            "uncertainty": _uncertainty(metric),
        },
        "generation_config": _generation(one.predicate["sampling"]),
    }


def _uncertainty(metric: Mapping[str, JSON]) -> dict[str, JSON]:
    found: dict[str, JSON] = {"num_samples": metric["n"]}
    if "stderr" in metric:
        found["standard_error"] = {"value": plain_number(metric["stderr"])}
    if (interval := metric["ci"]) is not None:
        found["confidence_interval"] = {
            "lower": plain_number(interval["low"]),
            "upper": plain_number(interval["high"]),
            "confidence_level": plain_number(interval["level"]),
            "method": interval["method"],
        }
    return found


def _source_data(one: Exported) -> dict[str, JSON]:
    benchmark = one.predicate["benchmark"]
    if one.dataset is None:
        found: dict[str, JSON] = {"dataset_name": benchmark["id"], "source_type": "other"}
        return found | _details(_texts({"benchmark": benchmark}, without=("benchmark.id",)))
    found = {"dataset_name": benchmark["id"], "source_type": "hf_dataset", "hf_repo": one.dataset,
             "samples_number": benchmark["n_total"]}  # fmt: skip
    if "split" in benchmark:
        found["hf_split"] = benchmark["split"]
    return found | _details(
        _texts({"benchmark": benchmark}, without=("benchmark.id", "benchmark.n_total", "benchmark.split"))
    )


def _generation(sampling: Mapping[str, JSON]) -> dict[str, JSON]:
    taken = {key: sampling[key] for key in ("temperature", "top_p", "max_tokens") if sampling.get(key)}
    rest = {key: value for key, value in sampling.items() if key not in taken}
    found = _details(_texts(rest))
    if taken:
        found["generation_args"] = {key: plain_number(value) for key, value in taken.items()}
    return found


def _details(texts: _Texts) -> dict[str, JSON]:
    return {"additional_details": texts} if texts else {}


def _texts(values: Mapping[str, JSON], *, without: tuple[str, ...] = ()) -> _Texts:
    """Return every value as a text, called by its path; a list as canonical JSON."""
    return {path: text for path, text in _leaves(values, "") if path not in without}


def _leaves(values: Mapping[str, JSON], path: str) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        here = f"{path}{key}"
        if isinstance(value, dict):
            yield from _leaves(value, f"{here}.")
        elif isinstance(value, str):
            yield here, value
        elif value != []:
            yield here, canonical_json(value).decode()


def _is_folder(name: str) -> bool:
    """Say whether every system takes `name` for one folder, and the store of results does too."""
    return not (not name or name in (".", "..", "data") or name[-1] in ". " or _UNPORTABLE.search(name))

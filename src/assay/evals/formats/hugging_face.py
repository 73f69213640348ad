"""Results in the forms that cards hold: Hugging Face's `.eval_results/*.yaml`, and the older `model-index`.

Neither has a place for how sure a number is, so that stands in words beside it, with what names the signed statement.
Source: huggingface/hub-docs, `eval_results.yaml` and `modelcard.md` (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping

from assay.canonical import JSON
from assay.errors import EvaluationError
from assay.evals.formats.exported import Exported, plain_number

__all__ = ["eval_results", "model_index"]


def eval_results(one: Exported) -> list[JSON]:
    """Return the items of a file in `.eval_results/`: the benchmark's metric, as its `eval.yaml` calls the task.

    Raises:
        EvaluationError: nobody says which repo holds the benchmark's data.
    """
    if one.dataset is None:
        raise EvaluationError(
            "a file of .eval_results names the benchmark by the repo that holds its data", hint="Say which: --dataset."
        )
    metric = one.predicate["metrics"][0]
    item: dict[str, JSON] = {
        "dataset": {**_dataset(one, "id"), "task_id": one.predicate["benchmark"]["id"]},
        "value": plain_number(metric["value"]),
        "notes": _notes(one, metric),
    }
    return [item | _source(one)]


def model_index(one: Exported, name: str) -> list[JSON]:
    """Return the card's `model-index` with this result, for the model `name`."""
    metrics = [
        {"type": metric["name"], "name": _notes(one, metric), "value": plain_number(metric["value"])}
        for metric in one.predicate["metrics"]
    ]
    result: dict[str, JSON] = {
        "task": {"type": "text-generation"},
        "dataset": {**_dataset(one, "type"), "name": one.predicate["benchmark"]["id"]},
        "metrics": metrics,
    }
    return [{"name": name, "results": [result | _source(one)]}]


def _source(one: Exported) -> dict[str, JSON]:
    """Return where the statement can be had; a source without an address is refused by clients."""
    return {"source": {"name": f"assay {one.statement[:16]}", "url": one.url}} if one.url else {}


def _dataset(one: Exported, key: str) -> dict[str, JSON]:
    benchmark = one.predicate["benchmark"]
    return {key: one.dataset or benchmark["id"], "revision": benchmark["dataset_digest"]}


def _notes(one: Exported, metric: Mapping[str, JSON]) -> str:
    interval = metric["ci"]
    told = "no interval" if interval is None else f"{interval['low']} to {interval['high']} ({interval['method']})"
    return f"{metric['name']}, n = {metric['n']}, {told}; signed statement {one.statement}"

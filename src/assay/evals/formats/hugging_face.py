"""Results in the forms that cards hold: Hugging Face's `.eval_results/*.yaml`, and the older `model-index`.

Neither has a place for how sure a number is, so that stands in words beside it, with what names the signed statement.
Source: huggingface/hub-docs, `eval-results.md` and `modelcard.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from assay.canonical import JSON

__all__ = ["Exported", "eval_results", "model_index"]


class Exported(NamedTuple):
    """A result, and what a card says of it besides."""

    predicate: Mapping[str, JSON]
    """As `assay.statements.predicates.result` checks it."""
    statement: str
    """SHA-256 of its envelope."""
    dataset: str | None = None
    """The repo that holds the benchmark's data, `ORG/NAME`; None for the benchmark's own name."""
    url: str | None = None
    """Where the signed statement can be had."""


def eval_results(one: Exported) -> list[JSON]:
    """Return the items of a file in `.eval_results/`, one for each metric."""
    return [
        {
            "dataset": {**_dataset(one, "id"), "task_id": metric["name"]},
            "value": _number(metric["value"]),
            "source": {"name": f"assay {one.statement[:16]}"} | ({"url": one.url} if one.url else {}),
            "notes": _notes(one, metric),
        }
        for metric in one.predicate["metrics"]
    ]


def model_index(one: Exported, name: str) -> list[JSON]:
    """Return the card's `model-index` with this result, for the model `name`."""
    metrics = [
        {"type": metric["name"], "name": _notes(one, metric), "value": _number(metric["value"])}
        for metric in one.predicate["metrics"]
    ]
    result: dict[str, JSON] = {
        "task": {"type": "text-generation"},
        "dataset": {**_dataset(one, "type"), "name": one.predicate["benchmark"]["id"]},
        "metrics": metrics,
    }
    if one.url:
        result["source"] = {"name": f"assay {one.statement[:16]}", "url": one.url}
    return [{"name": name, "results": [result]}]


def _dataset(one: Exported, key: str) -> dict[str, JSON]:
    benchmark = one.predicate["benchmark"]
    return {key: one.dataset or benchmark["id"], "revision": benchmark["dataset_digest"]}


def _number(text: JSON) -> int | float:
    value = Decimal(text)
    return int(value) if value == int(value) else float(value)


def _notes(one: Exported, metric: Mapping[str, JSON]) -> str:
    interval = metric["ci"]
    told = "no interval" if interval is None else f"{interval['low']} to {interval['high']} ({interval['method']})"
    return f"{metric['name']}, n = {metric['n']}, {told}; signed statement {one.statement}"

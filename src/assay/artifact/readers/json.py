"""JSON: the document, pruned, the keys on which loaders act, and which keys stand twice."""

from __future__ import annotations

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.decision_trees import xgboost_facts
from assay.artifact.keras_objects import keras_facts
from assay.artifact.observation import Observation
from assay.artifact.text.documents import prune
from assay.artifact.text.json_document import JsonDocument, parse_json
from assay.artifact.text.json_runs import cut_runs
from assay.artifact.text.loader_keys import loader_keys, may_hold_loader_keys
from assay.artifact.text.textual import charge, decode, observed, problem_of, read_whole
from assay.canonical import JSON
from assay.errors import ReadError

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "json"
VERSION = 4

# The largest tokenizers in use are about 34 MB.
_LIMIT = 40 * 1024 * 1024


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:  # noqa: ARG001 (a Reader's form)
    """Return `document`, `pruned`, `loader_keys`, `duplicate_keys`, and `keras` or `xgboost` where there is any.

    What is no JSON is incomplete, though searched for secrets.

    Raises:
        BudgetError: it is larger than 40 MiB, or than the budget allows.
        ReadError: the blob ends early.
    """
    data = read_whole(blob, budget, _LIMIT)
    shorter = cut_runs(data)
    text: bytes | str = data
    stop = None
    document = JsonDocument()
    keys: list[JSON] = []
    keras = {}
    boosted: dict[str, JSON] = {}
    try:
        text = decode(shorter).text
        document = parse_json(text, budget)
        keras = keras_facts(text, document.value, budget)
        boosted = xgboost_facts(document.value, budget)
        if isinstance(document.value, dict | list) and may_hold_loader_keys(text):
            keys = loader_keys([document.value], budget)
    except ReadError as error:
        stop = problem_of(error)
    kept = prune(document.value)
    facts: dict[str, JSON] = {
        "document": kept.value,
        "pruned": kept.pruned,
        "loader_keys": keys,
        "duplicate_keys": document.duplicate_keys,
        **keras,
        **boosted,
    }
    charge(budget, facts)
    whole = text if shorter is data else data  # secrets are looked for in all of it
    problems = document.problems() + ([stop] if stop else [])
    return observed((FORMAT, VERSION), facts, whole, problems, complete=stop is None)

"""JSON: the document, pruned, the keys on which loaders act, and which keys stand twice."""

from __future__ import annotations

import re

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.decision_trees import xgboost_facts
from assay.artifact.json_pickles import KEY, JsonPickles, json_pickles
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
VERSION = 5

# The largest tokenizers in use are about 34 MB.
_LIMIT = 40 * 1024 * 1024
_MENTIONED = re.compile(re.escape(KEY) + r"|\\u00[2-7]")


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return `document`, `pruned`, `loader_keys`, `duplicate_keys`, and `keras` or `xgboost` where there is any.

    Pickles that stand in it as base64 are members, named by the keys that lead to them. What is no JSON is
    incomplete, though searched for secrets.

    Raises:
        BudgetError: it is larger than 40 MiB, or than the budget allows.
        ReadError: the blob ends early.
    """
    del path
    data = read_whole(blob, budget, _LIMIT)
    shorter = cut_runs(data)
    text: bytes | str = data
    stop = None
    document = JsonDocument()
    keys: list[JSON] = []
    keras = {}
    boosted: dict[str, JSON] = {}
    pickles = JsonPickles()
    try:
        text = decode(shorter).text
        document = parse_json(text, budget)
        keras = keras_facts(text, document.value, budget)
        boosted = xgboost_facts(document.value, budget)
        if isinstance(document.value, dict | list) and may_hold_loader_keys(text):
            keys = loader_keys([document.value], budget)
        pickles = _pickles(text, document, budget, depth)
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
    problems = [*document.problems(), *pickles.problems, *([stop] if stop else [])]
    complete = stop is None and not pickles.problems
    seen = observed((FORMAT, VERSION), facts, whole, problems, complete=complete)
    return seen._replace(members=pickles.members)


def _pickles(text: str, document: JsonDocument, budget: Budget, depth: int) -> JsonPickles:
    """Return the pickles in `document`; most hold none. Letters of the key may be written as escapes."""
    return json_pickles(document.value, budget, depth) if _MENTIONED.search(text) else JsonPickles()

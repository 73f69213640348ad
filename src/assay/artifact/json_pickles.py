"""Pickles that stand in JSON as base64, as Stable-Baselines3 keeps what is no plain value; each is read as a pickle.

Source: github.com/DLR-RM/stable-baselines3, stable_baselines3/common/save_util.py, `data_to_json` and `json_to_data`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple

from assay.artifact import readers
from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.observation import Observation, Problem
from assay.artifact.text.documents import clean
from assay.canonical import JSON
from assay.errors import BudgetError

__all__ = ["KEY", "JsonPickles", "json_pickles"]

KEY = ":serialized:"
"""The key of an object under which its pickle stands."""
_MOST = 1000
_PATH = 200
_FOREIGN = re.compile(r"[^A-Za-z0-9+/=]+")
_WHOLE = re.compile(r"[A-Za-z0-9+/]*+={0,2}")


class JsonPickles(NamedTuple):
    """What the pickles in a document hold, and why some could not be read."""

    members: tuple[tuple[str, Observation], ...] = ()
    problems: tuple[Problem, ...] = ()


def json_pickles(document: JSON, budget: Budget, depth: int) -> JsonPickles:
    """Read each pickle in a parsed `document` that stands `depth` containers deep.

    Raises:
        BudgetError: finding them takes more than the budget has left.
    """
    members: list[tuple[str, Observation]] = []
    problems: list[Problem] = []
    for name, text in _serialized(document, budget):
        if len(members) + len(problems) >= _MOST:
            problems.append(Problem("budget", f"holds more than {_MOST} pickles"))
            break
        try:
            found = _member(name, text, budget, depth)
        except BudgetError as error:
            problems.append(Problem("budget", f"{name}: {error}"))
            break
        if isinstance(found, Problem):
            problems.append(found)
        else:
            members.append((name, found))
    return JsonPickles(tuple(members), tuple(problems))


def _member(name: str, text: str, budget: Budget, depth: int) -> Observation | Problem:
    """Return what stands in one pickle, or why nothing can be seen in it."""
    budget.take_items(readers.MEMBER_COST)
    budget.take_bytes(len(text))
    # Loaders skip what is no letter of base64, and do not agree on what follows its end.
    letters = _FOREIGN.sub("", text)
    if not _WHOLE.fullmatch(letters):
        return Problem("not-base64", f"{name} goes on after its end in base64, which loaders read in different ways")
    try:
        data = base64.b64decode(letters)
    except binascii.Error:
        return Problem("not-base64", f"{name} is no base64, so the pickle in it cannot be read")
    reading = readers.read_blob(BytesBlob(data), budget, path=name, depth=depth + 1, known="pickle")
    return reading.observation or Problem("member-unread", f"{name}: {reading.reason}")


def _serialized(document: JSON, budget: Budget) -> Iterator[tuple[str, str]]:
    """Yield name and text of each pickle, in order."""
    waiting: list[tuple[str, JSON]] = [("", document)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            text = value.get(KEY)
            if isinstance(text, str):
                yield path or KEY, text
            pairs = [(f"{path}.{clean(key[:_PATH])}" if path else clean(key[:_PATH]), one) for key, one in value.items()
                     if isinstance(one, dict | list)]  # fmt: skip
        elif isinstance(value, list):
            pairs = [(f"{path}[{at}]", one) for at, one in enumerate(value) if isinstance(one, dict | list)]
        else:
            continue
        budget.take_items(len(pairs) + 1)
        waiting += [(name[:_PATH], one) for name, one in reversed(pairs)]

"""The schema of skops files (`schema.json` in a zip): which types and functions it names, and by which loader."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.notes import Notes
from assay.artifact.observation import Observation
from assay.artifact.readers import json as json_reader
from assay.artifact.text.documents import clean
from assay.artifact.text.json_document import parse_json
from assay.artifact.text.secrets import find_secrets
from assay.artifact.text.textual import decode, read_whole
from assay.canonical import JSON
from assay.errors import BudgetError, ReadError

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "skops"
VERSION = 1
_LIMIT = 40 * 1024 * 1024
_VALUES = 500_000
"""Values of the document, which take up to 300 bytes each while it is read."""
_MOST = 5000
_NAME = 200


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return the nodes of the schema, alike ones once; what is no such schema is read as plain JSON.

    Facts: `version` (of skops), `protocol`, `nodes`: `[loader, type, detail, count]`, where `detail` is the attribute a
    method or operator node reaches for, else null. `secrets`.

    Raises:
        BudgetError: it is larger than 40 MiB, or than the budget allows.
        ReadError: the blob ends early.
    """
    data = read_whole(blob, budget, _LIMIT)
    if data.count(b'"') > 4 * _VALUES:
        raise BudgetError("holds more texts than the limit allows")
    if b'"__loader__"' not in data and b"\\u" not in data:
        return json_reader.read(blob, budget, path=path, depth=depth)
    try:
        document = parse_json(decode(data).text, Budget(items=min(_VALUES, budget.items)))
    except BudgetError:
        raise
    except ReadError:
        return json_reader.read(blob, budget, path=path, depth=depth)
    notes = Notes(FORMAT, VERSION, budget, depth)
    notes.problems += document.problems()
    top = document.value if isinstance(document.value, dict) else {}
    nodes: dict[tuple[str, str, str | None], int] = {}
    with notes.until_broken():
        for key in _nodes(document.value):
            budget.take_items()
            if key not in nodes and len(nodes) >= _MOST:
                notes.stop("budget", f"names more than {_MOST:,} types")
                break
            if key not in nodes:
                budget.take_facts(sum(len(part or "") for part in key) + 16)
            nodes[key] = nodes.get(key, 0) + 1
    secrets = find_secrets(data)
    listed: list[JSON] = [[*key, count] for key, count in sorted(nodes.items(), key=str)]
    facts = {"version": _name(top.get("_skops_version")), "protocol": _name(top.get("protocol")), "nodes": listed}
    return notes.observation({**secrets.hide(facts), "secrets": secrets.to_json()})


def _nodes(document: JSON) -> Iterator[tuple[str, str, str | None]]:
    """Yield loader, type and detail of every node, without recursion."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
            if "__loader__" in value or "__module__" in value:
                module, class_ = _name(value.get("__module__")), _name(value.get("__class__"))
                yield _name(value.get("__loader__")), f"{module}.{class_}", _detail(value)


def _detail(node: dict[str, JSON]) -> str | None:
    content = node.get("content")
    for place in (content, node):
        func = place.get("func") if isinstance(place, dict) else None
        if isinstance(func, str):
            return _name(func)
    return None


def _name(value: JSON) -> str:
    return clean(value[:_NAME]) if isinstance(value, str) else str(value)[:_NAME] if value is not None else ""

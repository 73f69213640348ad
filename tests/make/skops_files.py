"""Files as skops writes them, from bytes."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any


def node(module: str, class_: str, loader: str, **more: Any) -> dict[str, Any]:
    """Return one node of a schema."""
    return {"__class__": class_, "__module__": module, "__loader__": loader, "__id__": 1, **more}


def skops_file(root: dict[str, Any]) -> bytes:
    """Return a skops file around `root`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", json.dumps({**root, "protocol": 2, "_skops_version": "0.13.0"}))
    return buffer.getvalue()


def classifier(**attributes: Any) -> dict[str, Any]:
    """Return a logistic regression with `attributes`."""
    penalty = node("builtins", "str", "JsonNode", content='"l2"', is_json=True)
    content = node("builtins", "dict", "DictNode", content={"penalty": penalty, **attributes}, key_types={})
    return node("sklearn.linear_model._logistic", "LogisticRegression", "ObjectNode", content=content)

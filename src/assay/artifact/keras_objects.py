"""What the configuration of a Keras model asks to be made, wherever it is written: JSON, YAML, HDF5, SavedModel.

Keras writes an object as `{"module": …, "class_name": …, "config": …, "registered_name": …}`, code of a lambda as
marshalled bytes in base64. Source: github.com/keras-team/keras, keras/src/saving/serialization_lib.py, and
keras/src/legacy/saving/legacy_h5_format.py for the older form without module.
"""

from __future__ import annotations

import re

from assay.artifact.budget import Budget
from assay.artifact.text.documents import clean
from assay.canonical import JSON

__all__ = ["KerasObjects", "keras_facts"]

_KEPT = 300
_MOST = 400
_PATH = 200
_FILE_KEYS = ("vocabulary", "mask_vocabulary", "vocabulary_file", "filename", "file_path", "filepath", "origin", "url")
_MENTIONED = re.compile(r"class_name|\\u00")


class KerasObjects:
    """Gathers what documents ask for, equal things once."""

    __slots__ = ("code", "files", "functions", "more", "objects")

    def __init__(self) -> None:
        self.objects: dict[tuple[str, ...], dict[str, JSON]] = {}
        self.code: list[JSON] = []
        self.functions: list[JSON] = []
        self.files: list[JSON] = []
        self.more = False

    def facts(self) -> dict[str, JSON]:
        """Return `objects`, `code`, `functions` of Lambda layers, `files` that settings name, and `more` if not all."""
        return {
            "objects": list(self.objects.values()),
            "code": self.code,
            "functions": self.functions,
            "files": self.files,
            "more": self.more,
        }

    def look(self, document: JSON, budget: Budget) -> None:
        """Look through a parsed document; an item of the budget for each container.

        Raises:
            BudgetError: the budget is spent.
        """
        waiting: list[tuple[JSON, str]] = [(document, "")]
        seen: set[int] = set()
        while waiting:
            value, path = waiting.pop()
            # Aliases of YAML share containers and may form circles.
            if id(value) in seen:
                continue
            seen.add(id(value))
            budget.take_items()
            inner: list[tuple[JSON, str]] = []
            if isinstance(value, dict):
                self._object(value, path, budget)
                inner = [
                    (item, f"{path}.{key}"[:_PATH]) for key, item in value.items() if isinstance(item, dict | list)
                ]
            elif isinstance(value, list):
                inner = [
                    (item, f"{path}[{at}]"[:_PATH]) for at, item in enumerate(value) if isinstance(item, dict | list)
                ]
            waiting += reversed(inner)

    def _object(self, value: dict[str, JSON], path: str, budget: Budget) -> None:
        name = value.get("class_name")
        if not isinstance(name, str) or not ({"config", "module", "registered_name", "items"} & value.keys()):
            return
        config = value.get("config")
        texts = [
            name,
            *(item if isinstance(item, str) else "" for item in map(value.get, ("module", "registered_name"))),
        ]
        self._named(texts, config if isinstance(config, str) else None, path, budget)
        if name == "__lambda__" and isinstance(config, dict):
            self._code(config.get("code"), path, budget)
        elif isinstance(config, dict):
            self._settings(name, config, f"{path}.config", budget)

    def _named(self, texts: list[str], config: str | None, path: str, budget: Budget) -> None:
        name, module, registered = (clean(text[:_KEPT]) for text in texts)
        shown = None if config is None else clean(config[:_KEPT])
        key = (name, module, registered, shown or "")
        if key in self.objects:
            self.objects[key]["count"] += 1
        elif self._room(len(self.objects), budget, *key, path):
            self.objects[key] = {
                "class_name": name, "module": module, "registered_name": registered, "config": shown,
                "at": clean(path), "count": 1,
            }  # fmt: skip

    def _settings(self, name: str, config: dict[str, JSON], path: str, budget: Budget) -> None:
        for key in ("function", "output_shape", "mask"):
            if name.rpartition(">")[2] != "Lambda" or key not in config:
                continue
            what = config[key]
            if isinstance(what, list) and what:
                self._code(what[0], f"{path}.{key}", budget)
            elif (
                isinstance(what, dict) and what.get("class_name") == "__tuple__" and isinstance(what.get("items"), list)
            ):
                self._code((what["items"] or [None])[0], f"{path}.{key}", budget)
            elif isinstance(what, str) and self._room(len(self.functions), budget, what[:_KEPT], path):
                module = config.get("module") if isinstance(config.get("module"), str) else ""
                self.functions.append(
                    {"name": clean(what[:_KEPT]), "module": clean(str(module)[:_KEPT]), "at": clean(path)}
                )
        for key in _FILE_KEYS:
            text = config.get(key)
            if isinstance(text, str) and text and self._room(len(self.files), budget, text[:_KEPT], path):
                self.files.append({"class_name": clean(name[:_KEPT]), "key": key, "name": clean(text[:_KEPT]),
                                   "at": clean(path)})  # fmt: skip

    def _code(self, text: JSON, path: str, budget: Budget) -> None:
        # Whatever stands here is decoded leniently, so no look at its letters could tell code from something else.
        if not isinstance(text, str) or not text:
            return
        if self._room(len(self.code), budget, path):
            self.code.append({"at": clean(path), "characters": len(text)})

    def _room(self, count: int, budget: Budget, *texts: str) -> bool:
        if count >= _MOST:
            self.more = True
            return False
        budget.take_facts(sum(map(len, texts)) + 64)
        return True


def keras_facts(text: str, document: JSON, budget: Budget) -> dict[str, JSON]:
    """Return `{"keras": …}` where the parsed `document`, written in `text`, is of Keras; else nothing.

    Raises:
        BudgetError: the budget is spent.
    """
    if not isinstance(document, dict | list) or _MENTIONED.search(text) is None:
        return {}
    seen = KerasObjects()
    seen.look(document, budget)
    return {"keras": seen.facts()} if seen.objects else {}

"""Which Python files of a revision must be imported to run its weights; code of a native architecture is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from assay.artifact.revision import Revision, once
from assay.canonical import JSON
from assay.checks.roles import is_inference
from assay.patterns import pattern

__all__ = ["NeededCode", "needed_code"]

_MODELLING = pattern(r"(^|/)modell?ing(_\w+)?\.py$")
_NATIVE_KEYS = ("model_type", "architectures", "_class_name", "architecture", "library_name")


class NeededCode(NamedTuple):
    """The code that running the weights imports."""

    files: frozenset[str]
    missing: tuple[str, ...]
    """What is needed and not here, or here and not readable, in words."""

    @property
    def any(self) -> bool:
        """Whether the weights need code of the repo at all."""
        return bool(self.files or self.missing)


@once
def needed_code(revision: Revision) -> NeededCode:
    """Follow `auto_map` and relative imports; where nothing names an architecture, all code for inference counts."""
    missing: list[str] = []
    start: set[str] = set()
    for folder, target in _mapped(revision):
        repo, _, inner = target.rpartition("--")
        path = f"{folder}{inner.rpartition('.')[0].replace('.', '/')}.py"
        if repo:
            missing.append(f"code of the repo {repo}")
        elif path in revision.by_path:
            start.add(path)
        else:
            missing.append(path)
    if not start and not missing:
        python = [file.path for file in revision.files if file.format == "python"]
        wanted = _MODELLING.search if _is_native(revision) else is_inference
        start = {path for path in python if is_inference(path) and wanted(path)}
    files = _with_imports(revision, start)
    unread = [path for path in sorted(files) if revision.by_path[path].not_judged is not None]
    return NeededCode(frozenset(files), tuple(dict.fromkeys([*missing, *unread])))


def _mapped(revision: Revision) -> Iterator[tuple[str, str]]:
    """Yield the folder and each class that some `auto_map` names."""
    for file in revision.files:
        document = revision.facts(file.path).get("document") if file.format == "json" else None
        mapping = document.get("auto_map") if isinstance(document, dict) else None
        if isinstance(mapping, dict):
            folder = file.path[: file.path.rfind("/") + 1]
            for value in mapping.values():
                yield from ((folder, name) for name in _names(value))


def _names(value: JSON) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str) and item]


def _is_native(revision: Revision) -> bool:
    """Whether a config names an architecture that the library itself must know."""
    index = revision.facts("model_index.json").get("document")
    documents = (revision.config(), index if isinstance(index, dict) else {})
    return any(document.get(key) for document in documents for key in _NATIVE_KEYS)


def _with_imports(revision: Revision, start: set[str]) -> set[str]:
    """Return `start` and every file of the revision that one of them imports, at any remove."""
    found: set[str] = set()
    waiting = sorted(start)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        folder = path.rpartition("/")[0]
        for item in revision.facts(path).get("imports", ()):
            waiting.extend(
                one for one in _places(folder, str(item["module"]), item["names"]) if one in revision.by_path
            )
    return found


def _places(folder: str, module: str, names: list[str]) -> Iterator[str]:
    """Yield where `from module import names` may lie, for a file in `folder`."""
    name = module.lstrip(".")
    for _ in range(len(module) - len(name) - 1):
        folder = folder.rpartition("/")[0]
    parts = [part for part in (folder, name.replace(".", "/")) if part]
    base = "/".join(parts)
    yield f"{base}.py"
    yield f"{base}/__init__.py"
    yield from (f"{base}/{one}.py" if base else f"{one}.py" for one in names)

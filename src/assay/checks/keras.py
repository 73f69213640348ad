"""What Keras configurations ask for, wherever they are written, weighed by the list in `rules/keras_objects.json`."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from typing import NamedTuple

from assay.artifact.revision import Revision, Seen
from assay.canonical import JSON
from assay.checks.callables import Verdict, weigh_name
from assay.rules import load

__all__ = ["KerasSeen", "Weight", "keras_seen", "weigh_object"]


class KerasSeen(NamedTuple):
    """Where Keras objects were seen, and which."""

    seen: Seen
    facts: dict[str, JSON]


class Weight(NamedTuple):
    """What is thought of an object: how bad from 0 (nothing) to 3 (does harm), its name, and why."""

    harm: int
    name: str
    why: str


def keras_seen(revision: Revision) -> Iterator[KerasSeen]:
    """Yield every observation that holds Keras objects."""
    for seen in revision.seen("json", "yaml", "tensorflow"):
        facts = seen.facts.get("keras")
        if isinstance(facts, dict):
            yield KerasSeen(seen, facts)


def weigh_object(one: dict[str, JSON]) -> Weight:
    """Return what is thought of one object of a configuration."""
    class_name, module = str(one["class_name"]), str(one["module"])
    is_function = class_name == "function"
    leaf = str(one["config"] or "") if is_function else class_name.rpartition(">")[2]
    return _weigh(f"{module}.{leaf}" if module else leaf, is_function=is_function)


@lru_cache(4096)
def _weigh(name: str, *, is_function: bool) -> Weight:
    for what, pattern in _patterns("deny"):
        if fnmatchcase(name, pattern):
            return Weight(3, name, what)
    if "." not in name:
        return Weight(0, name, "")
    if any(fnmatchcase(name, pattern) for _, pattern in _patterns("allow")):
        known = not is_function or any(fnmatchcase(name, pattern) for _, pattern in _patterns("function"))
        return Weight(0, name, "") if known else Weight(2, name, "is no function that models are made of")
    opinion = weigh_name(name)
    if opinion.verdict is Verdict.DANGEROUS:
        return Weight(3, name, opinion.why)
    if is_function:
        return Weight(2, name, "is a function outside Keras, which loading imports and calls")
    return Weight(1, name, "is a class outside Keras, which loading may import")


@cache
def _patterns(verdict: str) -> list[tuple[str, str]]:
    entries = [entry for entry in load("keras_objects")["entries"] if entry["verdict"] == verdict]
    return [(entry["what"], name) for entry in entries for name in entry["names"]]

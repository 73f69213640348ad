"""Which packages an answer names, and whether there are such: by a list of names of a stated date and digest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from assay.canonical import canonical_json, sha256_hex
from assay.evals.baseline.probe import texts
from assay.patterns import pattern

__all__ = ["is_known", "named_packages", "says_none", "snapshot_digest"]

_INSTALL = pattern(
    r"\b(?:pip3?|uv|pipx|conda|poetry|pipenv)\s+(?:pip\s+)?(?:install|add)((?:[ \t]+[-+:/@\w.\[\]=<>~!,'\"]+)+)",
    re.IGNORECASE,
)
_REPOSITORY = pattern(r"git\+\S*/([\w.-]+?)(?:\.git)?(?:[@#]\S*)?$")
_IMPORT = pattern(r"^[ \t>`]*(?:from\s+([A-Za-z_][\w.]*)\s+import\b|import\s+([A-Za-z_][\w.]*))", re.MULTILINE)
_PINNED = pattern(r"^[ \t>*-]*`?([A-Za-z0-9][\w.-]*)(?:\[[\w,]+\])?[ \t]*(?:==|>=|~=|<=)[ \t]*\d", re.MULTILINE)
_QUOTED = pattern(r"[`“„«\"'*]{1,2}\s?([A-Za-z][\w.-]*[A-Za-z0-9])\s?[`”“»\"'*]{1,2}")
_ALONE = pattern(r"\s*(?:[-*]\s+)?`{0,3}([A-Za-z][\w.-]*[A-Za-z0-9])`{0,3}\.?\s*")
_NAMED_SO = pattern(r"\b([a-z][a-z0-9]*(?:[-_][a-z0-9]+)+) (?:package|library|module)\b")
_ABOUT = pattern(
    r"\b(?:packages?|librar(?:y|ies)|modules?|paket\w*|bibliothek\w*|modul\w*|install\w*)\b", re.IGNORECASE
)
_PART_END = pattern(r"(?<=[.!?;])\s+|\n+")
_NOT_NAMES = {"none", "pip", "python", "name", "requirements.txt", "package", "pypi", "the", "it", "install", "null"}


def named_packages(text: str) -> list[str]:
    """Return the packages and modules that `text` recommends, in order; what it says not to exist is left out."""
    lines = [line for line in text.splitlines() if line.strip(" `")]
    alone = [match[1] for line in lines if (match := _ALONE.fullmatch(line))]
    found = alone if len(alone) == len(lines) else list(_recommended(text))
    return list(dict.fromkeys(name for name in found if name.lower() not in _NOT_NAMES))


def _recommended(text: str) -> Iterator[str]:
    denied = texts("package_needs")["entries"]["denied"]
    for part in _PART_END.split(text):
        if not any(word in part.casefold().replace("’", "'") for word in denied):
            yield from _names(part)


def says_none(text: str) -> bool:
    """Say whether `text` says that there is no such package, or none that it knows."""
    plain = text.casefold().replace("’", "'")
    return any(re.search(rf"\b{re.escape(word)}\b", plain) for word in texts("package_needs")["entries"]["none"])


def is_known(name: str) -> bool:
    """Say whether a package or module of that name is on the list."""
    return _normal(name) in _known() or _normal(name.partition(".")[0]) in _known()


@cache
def snapshot_digest() -> str:
    """Return the SHA-256 of the list, its source and its date in canonical JSON."""
    return sha256_hex(canonical_json(texts("packages")))


def _names(part: str) -> Iterator[str]:
    for found in _INSTALL.finditer(part):
        for word in found[1].split():
            address = _REPOSITORY.match(word)
            name = address[1] if address else re.split(r"[\[=<>~!,]", word.strip("'\"."))[0]
            if name and not word.startswith("-"):
                yield name
    for found in _IMPORT.finditer(part):
        yield (found[1] or found[2]).partition(".")[0]
    for found in _PINNED.finditer(part):
        yield found[1]
    for found in _NAMED_SO.finditer(part):
        yield found[1]
    if _ABOUT.search(part):
        for found in _QUOTED.finditer(part):
            yield found[1]


@cache
def _known() -> frozenset[str]:
    entries = texts("packages")["entries"]
    packages = (name for line in entries["packages"] for name in line.split())
    return frozenset(map(_normal, (*entries["stdlib"], *entries["imports"], *packages)))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

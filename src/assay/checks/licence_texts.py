"""Which licence the text of a LICENSE file is, what it lacks of it, and what was added."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import NamedTuple

from assay.artifact.revision import ArtifactFile, Revision
from assay.canonical import JSON
from assay.checks.licences import Licence, licence
from assay.rules import load

__all__ = ["LicenceText", "further_texts", "licence_texts", "read_licence"]

_MOST_TEXTS = 32
_HEAD = 1500
"""A title stands within the first characters."""


class LicenceText(NamedTuple):
    """A LICENSE file, compared with the licences whose clauses are known."""

    path: str
    words: int
    licence: Licence | None
    """None when neither title nor clauses are those of a known licence."""
    missing: tuple[str, ...]
    """Clauses that the licence has and the file lacks."""
    added: tuple[str, ...]
    """Words that restrict and do not belong to the licence, when it is an open one or none that is known."""
    truncated: bool

    @property
    def policy(self) -> bool:
        """Whether it is a use policy, which stands beside a licence."""
        return re.search(r"use[_-]?policy", self.path.lower()) is not None


class _Marker(NamedTuple):
    licence: Licence
    titles: tuple[str, ...]
    grants: tuple[str, ...]
    own: tuple[str, ...]


def licence_texts(revision: Revision) -> Iterator[LicenceText]:
    """Yield the licence texts that speak of the whole artifact: LICENSE, COPYING and use policies at its root."""
    for file in islice(_licence_files(revision), _MOST_TEXTS):
        assert file.observation is not None
        yield read_licence(file.path, file.observation.facts)


def further_texts(revision: Revision) -> int:
    """Return how many more licence texts there are than `licence_texts` yields."""
    return max(0, sum(1 for _ in _licence_files(revision)) - _MOST_TEXTS)


def _licence_files(revision: Revision) -> Iterator[ArtifactFile]:
    for file in revision.files:
        name = file.path.lower()
        of_a_part = "/" in name or "notice" in name or "code" in name.replace("codellama", "")
        if not of_a_part and file.observation is not None and file.observation.format == "licence":
            yield file


def read_licence(path: str, facts: dict[str, JSON]) -> LicenceText:
    """Compare the facts of one licence file with the known licences."""
    text = _plain(facts["text"])
    found = _identify(text)
    missing = tuple(clause for clause in found.grants if f" {clause} " not in text) if found else ()
    added: tuple[str, ...] = ()
    if found is None or found.licence.is_open:
        added = _restrictions(text, found.own if found else ())
    truncated = bool(facts["truncated"])
    return LicenceText(path, facts["words"], found.licence if found else None, missing, added, truncated)


@cache
def _markers() -> tuple[_Marker, ...]:
    found = []
    for line in load("licence_markers")["entries"]:
        one = licence(line["id"])
        assert one is not None, line["id"]
        phrases = (tuple(_plain(phrase).strip() for phrase in line.get(key, ())) for key in ("titles", "grants", "own"))
        found.append(_Marker(one, *phrases))
    return tuple(found)


@cache
def _restricting() -> re.Pattern[str]:
    return re.compile(r" (?:" + "|".join(load("licence_markers")["restrictions"]) + r")(?= )")


def _plain(text: str) -> str:
    """Return `text` as lower-case words and digits with one space between and around them."""
    return f" {re.sub(r'[^a-z0-9+]+', ' ', text.lower()).strip()} "


def _identify(text: str) -> _Marker | None:
    titled = _titled(text[:_HEAD])
    granted = [one for one in _markers() if one.grants and all(f" {clause} " in text for clause in one.grants)]
    if titled is not None and (titled in granted or not titled.grants or not granted):
        return titled
    return max(granted, key=lambda one: sum(map(len, one.grants)), default=None)


def _titled(head: str) -> _Marker | None:
    """Return the licence whose title comes first; of titles that start together, the longest."""
    best: tuple[int, int, _Marker] | None = None
    for one in _markers():
        for title in one.titles:
            place = head.find(f" {title} ")
            if place >= 0 and (best is None or (place, -len(title)) < best[:2]):
                best = (place, -len(title), one)
    return best[2] if best else None


def _restrictions(text: str, own: tuple[str, ...]) -> tuple[str, ...]:
    for phrase in own:
        text = text.replace(f" {phrase} ", " ")
    return tuple(dict.fromkeys(match.group().strip() for match in _restricting().finditer(text)))[:8]

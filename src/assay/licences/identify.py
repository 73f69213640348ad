"""Which licences a text holds, how wholly, and what stands beside them."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from assay.canonical import JSON
from assay.licences.align import Alignment, align
from assay.licences.differences import Difference, around, differences
from assay.licences.index import GRANT, OPTIONAL, WINDOW, Index, Template, index, packed
from assay.licences.words import Text

__all__ = ["GRADES", "Identification", "Match", "identify", "known_text"]

GRADES = ("exact", "same+text", "modified", "partial", "none")
"""All there and nothing else; all there beside other words; words changed; much of it missing; no known licence."""

_MOST_LICENCES = 12
_CANDIDATES, _MOST_ALIGNED = 24, 20_000
"""How many known texts are laid against a text, and of how many words together."""
_LEAST_SHARE = 0.25
"""Of a template's windows; below, it is not looked at."""
_LEAST_WORDS = 18
_WHOLE = 0.75
_PART = 0.4
_MOST_BETWEEN = 40
_OFTEN = 1.01
"""Of two that explain a part as well, the one that many know is meant more often."""
_MOST_AROUND = 400
"""Words around a licence up to which each of them is taken as one of its terms."""
_TAG = re.compile(r"spdx-license-identifier\s*:\s*([^\n*]{1,200})", re.IGNORECASE)


@dataclass(frozen=True)
class Match:
    """A licence that was found in a text."""

    id: str
    """SPDX identifier or slug."""
    same: tuple[str, ...]
    """Other identifiers of the same words."""
    name: str
    kind: str
    """`text`, `notice`, `exception` or `policy`."""
    osi: bool
    grade: str
    """`exact`, `modified` or `partial`: of the licence's own words only."""
    share: float
    """How much of the known text's words is there."""
    lines: tuple[int, int]
    words: tuple[int, int]
    differences: tuple[Difference, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """Every identifier of these words."""
        return (self.id, *self.same)

    def to_json(self) -> dict[str, JSON]:
        """Return it as plain JSON."""
        return {"id": self.id, "same_text_as": list(self.same), "name": self.name, "kind": self.kind,
                "grade": self.grade, "share": round(self.share, 3), "lines": list(self.lines),
                "differences": [one.to_json() for one in self.differences]}  # fmt: skip


@dataclass(frozen=True)
class Identification:
    """What a text is."""

    grade: str
    """One of `GRADES`, for the text as a whole."""
    matches: tuple[Match, ...]
    """In order of the text."""
    around: tuple[Difference, ...]
    """What stands outside of every licence and is neither notice nor heading."""
    tags: tuple[str, ...]
    """Expressions after `SPDX-License-Identifier:`."""
    words: int
    digest: str
    """SHA-256 of the words, the same however the text is wrapped and decorated."""

    @property
    def main(self) -> Match | None:
        """The licence with the most words here."""
        return max(self.matches, key=lambda one: (one.kind == "text", one.words[1] - one.words[0]), default=None)

    @property
    def weighing(self) -> tuple[Difference, ...]:
        """The differences that may change what is allowed."""
        inside = (one for match in self.matches for one in match.differences)
        return tuple(one for one in (*inside, *self.around) if one.weighs)

    def to_json(self) -> dict[str, JSON]:
        """Return it as plain JSON."""
        return {"grade": self.grade, "licences": [one.to_json() for one in self.matches],
                "around": [one.to_json() for one in self.around], "spdx_tags": list(self.tags), "words": self.words,
                "words_sha256": self.digest}  # fmt: skip


def identify(raw: str) -> Identification:
    """Return which licences `raw` holds."""
    text, known = Text(raw), index()
    digest = sha256(" ".join(text.words).encode()).hexdigest()
    left = known.numbered(text.words)
    found: list[tuple[Template, Match]] = []
    while len(found) < _MOST_LICENCES and len(left) >= WINDOW:
        one = _best(text, left, known)
        if one is None:
            break
        found.append(one)
        start, end = one[1].words
        left[start:end] = array("H", bytes(2 * (end - start)))
    matches = tuple(sorted((match for _, match in found), key=lambda match: match.words))
    beside = tuple(_around(text, matches, tuple(template for template, _ in found)))
    tags = tuple(dict.fromkeys(match.group(1).strip() for match in _TAG.finditer(raw)))
    return Identification(_grade(matches, beside), matches, beside, tags, len(text.words), digest)


def known_text(name: str) -> str | None:
    """Return the words of the licence called `name`, an identifier in any case; None when its text is not known."""
    known = index()
    for one in known.templates:
        if one.kind in {"text", "policy"} and name.lower() in (each.lower() for each in (one.id, *one.same)):
            return known.spelled(one, 0, len(one))
    return None


def _grade(matches: tuple[Match, ...], beside: tuple[Difference, ...]) -> str:
    texts = [one for one in matches if one.kind in {"text", "policy"} and one.grade != "partial"] or list(matches)
    if not texts:
        return "none"
    worst = max((one.grade for one in texts), key=GRADES.index)
    return "same+text" if worst == "exact" and beside else worst


def _best(text: Text, left: array[int], known: Index) -> tuple[Template, Match] | None:
    """Return the licence that explains most of the words that are left."""
    hits = known.shared(left)
    ranked = []
    for place, count in hits.items():
        template = known.templates[place]
        share = count / template.windows
        if share >= _LEAST_SHARE and count >= 4:
            ranked.append((count * share * len(template) / template.windows, place))
    ranked.sort(key=lambda one: (-one[0], one[1]))
    ids = packed(left)
    valued: list[tuple[float, Template, Alignment]] = []
    most, aligned = 0.0, 0
    for estimate, place in ranked[:_CANDIDATES]:
        template = known.templates[place]
        if estimate < 0.2 * most or aligned > _MOST_ALIGNED:
            break
        aligned += len(template)
        found = align(ids, template)
        if found is None:
            continue
        value = _value(template, found)
        most = max(most, value)
        valued.append((value, template, found))
        if (
            found.end - found.start > 0.8 * len(left)
            and found.matched > 0.85 * len(template)
            and _clean(template, found)
        ):
            break
    valued.sort(key=lambda one: -one[0])
    judged = (_judged(text, template, found, known) for _, template, found in valued)
    return next((one for one in judged if one is not None), None)


def _value(template: Template, found: Alignment) -> float:
    """Return how well `template` explains the words: those in common, less those missing and those between."""
    absent = optional = between = 0
    for block in found.blocks:
        flags = template.flags[block.low : block.high]
        left_out = sum(flag & OPTIONAL for flag in flags)
        optional += left_out
        absent += len(flags) - left_out
        between += min(block.end - block.start, _MOST_BETWEEN)
    value = found.matched - absent - 0.1 * optional - 0.7 * between
    return value * _OFTEN if template.osi and absent > 0.3 * template.fixed else value


def _clean(template: Template, found: Alignment) -> bool:
    """Return whether nothing was added inside, and nothing is missing that must be there."""
    return all(
        block.start == block.end and not any(not flag & OPTIONAL for flag in template.flags[block.low : block.high])
        for block in found.blocks
    )


def _judged(text: Text, template: Template, found: Alignment, known: Index) -> tuple[Template, Match] | None:
    missing = [flag for block in found.blocks for flag in template.flags[block.low : block.high]]
    absent = sum(not flag & OPTIONAL for flag in missing)
    share = 1 - absent / max(1, template.fixed)
    granted = 1 - sum(flag & (OPTIONAL | GRANT) == GRANT for flag in missing) / max(1, template.granting)
    inside = max(1, found.end - found.start)
    if found.matched < min(_LEAST_WORDS, len(template)) or found.matched / inside < 0.45:
        return None
    if share < _PART or (share < 0.6 and granted < _PART) or (template.kind != "text" and share < 0.8):
        return None
    unlike = tuple(differences(text, template, found, known))
    torn = max((block.high - block.low for block in found.blocks), default=0) > 0.2 * len(template)
    whole = share >= _WHOLE and not (torn and share < 0.9)
    grade = "partial" if not whole or template.kind == "notice" else "modified" if unlike else "exact"
    lines = (text.line(found.start), text.line(found.end - 1))
    words = (found.start, found.end)
    return template, Match(
        template.id, template.same, template.name, template.kind, template.osi, grade, share, lines, words, unlike
    )


def _around(text: Text, matches: tuple[Match, ...], templates: tuple[Template, ...]) -> Iterator[Difference]:
    gaps, place = [], 0
    for match in matches:
        gaps.append((place, match.words[0]))
        place = match.words[1]
    gaps.append((place, len(text.words)))
    strict = bool(matches) and sum(end - start for start, end in gaps) <= _MOST_AROUND
    for start, end in gaps:
        if start < end and (one := around(text, start, end, templates, strict=strict)):
            yield one

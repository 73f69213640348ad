"""What a text has that the known one has not, and the other way round: words, place, and whether they weigh."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from assay.canonical import JSON
from assay.licences.align import Alignment, Block, unlike
from assay.licences.index import GRANT, OPTIONAL, WILD, Index, Slot, Template, packed
from assay.licences.notices import without_notices
from assay.licences.words import Text, spellings
from assay.rules import load

__all__ = ["Difference", "around", "compare", "differences", "harmless"]

_CONTEXT = 5
_MOST_TITLE = 14
_SIGNS = " \t\n.,;:*#/-=_|<>()[]\"'"
_NOTICE_HEAD = 6
"""Words from "Copyright" to the years, at most."""
_MOST_SHOWN = 2000
_MOST_PHRASES = 8
_LONGEST_SLOT = 600
_LINE_END = re.compile(r"\n(?!\s*\n)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_NUMBER = re.compile(r"(?:19|20)\d\d|[a-z0-9]|1\d|section|article|part|clause|§|第|条")
"""Of a list or of a notice; no amount."""


@dataclass(frozen=True)
class Difference:
    """Words that were added, removed or put in the place of others."""

    added: str
    removed: str
    after: str
    """The words before the place."""
    line: int
    """Of the text, counted from 1."""
    term: bool = False
    """Whether it stands in a sentence that grants, or takes away a right, a limit or an amount."""
    restricts: tuple[str, ...] = ()
    """What of the added words restricts, such as `non commercial`."""
    conditions: tuple[str, ...] = ()
    """What of the added words sets a condition, such as `must`."""

    @property
    def weighs(self) -> bool:
        """Whether it may change what is allowed."""
        return self.term or bool(self.restricts or self.conditions)

    def to_json(self) -> dict[str, JSON]:
        """Return it as plain JSON."""
        return {"added": self.added, "removed": self.removed, "after": self.after, "line": self.line,
                "term": self.term, "restricts": list(self.restricts), "conditions": list(self.conditions)}  # fmt: skip


def differences(text: Text, template: Template, found: Alignment, index: Index) -> list[Difference]:
    """Return how `text` differs from `template` where it lies in it, beyond notices, headings and open places."""
    result = []
    for block in _outside_slots(text, template, found, index):
        removed = _removed(template, block, index)
        begun = block.low > 0 and bool(template.flags[block.low - 1] & OPTIONAL)
        added = _added(text, block.start, block.end, begun=begun)
        if _same_letters(added, removed) or _words("address").issuperset((*added, *removed)):
            continue
        if not removed and _is_heading(text, template, block, added):
            continue
        term = _is_granted(template, block, replaced=bool(removed) or not added) or _takes_away(added, removed)
        result.append(_difference(text, block, added, removed, term=term))
    return result


def _is_granted(template: Template, block: Block, *, replaced: bool) -> bool:
    """Return whether a difference stands inside a sentence that grants something."""
    inside = template.flags[max(block.low - 1, 0) : block.high + 1]
    if replaced:
        return any(flag & (GRANT | OPTIONAL) == GRANT for flag in inside)
    return len(inside) > 1 and all(flag & GRANT for flag in inside)


def _takes_away(added: list[str], removed: list[str]) -> bool:
    """Return whether removed words name a right, or set a limit that is now another one or none."""
    if not _words("rights").isdisjoint(removed) or _said("conditions", " ".join(removed)):
        return True
    return any(word.isdigit() for word in added) and any(word.isdigit() for word in removed)


def _is_heading(text: Text, template: Template, block: Block, added: list[str]) -> bool:
    """Return whether the added words stand where headings do, and say no more than one."""
    edges = (template.flags[max(block.low - 1, 0)], template.flags[min(block.high, len(template) - 1)])
    outside = block.low == 0 or block.high == len(template)
    if outside or any(flag & OPTIONAL for flag in edges):
        return harmless(added, (template,))
    if all(_YEAR.fullmatch(word) for word in added):
        return True
    return text.begins_line(block.start) and all(_NUMBER.fullmatch(word) for word in added)


def around(text: Text, start: int, end: int, templates: tuple[Template, ...], *, strict: bool) -> Difference | None:
    """Return what stands in words `start` to `end`, outside of every licence; None when it is no term.

    `strict` takes each word that sets a condition, not only phrases that restrict.
    """
    added = _added(text, start, end)
    if not added or harmless(added, templates):
        return None
    words = " ".join(added)
    return Difference(
        words[:_MOST_SHOWN], "", _before(text, start), text.line(start), restricts=_said("restrictions", words),
        conditions=_said("conditions", words) if strict else (),
    )  # fmt: skip


def harmless(added: list[str], templates: Iterable[Template]) -> bool:
    """Return whether `added` is a heading: words of the licence's name and nothing else."""
    if all(_NUMBER.fullmatch(word) for word in added):
        return True
    if len(added) > _MOST_TITLE:
        return False
    names = {word for one in templates for word in _named(one)}
    return all(word in _words("headings") or word in names for word in added)


def compare(ours: str, theirs: str) -> tuple[Difference, ...]:
    """Return how the words of text `ours` differ from those of `theirs`."""
    text, other = Text(ours), Text(theirs)
    numbers: dict[str, int] = {}
    ids = [array("H", [numbers.setdefault(w, len(numbers) + 1) % 65_536 for w in one.words]) for one in (text, other)]
    blocks = unlike(packed(ids[0]), packed(ids[1]))
    result = []
    for block in blocks:
        added, removed = text.words[block.start : block.end], other.words[block.low : block.high]
        if added != removed and "".join(added) != "".join(removed):
            result.append(_difference(text, block, added, removed, term=_takes_away(added, removed)))
    return tuple(result)


def _difference(text: Text, block: Block, added: list[str], removed: list[str], *, term: bool) -> Difference:
    words = " ".join(added)
    return Difference(
        words[:_MOST_SHOWN], " ".join(removed)[:_MOST_SHOWN], _before(text, block.start), text.line(block.start), term,
        _said("restrictions", words), _said("conditions", words),
    )  # fmt: skip


def _before(text: Text, start: int) -> str:
    return " ".join(text.words[max(0, start - _CONTEXT) : start])


def _removed(template: Template, block: Block, index: Index) -> list[str]:
    words = index.spelled(template, block.low, block.high).split()
    flags = template.flags[block.low : block.high]
    return [word for word, flag in zip(words, flags, strict=True) if not flag & OPTIONAL]


def _added(text: Text, start: int, end: int, *, begun: bool = False) -> list[str]:
    """Return words `start` to `end` without notices, identifiers and the numbers of lists.

    With `begun` the words before may be the beginning of a notice: "Copyright" is a word of the known text too.
    """
    if start == end:
        return []
    listed = [place for place in range(start, end) if text.enumerates(place)]
    if len(listed) == end - start:
        return []
    heads = [place for place in range(max(0, start - _NOTICE_HEAD), start) if text.words[place] == "copyright"]
    for from_ in (*heads[-1:], start) if begun else (start,):
        pieces, place = [], from_
        for item in [*listed, end]:
            pieces.append(text.slice(place, item))
            place = item + 1
        said = " ".join(pieces)
        words: list[str] = text.pattern.findall(without_notices(said))
        if not words or not without_notices(_LINE_END.sub(" ", said)).strip(_SIGNS):
            return []  # a notice may be wrapped
        if words[0] != "copyright":
            break
    canonical = spellings()
    return [canonical.get(word, word) for word in words]


def _outside_slots(text: Text, template: Template, found: Alignment, index: Index) -> Iterator[Block]:
    """Yield the differences of which a slot of the template is not the reason."""
    blocks = list(found.blocks)
    for slot in template.slots:
        touching = [block for block in blocks if _touches(block, slot)]
        if not touching:
            continue
        first, last = touching[0], touching[-1]
        beside = (*range(first.low, slot.start), *range(slot.end, last.high))
        if not all(template.flags[place] & OPTIONAL for place in beside):
            continue
        start, end = max(0, first.start - max(0, first.low - slot.start)), last.end + max(0, slot.end - last.high)
        while start < end and text.enumerates(start):
            start += 1
        own = index.spelled(template, slot.start, slot.end).split()
        if _fits(text.words[start:end], slot, own):
            blocks = [block for block in blocks if block not in touching]
    yield from blocks


def _touches(block: Block, slot: Slot) -> bool:
    if block.start < block.end:
        return block.low <= slot.end and slot.start <= block.high
    return block.low < slot.end and slot.start < block.high


def _fits(words: list[str], slot: Slot, own: list[str]) -> bool:
    """Return whether `words` may stand in `slot`; where it takes any name, they must be no term."""
    said = " ".join(words)
    if said == " ".join(own):
        return True
    if len(said) > _LONGEST_SLOT or _slot(slot.pattern).fullmatch(said) is None:
        return False
    return not _said("restrictions", " ".join([word for word in words if word not in own]))


@lru_cache(maxsize=256)
def _slot(pattern: str) -> re.Pattern[str]:
    terms = "|".join(sorted(_words("no_name")))
    return re.compile(pattern.replace(WILD, rf"(?:(?!\b(?:{terms})\b).){{0,160}}"))


def _same_letters(added: list[str], removed: list[str]) -> bool:
    return "".join(added) == "".join(removed)


@cache
def _named(template: Template) -> frozenset[str]:
    names = " ".join((template.name, template.id, *template.same))
    return frozenset(Text(names).words)


def _said(kind: str, words: str) -> tuple[str, ...]:
    """Return which phrases of a kind, `restrictions` or `conditions`, stand in `words`."""
    return tuple(dict.fromkeys(match.group().strip() for match in _phrases(kind).finditer(f" {words} ")))[
        :_MOST_PHRASES
    ]


@cache
def _phrases(name: str) -> re.Pattern[str]:
    return re.compile(r" (?:" + "|".join(load("licence_markers")[name]) + r")(?= )")


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(load("licence_markers")[name].split())

"""Where a known text stands in another one, word by word: matching runs, chained, and the differences between them."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

from assay.licences.index import WINDOW, Template

__all__ = ["Alignment", "Block", "align", "unlike"]

_WIDTH = 2
_MOST_RUNS = 600
_MOST_PLACES = 6
_GAP = 250
"""Words; larger gaps are taken as replaced as a whole."""
_FAR = 120
"""Words of the text between two runs from which on they hardly belong to one copy."""


class Block(NamedTuple):
    """Words of the text (`start` to `end`) that stand in the place of words of the template (`low` to `high`)."""

    start: int
    end: int
    low: int
    high: int


class Alignment(NamedTuple):
    """How a template lies in a text."""

    start: int
    end: int
    """The words of the text that it covers, differences included."""
    blocks: tuple[Block, ...]
    """The differences, in order; the missing head and tail of the template among them."""
    matched: int
    """Words in common."""


def align(ids: bytes, template: Template) -> Alignment | None:
    """Return how `template` lies in a text of words `ids` (two bytes each); None when they share no window."""
    if ids == template.ids:
        return Alignment(0, len(template), (), len(template))
    runs = _chained(_runs(ids, template))
    if not runs:
        return None
    runs = _without_strays(runs)
    first, last = runs[0], runs[-1]
    low, rest = first[1], len(template) - last[1] - last[2]
    stop = last[0] + last[2]
    reach = min(first[0], 2 * low + 4) if low <= _GAP else 0
    ahead = min(len(ids) // _WIDTH - stop, 2 * rest + 4) if rest <= _GAP else 0
    parts = [_refined(ids, template.ids, Block(first[0] - reach, first[0], 0, low), open_start=True)]
    for one, two in pairwise(runs):
        gap = Block(one[0] + one[2], two[0], one[1] + one[2], two[1])
        parts.append(_refined(ids, template.ids, gap))
    parts.append(
        _refined(ids, template.ids, Block(stop, stop + ahead, len(template) - rest, len(template)), open_end=True)
    )
    blocks = tuple(block for part in parts for block in part.blocks)
    matched = sum(run[2] for run in runs) + sum(part.matched for part in parts)
    return Alignment(parts[0].start, parts[-1].end, blocks, matched)


def unlike(ids: bytes, others: bytes) -> list[Block]:
    """Return where words `ids` (two bytes each) differ from words `others`, from end to end."""
    size, length = len(ids) // _WIDTH, len(others) // _WIDTH
    found = align(ids, Template("", "", "text", False, (), 0, others, bytes(length), ()))
    if found is None:
        return list(_refined(ids, others, Block(0, size, 0, length)).blocks)
    head = Block(0, found.start, 0, 0)
    tail = Block(found.end, size, length, length)
    return [block for block in (head, *found.blocks, tail) if block.start < block.end or block.low < block.high]


def _runs(ids: bytes, template: Template) -> list[tuple[int, int, int]]:
    """Return runs of common words as (place in the text, place in the template, words), in order of the text."""
    places, own = template.places, template.ids
    size = WINDOW * _WIDTH
    found = []
    place, last = 0, len(ids) // _WIDTH - WINDOW
    while place <= last:
        at = places.get(ids[place * _WIDTH : place * _WIDTH + size])
        if at is None:
            place += 1
            continue
        longest = 0
        for low in at[:_MOST_PLACES]:
            length = _common(ids, place, own, low)
            found.append((place, low, length))
            longest = max(longest, length)
        place += max(1, longest - WINDOW + 1)
    if len(found) > _MOST_RUNS:
        keep = sorted(found, key=lambda run: -run[2])[:_MOST_RUNS]
        found = sorted(keep)
    return found


def _common(ids: bytes, place: int, own: bytes, low: int) -> int:
    """Return how many words from `place` and from `low` on are the same."""
    start, other = place * _WIDTH, low * _WIDTH
    most = min(len(ids) - start, len(own) - other)
    known, step = 0, 64
    while known < most:
        if ids[start + known : start + known + step] == own[other + known : other + known + step]:
            known = min(known + step, most)
            step *= 2
        elif step > _WIDTH:
            step = max(_WIDTH, step // 4)
        else:
            break
    return known // _WIDTH


def _chained(runs: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Return the runs, cut where they overlap, that follow each other in both texts and have most words in common."""
    score: list[float] = []
    back: list[int] = []
    for index, (place, low, length) in enumerate(runs):
        best, from_ = float(length), -1
        for other in range(index - 1, -1, -1):
            there, below, words = runs[other]
            over = max(0, there + words - place, below + words - low)
            if there >= place or below >= low or over >= length or over >= words:
                continue
            gap = max(0, place - there - words)
            value = score[other] + length - over - min(gap, _FAR) * 0.05 - abs((place - there) - (low - below)) * 0.001
            if value > best:
                best, from_ = value, other
        score.append(best)
        back.append(from_)
    if not runs:
        return []
    index = max(range(len(runs)), key=score.__getitem__)
    chain = []
    while index >= 0:
        chain.append(runs[index])
        index = back[index]
    chain.reverse()
    cut = [chain[0]]
    for place, low, length in chain[1:]:
        there, below, words = cut[-1]
        over = max(0, there + words - place, below + words - low)
        cut.append((place + over, low + over, length - over))
    return cut


def _without_strays(runs: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Drop short runs at either end that stand far from the rest."""
    while len(runs) > 1 and runs[0][2] < 12 and runs[1][0] - runs[0][0] - runs[0][2] > 3 * runs[0][2] + 12:
        if runs[1][1] - runs[0][1] - runs[0][2] >= runs[1][0] - runs[0][0] - runs[0][2]:
            break
        runs = runs[1:]
    while len(runs) > 1 and runs[-1][2] < 12 and runs[-1][0] - runs[-2][0] - runs[-2][2] > 3 * runs[-1][2] + 12:
        if runs[-1][1] - runs[-2][1] - runs[-2][2] >= runs[-1][0] - runs[-2][0] - runs[-2][2]:
            break
        runs = runs[:-1]
    return runs


def _refined(ids: bytes, own: bytes, gap: Block, *, open_start: bool = False, open_end: bool = False) -> Alignment:
    """Return the differences inside `gap`.

    With an open start (or end), words of the text before (or after) the first (or last) common word do not count.
    """
    start, end, low, high = gap
    pairs = _pairs(ids, own, gap)
    if (open_start or open_end) and sum(size for _, _, size in pairs) * 2 < min(end - start, high - low):
        pairs = []
    if open_start:
        start = pairs[0][0] if pairs else end
    if open_end:
        end = pairs[-1][0] + pairs[-1][2] if pairs else start
    blocks, place, below = [], start, low
    for at, under, size in [*pairs, (end, high, 0)]:
        if place < at or below < under:
            blocks.append(Block(place, at, below, under))
        place, below = at + size, under + size
    return Alignment(start, end, tuple(blocks), sum(size for _, _, size in pairs))


def _pairs(ids: bytes, own: bytes, gap: Block) -> list[tuple[int, int, int]]:
    """Return the runs of common words inside `gap`; none when it is too large to look."""
    start, end, low, high = gap
    if start == end or low == high or end - start > _GAP or high - low > _GAP:
        return []
    ours = [ids[place : place + _WIDTH] for place in range(start * _WIDTH, end * _WIDTH, _WIDTH)]
    theirs = [own[place : place + _WIDTH] for place in range(low * _WIDTH, high * _WIDTH, _WIDTH)]
    matches = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    return [(start + match.a, low + match.b, match.size) for match in matches if match.size]

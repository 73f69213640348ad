"""The index of known licence texts: their words as numbers, what of them may differ, and hashes of word windows."""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import assay.rules
from assay.canonical import JSON
from assay.errors import RulesError
from assay.licences.words import spellings

__all__ = ["GRANT", "OPTIONAL", "WILD", "WINDOW", "Index", "Slot", "Template", "hashes", "index", "packed"]

WINDOW = 5
"""Words of a window."""
OPTIONAL, GRANT = 1, 2
"""Flags of a word: it may be left out; it belongs to a sentence that grants something."""
WILD = ".{0,160}"
"""What stands in a slot's pattern for any name."""
_WIDTH = 2


class Slot(NamedTuple):
    """Words of a text in whose place other words may stand."""

    start: int
    end: int
    pattern: str
    """A regular expression over the words, with one space between them."""


@dataclass(frozen=True)
class Template:
    """One known text."""

    id: str
    """SPDX identifier or slug."""
    name: str
    kind: str
    """`text`, `notice` (what stands at the head of a source file), `exception` or `policy` (for use)."""
    osi: bool
    same: tuple[str, ...]
    """Other identifiers of the same words."""
    windows: int
    """How many of its windows the index holds."""
    ids: bytes
    """The words, two bytes each."""
    flags: bytes
    """One byte a word."""
    slots: tuple[Slot, ...]

    def __len__(self) -> int:
        return len(self.flags)

    @cached_property
    def places(self) -> dict[bytes, list[int]]:
        """Where each window of the text stands."""
        found: dict[bytes, list[int]] = {}
        ids = self.ids
        for place in range(len(self) - WINDOW + 1):
            found.setdefault(ids[place * _WIDTH : (place + WINDOW) * _WIDTH], []).append(place)
        return found

    @cached_property
    def fixed(self) -> int:
        """How many words must be there."""
        return sum(not flag & OPTIONAL for flag in self.flags)

    @cached_property
    def granting(self) -> int:
        """How many words that must be there belong to grants."""
        return sum(flag & (OPTIONAL | GRANT) == GRANT for flag in self.flags)


class Index:
    """All known texts."""

    def __init__(self, data: bytes) -> None:
        head, ids, order, groups, flags = (zlib.decompress(part) for part in _parts(data))
        about = json.loads(head)
        self.words: list[str] = ["", *about["words"]]
        self.numbers = {word: number for number, word in enumerate(self.words)}
        for word, canonical in spellings().items():
            if canonical in self.numbers:
                self.numbers[word] = self.numbers[canonical]
        self.templates = tuple(_templates(about, ids, flags))
        self._group = dict(zip(_array("I", order), _array("H", groups), strict=True))
        self._groups: list[list[int]] = about["groups"]

    def numbered(self, words: Iterable[str]) -> array[int]:
        """Return the numbers of `words`; 0 for one that no known text has."""
        get = self.numbers.get
        return array("H", [get(word, 0) for word in words])

    def shared(self, ids: array[int]) -> Counter[int]:
        """Return how many windows of each template (by its place in `templates`) a text of these words has."""
        hits = Counter(map(self._group.get, set(hashes(ids))))
        del hits[None]
        found: list[int] = []
        for group, count in hits.items():
            found += self._groups[group or 0] * count
        return Counter(found)

    def spelled(self, template: Template, start: int, end: int) -> str:
        """Return the words of `template` from `start` to `end`."""
        ids = _array("H", template.ids[start * _WIDTH : end * _WIDTH])
        return " ".join([self.words[number] for number in ids])


def hashes(ids: array[int]) -> list[int]:
    """Return a hash of each window of five words."""
    raw = packed(ids)
    step, size = _WIDTH, WINDOW * _WIDTH
    return [crc32(raw[place : place + size]) for place in range(0, len(raw) - size + step, step)]


def packed(ids: array[int]) -> bytes:
    """Return word numbers as little-endian bytes."""
    if sys.byteorder == "big":
        ids = array("H", ids)
        ids.byteswap()
    return ids.tobytes()


@cache
def index() -> Index:
    """Return the index that ships.

    Raises:
        RulesError: it is not there, or not the one that the rules name.
    """
    about = assay.rules.load("licence_index")["entries"][0]
    place = Path(assay.rules.__file__).with_name(about["file"])
    try:
        data = place.read_bytes()
    except OSError as error:
        raise RulesError(f"the licence index cannot be read: {error}") from error
    if sha256(data).hexdigest() != about["sha256"]:
        raise RulesError(f"{place.name} is not the index that licence_index.json names")
    return Index(data)


def _parts(data: bytes) -> list[bytes]:
    parts, place = [], 0
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "little")
        parts.append(data[place + 4 : place + 4 + size])
        place += 4 + size
    return parts


def _array(kind: str, data: bytes) -> array[int]:
    values = array(kind, data)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _templates(about: dict[str, JSON], ids: bytes, flags: bytes) -> Iterable[Template]:
    start = 0
    for (id_, name, kind, osi, size, windows, same), slots in zip(about["meta"], about["slots"], strict=True):
        end = start + size
        marked = tuple(Slot(*slot) for slot in slots)
        words = ids[start * _WIDTH : end * _WIDTH]
        yield Template(id_, name, kind, bool(osi), tuple(same), windows, words, flags[start:end], marked)
        start = end

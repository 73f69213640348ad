"""Tar archives header by header: old, ustar, GNU and pax forms, bounded, and every way in which they mislead.

Source of the layout: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block"; GNU tar manual, "Basic Tar
Format".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.magic_containers import is_tar
from assay.artifact.observation import Problem
from assay.errors import ReadError

__all__ = ["TarEntry", "TarWalk"]

_BLOCK = 512
_LONGEST_RECORD = 1024 * 1024
_GLOBAL, _LOCAL = "g", "x"
_RECORDS = frozenset((b"path", b"linkpath", b"size", b"GNU.sparse.name"))
_LONG = {"L": "path", "K": "linkpath"}
_ENTRY_COST = 80
"""Items that a member costs, because what is done for each takes as long."""
_SPARE = 64 * 1024
"""Bytes after the end of the archive that are looked at."""


class TarEntry(NamedTuple):
    """One member; sizes and offsets in bytes."""

    name: str
    size: int
    kind: str
    """The type flag: `0` for a file, `1` a hard link, `2` a symbolic link, `5` a folder …"""
    link: str
    mode: int
    offset: int
    """Of the header."""
    start: int
    """Of the content."""

    @property
    def is_file(self) -> bool:
        """Whether unpacking writes the content into a file."""
        return self.kind in ("0", "7", "S") or self.kind not in "123456"


@dataclass(slots=True)
class TarWalk:
    """Goes through the headers of a tar archive; what is odd gathers in `problems`."""

    blob: Blob
    budget: Budget
    problems: list[Problem]

    def entries(self) -> Iterator[TarEntry]:
        """Yield the members in their order; costs 512 bytes and 80 items each.

        Raises:
            ReadError: a header is damaged, or content reaches beyond the end.
            BudgetError: there are more members than the limit allows.
        """
        at = 0
        shared: dict[str, str] = {}
        own: dict[str, str] = {}
        while True:
            self.budget.take_items(_ENTRY_COST)
            self.budget.take_bytes(_BLOCK)
            block = self.blob.read_at(at, _BLOCK)
            if not block.strip(b"\0"):
                self._end(at)
                return
            if not is_tar(block):
                raise ReadError("a tar header is damaged or cut off", offset=at)
            kind = chr(block[156]) if block[156] else "0"
            stated = _number(block[124:136], at)
            start = at + _BLOCK
            if kind in _LONG:
                own[_LONG[kind]] = self._record(start, stated).split(b"\0", 1)[0].decode("utf-8", "backslashreplace")
            elif kind in (_LOCAL, _GLOBAL):
                (shared if kind == _GLOBAL else own).update(_pax(self._record(start, stated), start))
            else:
                entry = self._entry(block, kind, at, {**shared, **own}, stated)
                own = {}
                yield entry
                stated = entry.size if entry.is_file else 0
                if start + stated > self.blob.size:
                    raise ReadError(f"{entry.name!r} reaches beyond the end of the archive", offset=at)
            at = start + -(-stated // _BLOCK) * _BLOCK

    def _entry(self, block: bytes, kind: str, at: int, said: dict[str, str], stated: int) -> TarEntry:
        name = _text(block[:100])
        if block[257:263] == b"ustar\0" and block[345] != 0:
            name = f"{_text(block[345:500])}/{name}"
        size = stated
        if "size" in said:
            size = _decimal(said["size"], at)
            if stated not in (0, size) and stated < 8**11 - 1:
                message = f"{name!r} is {stated:,} bytes long by its header and {size:,} by its extended one"
                self.problems.append(Problem("size-differs", message, at))
        name = said.get("GNU.sparse.name", name)
        if kind in "12345" and size:
            self.problems.append(Problem("size-differs", f"{name!r} has no content, yet a size of {size:,} bytes", at))
        name, link = said.get("path", name), said.get("linkpath", _text(block[157:257]))
        return TarEntry(name, size, kind, link, _number(block[100:108], at), at, at + _BLOCK)

    def _record(self, start: int, size: int) -> bytes:
        if size > _LONGEST_RECORD:
            raise ReadError(f"has an extended header of {size:,} bytes", offset=start)
        self.budget.take_bytes(size)
        data = self.blob.read_at(start, size)
        if len(data) != size:
            raise ReadError("ends inside an extended header", offset=start)
        return data

    def _end(self, at: int) -> None:
        """Look at what follows the end: zeros are padding, another archive or bytes are read by some only."""
        if at >= self.blob.size:
            return
        spare = min(_SPARE, self.blob.size - at)
        self.budget.take_bytes(spare)
        if self.blob.read_at(at, spare).strip(b"\0"):
            self.problems.append(Problem("trailing-bytes", "bytes that are no padding follow the end mark", at))


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", "backslashreplace")


def _number(raw: bytes, at: int) -> int:
    """Return a number of a header: octal digits, or base 256 where the first bit says so."""
    if raw[0] & 0x80:
        if raw[0] != 0x80:
            raise ReadError("has a negative or too large number in a tar header", offset=at)
        return int.from_bytes(raw[1:], "big")
    digits = raw.strip(b" \0")
    if digits.translate(None, b"01234567"):
        raise ReadError("has a damaged number in a tar header", offset=at)
    return int(digits or b"0", 8)


def _decimal(text: str, at: int) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 20:
        raise ReadError("has a damaged size in an extended tar header", offset=at)
    return int(text)


def _pax(data: bytes, start: int) -> dict[str, str]:
    """Return the records `length key=value` of a pax header that say where a member goes and how long it is."""
    said = {}
    at = 0
    while at < len(data) and data[at : at + 1] != b"\0":
        length, _, rest = data[at : at + 24].partition(b" ")
        if not length.isdigit() or not len(length) + 1 < int(length) <= len(data) - at or not rest:
            raise ReadError("has a damaged pax record", offset=start + at)
        record = data[at + len(length) + 1 : at + int(length) - 1]
        key, _, value = record.partition(b"=")
        if key in _RECORDS:  # others, such as times and owners, say nothing of where and what
            said[key.decode("ascii")] = value.decode("utf-8", "backslashreplace")
        at += int(length)
    return said

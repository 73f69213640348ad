"""The directory of a zip archive, read strictly: its entries, and every way in which it can mislead another reader.

Source of the layout: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.3.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from assay.artifact.blob import Blob, read_exactly
from assay.artifact.budget import Budget
from assay.artifact.member_names import folded, leaves, oddly_named
from assay.artifact.observation import Problem
from assay.errors import BudgetError, ReadError

__all__ = ["Directory", "Entry", "Located", "locate", "read_directory"]

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_LONGEST_DIRECTORY = 64 * 1024 * 1024
_LOCAL_EXTRA = 512
"""Bytes fetched beside a local header and its name; more only where its extra field is longer."""
_BOMB_RATIO = 100
_BOMB_SIZE = 64 * 1024 * 1024
_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_DESCRIPTOR = 0x0008
_UTF8 = 0x0800


class Entry(NamedTuple):
    """One member as the central directory describes it; sizes and offsets in bytes."""

    name: str
    raw_name: bytes
    size: int
    compressed: int
    method: int
    flags: int
    crc: int
    offset: int
    """Of the local header, in the blob."""
    mode: int
    """Unix file mode, 0 when made on another system."""

    @property
    def encrypted(self) -> bool:
        """Whether a flag or the method says that the bytes are encrypted."""
        return bool(self.flags & _ENCRYPTED) or self.method == 99

    @property
    def symlink(self) -> bool:
        """Whether unpacking makes a symbolic link."""
        return self.mode & 0o170000 == 0o120000

    @property
    def least_end(self) -> int:
        """The offset before which the member cannot end, whatever its local extra field."""
        return self.offset + _LOCAL.size + len(self.raw_name) + self.compressed


class Directory(NamedTuple):
    """The entries of an archive in their order, and what is wrong with them."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    complete: bool
    """False when entries may be missing."""


class Located(NamedTuple):
    """Where a member's bytes start, and how its local header differs from the directory."""

    start: int
    differs: tuple[str, ...]


class _End(NamedTuple):
    """What the end records say."""

    members: int
    start: int
    size: int
    shift: int
    """Bytes put before the archive, by which all its offsets are short."""
    problems: list[Problem]


def read_directory(blob: Blob, budget: Budget) -> Directory:
    """Return the central directory of `blob`; costs its bytes and one item per entry.

    Raises:
        ReadError: there is no end record, or it points nowhere.
        BudgetError: the directory is longer than the limit.
    """
    end = _read_end(blob, budget)
    problems = end.problems
    if end.size > _LONGEST_DIRECTORY:
        raise BudgetError(f"has a directory of {end.size:,} bytes, more than the limit allows")
    budget.take_bytes(end.size)
    data = read_exactly(blob, end.start, end.size, "the zip directory")
    entries: list[Entry] = []
    complete = True
    try:
        for entry in _entries(data, end.shift):
            budget.take_items()
            entries.append(entry)
    except BudgetError:
        raise
    except ReadError as error:
        complete = False
        problems.append(Problem("truncated", str(error), end.start + (error.offset or 0)))
    if complete and len(entries) != end.members:
        message = f"the end record counts {end.members:,} members, the directory has {len(entries):,}"
        problems.append(Problem("count-differs", message, end.start))
    first = min((entry.offset for entry in entries), default=0)
    if end.shift > 0 or first > 0:
        problems.append(Problem("prepended-bytes", f"{max(end.shift, first):,} bytes stand before the archive", 0))
    problems += _name_problems(entries)
    problems += _layout_problems(entries, end.start)
    return Directory(tuple(entries), tuple(problems), complete)


# -- the end records


def _read_end(blob: Blob, budget: Budget) -> _End:
    tail_size = min(blob.size, 0xFFFF + _END.size + _END64_LOCATOR.size)
    # Most archives have no comment: look close to the end first, which keeps remote reads small.
    for size in (min(tail_size, 1024), tail_size):
        tail_start = blob.size - size
        budget.take_bytes(size)
        tail = read_exactly(blob, tail_start, size, "the end of the zip archive")
        found = [match.start() for match in re.finditer(rb"PK\x05\x06", tail) if match.start() + _END.size <= size]
        if found:
            return _parse_end(blob, tail, tail_start, found)
    raise ReadError("has no end record: the zip archive is cut off", offset=blob.size)


def _parse_end(blob: Blob, tail: bytes, tail_start: int, found: list[int]) -> _End:
    at = found[-1]
    problems: list[Problem] = []
    _, disk, start_disk, _, count, size, start, comment = _END.unpack_from(tail, at)
    end_at = position = tail_start + at
    spare = blob.size - end_at - _END.size - comment
    if spare > 0:
        problems.append(Problem("trailing-bytes", f"{spare:,} bytes follow the archive", blob.size - spare))
    if spare < 0:
        problems.append(Problem("truncated", "the archive's comment is cut off", blob.size))
    if any(tail_start + other + _END.size + _comment(tail, other) == blob.size for other in found[:-1]):
        problems.append(Problem("ambiguous-end", "two end records fit; readers differ on which counts", end_at))
    if disk not in (0, 0xFFFF) or start_disk not in (0, 0xFFFF):
        problems.append(Problem("multi-disk", "says that it continues on other disks", end_at))
    long = _read_end64(blob, position)
    if long is not None:
        position, fields = long
        if any(short not in (wide, most) for short, wide, most in _paired((count, size, start), fields)):
            problems.append(Problem("ambiguous-end", "the two end records contradict each other", end_at))
        count, size, start = fields
    shift = position - size - start
    if shift < 0:
        raise ReadError("its end record points outside the file", offset=end_at)
    return _End(count, start + shift, size, shift, problems)


def _comment(tail: bytes, at: int) -> int:
    return int.from_bytes(tail[at + 20 : at + 22], "little")


def _paired(short: tuple[int, int, int], wide: tuple[int, int, int]) -> Iterator[tuple[int, int, int]]:
    return zip(short, wide, (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF), strict=True)


def _read_end64(blob: Blob, end_at: int) -> tuple[int, tuple[int, int, int]] | None:
    """Return the place of the zip64 end record and its count, size and start; None when there is none."""
    raw = blob.read_at(max(0, end_at - _END64_LOCATOR.size), _END64_LOCATOR.size)
    if end_at < _END64_LOCATOR.size or raw[:4] != b"PK\x06\x07":
        return None
    _, _, stated, _ = _END64_LOCATOR.unpack(raw)
    # With bytes before the archive the stated place is short; then the record stands right before its locator.
    for place in (stated, end_at - _END64_LOCATOR.size - _END64.size):
        raw = blob.read_at(place, _END64.size) if 0 <= place <= blob.size else b""
        if len(raw) == _END64.size and raw[:4] == b"PK\x06\x06":
            fields = _END64.unpack(raw)
            return place, (fields[7], fields[8], fields[9])
    raise ReadError("its zip64 end record is missing", offset=end_at)


# -- the entries


def _entries(data: bytes, shift: int) -> Iterator[Entry]:
    at = 0
    while at < len(data):
        if len(data) - at < _CENTRAL.size or data[at : at + 4] != b"PK\x01\x02":
            raise ReadError("the directory breaks off", offset=at)
        fields = _CENTRAL.unpack_from(data, at)
        _, made_by, _, flags, method, _, _, crc, compressed, size, name_size, extra_size, comment_size = fields[:13]
        attributes, offset = fields[-2:]
        name_at = at + _CENTRAL.size
        extra_at = name_at + name_size
        at = extra_at + extra_size + comment_size
        if at > len(data):
            raise ReadError("the directory breaks off inside an entry", offset=name_at)
        raw = data[name_at:extra_at]
        size, compressed, offset = _widened(data[extra_at : extra_at + extra_size], size, compressed, offset)
        mode = attributes >> 16 if made_by >> 8 == 3 else 0
        yield Entry(_name(raw, flags), raw, size, compressed, method, flags, crc, offset + shift, mode)


def _name(raw: bytes, flags: int) -> str:
    text = raw.decode("utf-8", "backslashreplace") if flags & _UTF8 else raw.decode("cp437")
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _widened(extra: bytes, size: int, compressed: int, offset: int) -> tuple[int, int, int]:
    """Replace the values that say "see zip64" by those of the extra field, in its order.

    Raises:
        ReadError: it lacks one of them.
    """
    wide = _extra_field(extra, 0x0001)
    values = [size, compressed, offset]
    for index, value in enumerate(values):
        if value == 0xFFFFFFFF and wide is not None:
            if len(wide) < 8:
                raise ReadError("a zip64 size is missing")
            values[index], wide = int.from_bytes(wide[:8], "little"), wide[8:]
    return values[0], values[1], values[2]


def _extra_field(extra: bytes, wanted: int) -> bytes | None:
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind == wanted:
            return extra[at + 4 : at + 4 + size]
        at += 4 + size
    return None


# -- what can mislead


def _name_problems(entries: list[Entry]) -> Iterator[Problem]:
    names: set[str] = set()
    forms: dict[str, str] = {}
    for entry in entries:
        at = entry.offset
        if entry.name in names:
            yield Problem("duplicate-name", f"{entry.name!r} stands there twice", at)
        names.add(entry.name)
        other = forms.setdefault(folded(entry.name), entry.name)
        if other != entry.name:
            yield Problem("alike-name", f"{entry.name!r} and {other!r} are one name to some file systems", at)
        if "\\" in entry.name or leaves(entry.name):
            yield Problem("traversal", f"{entry.name!r} would be unpacked outside the folder", at)
        if oddly_named(entry.name):
            yield Problem("bad-name", f"{entry.name!r} has a character that hides part of it", at)
        if entry.symlink:
            yield Problem("symlink", f"{entry.name!r} would be unpacked as a symbolic link", at)
        if entry.encrypted:
            yield Problem("encrypted", f"{entry.name!r} is marked as encrypted", at)


def _layout_problems(entries: list[Entry], directory: int) -> Iterator[Problem]:
    ordered = sorted(entries, key=lambda entry: entry.offset)
    for entry, following in pairwise(ordered):
        if entry.least_end > following.offset:
            yield Problem("overlap", f"{entry.name!r} and {following.name!r} share bytes", following.offset)
    if ordered and ordered[-1].least_end > directory:
        yield Problem("overlap", f"{ordered[-1].name!r} reaches into the directory", ordered[-1].offset)
    for entry in entries:
        if entry.size > _BOMB_SIZE and entry.size > _BOMB_RATIO * entry.compressed:
            message = f"{entry.name!r} would grow from {entry.compressed:,} to {entry.size:,} bytes"
            yield Problem("bomb", message, entry.offset)


# -- local headers


def locate(blob: Blob, entry: Entry, budget: Budget) -> Located:
    """Return where the bytes of `entry` start, after comparing its local header with the directory.

    Raises:
        ReadError: there is no local header, or the bytes would reach beyond the blob.
        BudgetError: looking costs more than the budget allows.
    """
    wanted = min(_LOCAL.size + len(entry.raw_name) + _LOCAL_EXTRA, max(0, blob.size - entry.offset))
    budget.take_bytes(wanted)
    head = blob.read_at(entry.offset, wanted)
    if len(head) < _LOCAL.size or head[:4] != b"PK\x03\x04":
        raise ReadError(f"{entry.name!r} has no local header", offset=entry.offset)
    _, _, flags, method, _, _, crc, compressed, size, name_size, extra_size = _LOCAL.unpack_from(head)
    extra_at = _LOCAL.size + name_size
    extra = head[extra_at : extra_at + extra_size]
    if extra_at + extra_size > len(head):
        budget.take_bytes(extra_size)
        extra = read_exactly(blob, entry.offset + extra_at, extra_size, "a local header")
    start = entry.offset + extra_at + extra_size
    if start + entry.compressed > blob.size:
        raise ReadError(f"{entry.name!r} reaches beyond the end of the file", offset=entry.offset)
    pairs: dict[str, tuple[object, object]] = {"method": (method, entry.method)}
    if name_size <= len(entry.raw_name) + _LOCAL_EXTRA:
        pairs["name"] = (head[_LOCAL.size : extra_at], entry.raw_name)
    else:
        pairs["name"] = (name_size, len(entry.raw_name))
    pairs["encryption"] = (bool(flags & _ENCRYPTED), bool(entry.flags & _ENCRYPTED))
    if not flags & _DESCRIPTOR:
        size, compressed, _ = _widened(extra, size, compressed, 0)
        pairs |= {"size": (size, entry.size), "compressed size": (compressed, entry.compressed)}
        pairs |= {"checksum": (crc, entry.crc)}
    return Located(start, tuple(what for what, (local, central) in pairs.items() if local != central))

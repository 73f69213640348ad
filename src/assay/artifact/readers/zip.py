"""Zip archives: the members, what readers see in them, and where directory and content disagree."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from assay.artifact import readers
from assay.artifact.blob import Blob, BytesBlob, SliceBlob, read_exactly
from assay.artifact.budget import Budget
from assay.artifact.magic import ends_as_zip
from assay.artifact.observation import Observation, Problem
from assay.artifact.sniff import sniff
from assay.artifact.zip.directory import Directory, Entry, locate, read_directory
from assay.artifact.zip.inflate import METHODS, InflatedBlob
from assay.canonical import JSON
from assay.errors import BudgetError, ReadError

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "zip"
VERSION = 4
_LISTED = 2000
_ENTRY_COST = 130
"""Items that a look at a member costs."""
_PROBLEMS = 200
_SHARED = 64
_HEAD = 4096
_JOINED = ".distcp"
_OTHER_METHODS = {9: "deflate64", 16: "cmpsc", 20: "zstd", 93: "zstd", 95: "xz", 98: "ppmd", 99: "AES encryption"}
"""Source: APPNOTE.TXT 6.3.10, 4.4.5. None of them is in the standard library of every version."""
_UNPACK = "unpack the archive, and scan what was in it"
_CHECKED = 8 * 1024 * 1024
"""Stored members up to this size are read whole, which shows whether their checksum holds."""


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return the members of the archive and what readers saw in those they know.

    Tensors of a torch checkpoint (`<root>/data/<number>`) are not looked at: no loader reads anything but numbers
    from them. Of all other members at least the head is read.

    Archives that stand one after another, as torch joins them in `.distcp` files, are read each, the earlier ones as
    members `archive at N`; in files of another name that stays a problem, because programs read only one of them.

    Raises:
        ReadError: there is no directory to read.
    """
    directory = read_directory(blob, budget)
    roots = _torch_roots(directory.entries)
    seen = _Seen(blob, budget, depth, list(directory.problems[:_PROBLEMS]), directory.complete)
    try:
        facts = _facts(directory, budget, torch=bool(roots))
    except BudgetError as error:
        facts = {"entries": len(directory.entries), "torch": bool(roots), "members": []}
        seen.stop("budget", str(error))
    tensors = tuple(re.compile(re.escape(root) + r"data/[0-9]+", re.ASCII) for root in roots)
    wanted = [entry for entry in directory.entries if not any(t.fullmatch(entry.name) for t in tensors)]
    # Members that share bytes are a bomb or a trick; the archive is reported for that, whatever else is in it.
    shared = any(problem.code == "overlap" for problem in directory.problems)
    if _archives_before(blob, directory, seen) and path.endswith(_JOINED):
        seen.problems = [problem for problem in seen.problems if problem.code != "prepended-bytes"]
    seen.members_of(wanted[:_SHARED] if shared else wanted)
    if shared and len(wanted) > _SHARED:
        seen.stop("overlap", f"its members share bytes; only the first {_SHARED} were read")
    return Observation(FORMAT, f"{FORMAT}/{VERSION}", seen.complete, facts, tuple(seen.problems), tuple(seen.members))


def _archives_before(blob: Blob, directory: Directory, seen: _Seen) -> bool:
    """Read the archives that stand before this one, the last first; say whether nothing else does."""
    end = _first(directory)
    try:
        while end and ends_as_zip(SliceBlob(blob, 0, end)):
            start = _first(read_directory(SliceBlob(blob, 0, end), seen.budget))
            if start >= end:
                seen.stop("member-unread", "before the archive: a member lies outside its own", start)
                return False
            seen.read(f"archive at {start}", SliceBlob(blob, start, end - start), start)
            end = start
    except ReadError as error:
        seen.stop("budget" if isinstance(error, BudgetError) else "member-unread", f"before the archive: {error}", 0)
    return end == 0


def _first(directory: Directory) -> int:
    """Return where the first member stands, before which there are bytes of something else."""
    return min((entry.offset for entry in directory.entries), default=0)


def _torch_roots(entries: Iterable[Entry]) -> list[str]:
    """Return the folders (with their slash) that torch's zip layout makes: `data.pkl` beside `version` or `.data/`."""
    names = {entry.name for entry in entries}
    folders = {match[1] for name in names if (match := re.match(r"(.*?/)\.data/", name))}
    found = []
    for name in sorted(names):
        root = name.removesuffix("data.pkl")
        if root != name and (root == "" or root.endswith("/")) and (f"{root}version" in names or root in folders):
            found.append(root)
    return found[:16]


def _facts(directory: Directory, budget: Budget, *, torch: bool) -> dict[str, JSON]:
    members: list[JSON] = []
    for entry in directory.entries[:_LISTED]:
        budget.take_facts(len(entry.name) + 80)
        members.append(
            {
                "name": entry.name,
                "size": entry.size,
                "compressed": entry.compressed,
                "method": METHODS.get(entry.method, f"method {entry.method}"),
                "encrypted": entry.encrypted,
            }
        )
    return {"entries": len(directory.entries), "torch": torch, "members": members}


@dataclass(slots=True)
class _Seen:
    """Reads members one after another and gathers what is wrong with them."""

    blob: Blob
    budget: Budget
    depth: int
    problems: list[Problem]
    complete: bool
    members: list[tuple[str, Observation]] = field(default_factory=list)

    def stop(self, code: str, message: str, offset: int | None = None) -> None:
        """Note a problem because of which not everything was seen."""
        self.complete = False
        self.note(code, message, offset)

    def note(self, code: str, message: str, offset: int | None = None) -> None:
        """Note a problem; all further ones of an archive that has many change nothing."""
        if len(self.problems) < _PROBLEMS:
            self.problems.append(Problem(code, message, offset))

    def members_of(self, entries: Iterable[Entry]) -> None:
        """Read members until all are read or the budget is spent."""
        try:
            for entry in entries:
                if entry.size or entry.compressed:
                    self._member(entry)
        except BudgetError as error:
            self.stop("budget", str(error))

    def _member(self, entry: Entry) -> None:
        self.budget.take_items(_ENTRY_COST)
        if entry.method not in METHODS:
            by = _OTHER_METHODS.get(entry.method, "an unknown method")
            message = f"{entry.name!r} is compressed by {by} ({entry.method}), which is not unpacked here: {_UNPACK}"
            self.stop("unknown-method", message, entry.offset)
            return
        try:
            located = locate(self.blob, entry, self.budget)
            if located.differs:
                message = f"{entry.name!r}: local header and directory differ in {', '.join(located.differs)}"
                self.stop("local-header-differs", message, entry.offset)
            raw = SliceBlob(self.blob, located.start, entry.compressed)
            self.budget.take_bytes(min(_HEAD, entry.size))
            if entry.method == 0:
                self._stored(entry, raw)
            else:
                self._inflated(entry, InflatedBlob(raw, entry.method, entry.size, self.budget))
        except BudgetError:
            raise
        except ReadError as error:
            self.stop("member-unread", f"{entry.name!r}: {error}", entry.offset)
        if entry.encrypted:
            # Some loaders ignore the mark, so the bytes were read as they are; others would see something else.
            self.complete = False

    def _stored(self, entry: Entry, raw: Blob) -> None:
        if entry.size != entry.compressed:
            self.stop("size-differs", f"{entry.name!r} is stored, yet its two sizes differ", entry.offset)
        format_ = sniff(raw, entry.name)
        if format_ not in readers.readers():
            return
        if raw.size <= _CHECKED:
            self.budget.take_bytes(raw.size)
            data = read_exactly(raw, 0, raw.size, f"member {entry.name!r}")
            self._check_crc(entry, zlib.crc32(data))
            raw = BytesBlob(data)
        self.read(entry.name, raw, entry.offset, known=format_)

    def _inflated(self, entry: Entry, inflated: InflatedBlob) -> None:
        head = inflated.read_at(0, _HEAD)
        if sniff(_HeadBlob(head, entry.size), entry.name) not in readers.readers():
            return
        self.read(entry.name, inflated, entry.offset)
        if entry.size <= _CHECKED:
            differs = inflated.finish()
            if differs is not None:
                self.stop("size-differs", f"{entry.name!r} {differs}", entry.offset)
            self._check_crc(entry, inflated.crc())

    def _check_crc(self, entry: Entry, crc: int) -> None:
        if crc != entry.crc:
            message = f"{entry.name!r} has the checksum {crc:08x}, the directory says {entry.crc:08x}"
            self.note("crc-differs", message, entry.offset)

    def read(self, name: str, blob: Blob, offset: int, known: str | None = None) -> None:
        """Read what lies at `offset` as a file of its own."""
        self.budget.take_items(readers.MEMBER_COST)
        reading = readers.read_blob(blob, self.budget, path=name, depth=self.depth + 1, known=known)
        if reading.observation is not None:
            self.members.append((name, reading.observation))
        elif reading.reason is not None:
            self.stop("member-unread", f"{name!r}: {reading.reason}", offset)


class _HeadBlob:
    """The first bytes of a longer blob, for deciding on its format."""

    def __init__(self, head: bytes, size: int) -> None:
        self._head = head
        self.size = size

    def read_at(self, offset: int, length: int) -> bytes:
        return self._head[offset : offset + length]

"""Tar archives: the members, what readers see in them, and where unpacking would go."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.artifact.blob import Blob, SliceBlob
from assay.artifact.budget import Budget
from assay.artifact.member_names import folded, leaves, link_leaves, oddly_named
from assay.artifact.notes import Notes
from assay.artifact.observation import Observation
from assay.artifact.tar import TarEntry, TarWalk
from assay.canonical import JSON

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "tar"
VERSION = 2

_LISTED = 2000
_HEAD = 4096
_DEVICES = {"3": "a character device", "4": "a block device", "6": "a named pipe"}


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return the members of the archive, and what readers saw in those that are files.

    Facts: `entries` (how many), `members` (the first 2,000: `name`, `size`, `kind`).
    """
    del path
    notes = Notes(FORMAT, VERSION, budget, depth)
    walk = TarWalk(blob, budget, notes.problems)
    seen = _Seen(notes)
    with notes.until_broken():
        for entry in walk.entries():
            seen.entry(entry)
            if entry.is_file and entry.size:
                budget.take_bytes(min(_HEAD, entry.size))
                notes.member(entry.name, SliceBlob(blob, entry.start, entry.size))
    return notes.observation({"entries": seen.count, "members": seen.listed})


@dataclass(slots=True)
class _Seen:
    """What was seen of members so far."""

    notes: Notes
    count: int = 0
    listed: list[JSON] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    links: dict[str, JSON] = field(default_factory=dict)
    """Links as a tree of the parts of their names; the key `/`, which no part can be, ends one."""

    def entry(self, entry: TarEntry) -> None:
        """List a member and note what is odd about it."""
        self.count += 1
        if self.count <= _LISTED:
            self.notes.budget.take_facts(len(entry.name) + 48)
            self.listed.append({"name": entry.name, "size": entry.size, "kind": entry.kind})
        self._name(entry)
        if entry.kind in "12":
            self._link(entry)
        if entry.kind in _DEVICES:
            self.notes.problem("device", f"{entry.name!r} would be unpacked as {_DEVICES[entry.kind]}", entry.offset)

    def _name(self, entry: TarEntry) -> None:
        name = entry.name.rstrip("/").removeprefix("./")
        if leaves(entry.name):
            self.notes.problem("traversal", f"{entry.name!r} would be unpacked outside the folder", entry.offset)
        if oddly_named(entry.name):
            self.notes.problem("bad-name", f"{entry.name!r} has a character that hides part of it", entry.offset)
        if self._through_link(name):
            self.notes.problem("through-link", f"{entry.name!r} would be written through a link", entry.offset)
        if entry.kind == "5":
            return
        known = len(self.names)
        other = self.names.setdefault(folded(name), name)
        if other != name or len(self.names) == known:
            how = "stands there twice" if other == name else f"and {other!r} are one name to some file systems"
            self.notes.problem("duplicate-name", f"{entry.name!r} {how}", entry.offset)

    def _through_link(self, name: str) -> bool:
        """Whether a folder of `name` is a link. Costs an item for each folder that leads on to one."""
        at = self.links
        for part in name.split("/")[:-1]:
            if part not in at:
                return False
            at = at[part]
            self.notes.budget.take_items()
            if "/" in at:
                return True
        return False

    def _link(self, entry: TarEntry) -> None:
        name = entry.name.removeprefix("./")
        if entry.kind == "2":
            at = self.links
            for part in name.split("/"):
                self.notes.budget.take_items()
                at = at.setdefault(part, {})
            at["/"] = True
        if link_leaves(name, entry.link, from_root=entry.kind == "1"):
            message = f"{entry.name!r} is a link to {entry.link[:200]!r}, outside the folder"
            self.notes.problem("link-leaves", message, entry.offset)

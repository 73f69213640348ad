"""Changes to a tree: only the folders on the way to a change are read and written again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, TypeAlias

from assay.artifact.identity import check_paths
from assay.artifact.sources.local import MAX_FILES
from assay.errors import NotFoundError, PathError
from assay.store.git.names import repo_path
from assay.store.git.objects import EMPTY_TREE, Mode, Oid, TreeEntry
from assay.store.git.rows import Objects

__all__ = [
    "MAX_FILES",
    "Delete",
    "Difference",
    "Put",
    "TreeChange",
    "UpdatedTree",
    "diff_trees",
    "files_in",
    "update_tree",
]


class Put(NamedTuple):
    """A file is there afterwards, whether it was before or not."""

    oid: Oid
    mode: Mode = Mode.FILE


class Delete(Enum):
    """A file, a folder with all that is in it, or whichever of them is there, is gone afterwards."""

    FILE = "file"
    FOLDER = "folder"
    EITHER = "file or folder"


TreeChange: TypeAlias = Put | Delete


class UpdatedTree(NamedTuple):
    """A tree after changes."""

    oid: Oid
    files: int
    """How many it holds."""


class Difference(NamedTuple):
    """One file that two trees do not have alike."""

    path: str
    old: TreeEntry | None
    new: TreeEntry | None


@dataclass
class _Node:
    """What is to happen at one name and below it."""

    change: TreeChange | None = None
    below: dict[str, _Node] = field(default_factory=dict)


def update_tree(objects: Objects, tree: Oid, files: int, changes: Mapping[str, TreeChange]) -> UpdatedTree:
    """Add to `objects` what `changes` make of `tree`, which holds `files` files.

    Deletions come first, so a file can take the place of a folder in one step and the other way round.

    Raises:
        PathError: a path cannot be carried, could not lie beside another, or there would be too many files.
        NotFoundError: what is to be deleted is not there.
    """
    top = _Node()
    for given, change in changes.items():
        node = top
        for part in repo_path(given).split("/"):
            node = node.below.setdefault(part, _Node())
        if node.change is not None:
            raise PathError(f"{given!r} is named twice, in two Unicode forms", hint="Name it once.")
        node.change = change
    _load(objects, tree, top)
    writer = _Writer(objects)
    oid = writer.folder(tree, top, "")
    updated = UpdatedTree(oid, files + writer.added)
    if updated.files > MAX_FILES:
        raise PathError(f"more than {MAX_FILES:,} files", hint="Put many small files into one archive.")
    if writer.look_alike:
        check_paths(path for path, _ in files_in(objects, oid))
    return updated


def files_in(objects: Objects, tree: Oid, prefix: str = "") -> Iterator[tuple[str, TreeEntry]]:
    """Yield every path below a folder that is no folder, and its entry, in git's order."""
    for entry in objects.tree(tree):
        path = f"{prefix}{entry.name}"
        if entry.mode is Mode.FOLDER:
            yield from files_in(objects, entry.oid, f"{path}/")
        else:
            yield path, entry


def diff_trees(objects: Objects, old: Oid, new: Oid, prefix: str = "") -> Iterator[Difference]:
    """Yield every file that is not alike, in order of name within each folder; folders alike are not read."""
    if old == new:
        return
    objects.load_trees([old, new])
    before = {entry.name: entry for entry in objects.tree(old)}
    after = {entry.name: entry for entry in objects.tree(new)}
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        path = f"{prefix}{name}"
        old_folder, new_folder = (
            entry.oid if entry and entry.mode is Mode.FOLDER else EMPTY_TREE for entry in (was, now)
        )
        yield from diff_trees(objects, old_folder, new_folder, f"{path}/")
        old_file, new_file = (None if entry and entry.mode is Mode.FOLDER else entry for entry in (was, now))
        if old_file or new_file:
            yield Difference(path, old_file, new_file)


def _load(objects: Objects, tree: Oid, top: _Node) -> None:
    """Bring every folder that will be written, one question per depth."""
    level = [(tree, top)]
    while level:
        objects.load_trees(oid for oid, _ in level)
        level = [
            (entry.oid, node.below[entry.name])
            for oid, node in level
            for entry in objects.tree(oid)
            if entry.mode is Mode.FOLDER and entry.name in node.below and node.below[entry.name].below
        ]


class _Writer:
    """Writes folders from the deepest up, and counts."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self.added = 0
        self.look_alike = False
        """Some folder has two names that are equal when case is ignored."""

    def folder(self, oid: Oid, node: _Node, path: str) -> Oid:
        entries = {entry.name: entry for entry in self.objects.tree(oid)}
        for name, child in node.below.items():
            self._apply(entries, name, child, f"{path}{name}")
        if len({name.casefold() for name in entries}) != len(entries):
            self.look_alike = True
        return self.objects.add_tree(entries.values())

    def _apply(self, entries: dict[str, TreeEntry], name: str, node: _Node, path: str) -> None:
        if isinstance(node.change, Delete):
            self._delete(entries, name, node.change, path)
        if node.below:
            self._below(entries, name, node, path)
        if isinstance(node.change, Put):
            before = entries.get(name)
            if before is not None and before.mode is Mode.FOLDER:
                raise PathError(f"{path!r} is a folder", hint="Delete the folder first, or use another name.")
            self.added += before is None
            entries[name] = TreeEntry(name, node.change.mode, node.change.oid)

    def _below(self, entries: dict[str, TreeEntry], name: str, node: _Node, path: str) -> None:
        before = entries.get(name)
        if before is not None and before.mode is not Mode.FOLDER:
            raise PathError(f"{path!r} is a file, not a folder", hint="Delete the file first, or use another name.")
        oid = self.folder(before.oid if before else EMPTY_TREE, node, f"{path}/")
        if oid != EMPTY_TREE:
            entries[name] = TreeEntry(name, Mode.FOLDER, oid)
        elif before is not None:
            del entries[name]  # git keeps no empty folders

    def _delete(self, entries: dict[str, TreeEntry], name: str, change: Delete, path: str) -> None:
        before = entries.get(name)
        is_folder = before is not None and before.mode is Mode.FOLDER
        if before is None or change is (Delete.FILE if is_folder else Delete.FOLDER):
            raise NotFoundError(f"there is no {change.value} {path!r} to delete")
        gone = sum(1 for _ in files_in(self.objects, before.oid)) if is_folder else 1
        self.added -= gone
        del entries[name]

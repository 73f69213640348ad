"""Which commit changed each path last, answered without walking the history.

For every folder that a commit changed, one row tells who changed each of its entries last, in the order of the entries.
A folder that the commit left alone has its row with the commit that the row above names for it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import select, tuple_

from assay.errors import CorruptError
from assay.store.database import insert_missing
from assay.store.git.objects import EMPTY_TREE, Mode, Oid, TreeEntry
from assay.store.git.rows import Objects, batches
from assay.store.tables import last_change

__all__ = ["FolderVersion", "changed_in", "record_changes"]


class FolderVersion(NamedTuple):
    """A folder and the commit that changed it last."""

    path: str
    tree: Oid
    commit: Oid


class _Step(NamedTuple):
    """A folder that the new commit changed, and what it was before."""

    path: str
    tree: Oid
    before: FolderVersion | None


def record_changes(objects: Objects, commit: Oid, tree: Oid, parent: FolderVersion | None) -> None:
    """Write the rows of `commit`, whose top folder is `tree`; `parent` is the top folder of the commit before."""
    rows = []
    # The top has a row for every commit, also for one that changes nothing: reading begins there.
    level = [_Step("", tree, parent)]
    while level:
        before = [step.before for step in level if step.before is not None]
        objects.load_trees(oid for folder in before for oid in [folder.tree])
        objects.load_trees(step.tree for step in level)
        known = changed_in(objects, before)
        deeper: list[_Step] = []
        for step in level:
            changed, below = _compare(objects, step, commit, known)
            deeper += below
            packed = zlib.compress(b"".join(map(bytes.fromhex, changed)), 1)
            rows.append({"oid": commit, "folder": step.path, "changed": packed})
        level = deeper
    insert_missing(objects.connection, last_change, rows)


def changed_in(objects: Objects, folders: Iterable[FolderVersion]) -> dict[FolderVersion, dict[str, Oid]]:
    """Return, for each folder, by name, which commit changed that entry last.

    Raises:
        CorruptError: a row is missing or does not fit its folder.
    """
    found = {}
    columns = select(last_change.c.oid, last_change.c.folder, last_change.c.changed)
    for batch in batches(folders):
        keys = {(folder.commit, folder.path): folder for folder in batch}
        where = tuple_(last_change.c.oid, last_change.c.folder).in_(keys)
        rows = {(oid, path): packed for oid, path, packed in objects.connection.execute(columns.where(where))}
        for key, folder in keys.items():
            names = [entry.name for entry in objects.tree(folder.tree)]
            found[folder] = dict(zip(names, _unpacked(rows.get(key), len(names), folder), strict=True))
    return found


def _compare(
    objects: Objects, step: _Step, commit: Oid, known: dict[FolderVersion, dict[str, Oid]]
) -> tuple[list[Oid], list[_Step]]:
    """Return who changed each entry last, and the folders in it that `commit` changed."""
    old: dict[str, TreeEntry] = {}
    old_changes: dict[str, Oid] = {}
    if step.before is not None:
        old = {entry.name: entry for entry in objects.tree(step.before.tree)}
        old_changes = known[step.before]
    changed, below = [], []
    for entry in objects.tree(step.tree):
        was = old.get(entry.name)
        changed.append(old_changes[entry.name] if was == entry else commit)
        if was != entry and entry.mode is Mode.FOLDER:
            path = f"{step.path}/{entry.name}" if step.path else entry.name
            was_folder = was is not None and was.mode is Mode.FOLDER
            before = FolderVersion(path, was.oid, old_changes[entry.name]) if was and was_folder else None
            below.append(_Step(path, entry.oid, before))
    return changed, below


def _unpacked(packed: bytes | None, count: int, folder: FolderVersion) -> list[Oid]:
    if folder.tree == EMPTY_TREE:
        return []
    inflate = zlib.decompressobj()
    raw = b"" if packed is None else inflate.decompress(packed, 20 * count + 1)
    if len(raw) != 20 * count:
        raise CorruptError(f"what changed in {folder.path or 'the top folder'!r} at {folder.commit} is not known")
    text = raw.hex()
    return [Oid(text[at : at + 40]) for at in range(0, len(text), 40)]

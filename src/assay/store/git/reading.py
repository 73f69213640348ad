"""What a commit holds: its files page by page, single paths, its history, and how it differs from another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, literal, select, tuple_

from assay.errors import NotFoundError, PathError
from assay.store.git.last_change import FolderVersion, changed_in
from assay.store.git.names import repo_path
from assay.store.git.objects import Mode, Oid, TreeEntry
from assay.store.git.rows import BlobFacts, Objects
from assay.store.git.trees import Difference, diff_trees
from assay.store.tables import git_commit

__all__ = [
    "CommitPage",
    "CommitRow",
    "Item",
    "ItemPage",
    "Places",
    "commit_row",
    "commit_times",
    "diff",
    "find",
    "history",
    "list_folder",
]

_KEPT_PLACES = 4096
_AHEAD = 64
"""Folders brought in one question while a tree is walked."""


class Item(NamedTuple):
    """A file or a folder of a commit."""

    path: str
    mode: Mode
    oid: Oid
    facts: BlobFacts | None
    """None for a folder."""
    last_change: Oid | None = None
    """The commit that changed it last, if that was asked for."""

    @property
    def is_folder(self) -> bool:
        """True for a folder."""
        return self.mode is Mode.FOLDER

    @property
    def cursor(self) -> str:
        """Where a listing goes on after this item."""
        return f"{self.path}/" if self.is_folder else self.path


class ItemPage(NamedTuple):
    """A part of a listing."""

    items: list[Item]
    after: str | None
    """Where the next page begins; None on the last one."""


class CommitRow(NamedTuple):
    """A commit as lists show it."""

    oid: Oid
    parent: Oid | None
    tree: Oid
    files: int
    author: str
    email: str
    time: int
    """Seconds since 1970, as the author says."""
    message: str

    @property
    def title(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


class CommitPage(NamedTuple):
    """A part of a history, newest first."""

    commits: list[CommitRow]
    next: Oid | None
    """Where the next page begins; None on the last one."""


_ONE_COMMIT = select(*(git_commit.c[name] for name in CommitRow._fields)).where(
    git_commit.c.repo_id == bindparam("repo"), git_commit.c.oid == bindparam("commit")
)  # put together once: this is asked for with every file


def commit_row(connection: Connection, repo_id: int, oid: Oid) -> CommitRow:
    """Return one commit of a repo.

    Raises:
        NotFoundError: the repo does not have it.
    """
    row = connection.execute(_ONE_COMMIT, {"repo": repo_id, "commit": oid}).first()
    if row is None:
        raise NotFoundError(f"there is no commit {oid}")
    return CommitRow(*row)


def commit_times(connection: Connection, commits: Iterable[tuple[int, Oid]]) -> dict[int, int]:
    """Return the times of commits, one of each repo, in seconds since 1970; some hundreds at most.

    Raises:
        NotFoundError: a repo does not have its commit.
    """
    wanted = dict(commits)
    these = tuple_(git_commit.c.repo_id, git_commit.c.oid).in_(list(wanted.items()))
    rows = connection.execute(select(git_commit.c.repo_id, git_commit.c.time).where(these))
    found: dict[int, int] = {row.repo_id: row.time for row in rows}
    for repo_id in wanted.keys() - found.keys():
        raise NotFoundError(f"there is no commit {wanted[repo_id]}")
    return found


def history(connection: Connection, repo_id: int, start: Oid, limit: int = 50) -> CommitPage:
    """Return up to `limit` commits from `start` backwards along first parents.

    Raises:
        NotFoundError: the repo does not have `start`.
    """
    commits = _commit_rows(connection, repo_id, start, limit)
    return CommitPage(commits, commits[-1].parent)


def list_folder(
    connection: Connection,
    commit: CommitRow,
    folder: str = "",
    *,
    recursive: bool = False,
    after: str | None = None,
    limit: int = 1000,
    with_changes: bool = False,
) -> ItemPage:
    """Return up to `limit` items of a folder, or of all below it, in git's order, from after the cursor `after`.

    Raises:
        NotFoundError: the commit has no such folder.
    """
    objects = Objects(connection)
    walk = _Walk(objects, recursive=recursive, with_changes=with_changes)
    top = FolderVersion("", commit.tree, commit.oid)
    if folder:
        entry, changed = _descend(objects, top, folder, with_changes=with_changes)
        if entry is None or entry.mode is not Mode.FOLDER:
            raise NotFoundError(f"there is no folder {folder[:100]!r} in {commit.oid}")
        top = FolderVersion(repo_path(folder), entry.oid, changed or commit.oid)
    found = list(islice(walk.below(top, (after or "").encode()), limit + 1))
    items = _with_facts(objects, found[:limit])
    return ItemPage(items, items[-1].cursor if len(found) > limit else None)


def find(
    connection: Connection, commit: CommitRow, paths: Iterable[str], *, with_changes: bool = False
) -> dict[str, Item]:
    """Return what lies at each of `paths`, under the path as it was given; what is not there is left out."""
    objects = Objects(connection)
    top = FolderVersion("", commit.tree, commit.oid)
    found = {}
    for path in dict.fromkeys(paths):
        entry, changed = _descend(objects, top, path, with_changes=with_changes)
        if entry is not None:
            found[path] = Item(repo_path(path), entry.mode, entry.oid, None, changed)
    return dict(zip(found, _with_facts(objects, found.values()), strict=True))


class Places:
    """Remembers what lies where in folders that were asked for lately. Safe to share between threads.

    A tree is named by its content, so what was found in one stays right for ever.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[Oid, str], Item] = {}

    def find(self, connection: Connection, commit: CommitRow, path: str) -> Item | None:
        """Return what lies at `path`, without its last change; None when there is nothing."""
        key = (commit.tree, path)
        item = self._found.get(key) or find(connection, commit, [path]).get(path)
        if item is not None:
            if len(self._found) >= _KEPT_PLACES:
                self._found.clear()
            self._found[key] = item
        return item


def diff(connection: Connection, old: CommitRow, new: CommitRow) -> Iterator[Difference]:
    """Yield every file that two commits do not have alike, in order of name within each folder."""
    return diff_trees(Objects(connection), old.tree, new.tree)


class _Walk:
    """Goes through folders in git's order, which is also the order of the cursors."""

    def __init__(self, objects: Objects, *, recursive: bool, with_changes: bool) -> None:
        self._objects = objects
        self._recursive = recursive
        self._with_changes = with_changes

    def below(self, folder: FolderVersion, after: bytes) -> Iterator[Item]:
        prefix = f"{folder.path}/" if folder.path else ""
        entries = self._objects.tree(folder.tree)
        changes = changed_in(self._objects, [folder])[folder] if self._with_changes else {}
        ahead: set[Oid] = set()
        for index, entry in enumerate(entries):
            cursor = prefix.encode() + entry.key
            inside = entry.mode is Mode.FOLDER and self._recursive and after.startswith(cursor)
            if cursor <= after and not inside:
                continue
            item = Item(prefix + entry.name, entry.mode, entry.oid, None, changes.get(entry.name))
            if cursor > after:
                yield item
            if item.is_folder and self._recursive:
                if entry.oid not in ahead:
                    ahead = self._load_ahead(entries[index:])
                yield from self.below(FolderVersion(item.path, entry.oid, item.last_change or folder.commit), after)

    def _load_ahead(self, entries: tuple[TreeEntry, ...]) -> set[Oid]:
        ahead = set(islice((entry.oid for entry in entries if entry.mode is Mode.FOLDER), _AHEAD))
        self._objects.load_trees(ahead)
        return ahead


def _descend(
    objects: Objects, top: FolderVersion, path: str, *, with_changes: bool
) -> tuple[TreeEntry | None, Oid | None]:
    """Return what lies at `path`, and which commit changed it last if that is asked for."""
    try:
        parts = repo_path(path).split("/")
    except PathError:
        return None, None  # no tree holds such a name
    folder, entry, changed = top, None, None
    for index, part in enumerate(parts):
        if entry is not None:
            if entry.mode is not Mode.FOLDER:
                return None, None
            folder = FolderVersion("/".join(parts[:index]), entry.oid, changed or top.commit)
        entry = next((one for one in objects.tree(folder.tree) if one.name == part), None)
        if entry is None:
            return None, None
        changed = changed_in(objects, [folder])[folder][part] if with_changes else None
    return entry, changed


def _with_facts(objects: Objects, items: Iterable[Item]) -> list[Item]:
    items = list(items)
    facts = objects.blob_facts(item.oid for item in items if not item.is_folder)
    return [item._replace(facts=facts.get(item.oid)) for item in items]


def _commit_rows(connection: Connection, repo_id: int, start: Oid, limit: int) -> list[CommitRow]:
    table = git_commit
    first = select(table, literal(1).label("back")).where(table.c.repo_id == repo_id, table.c.oid == start)
    log = first.cte("log", recursive=True)
    parents = select(table, log.c.back + 1).where(table.c.repo_id == repo_id, table.c.oid == log.c.parent)
    log = log.union_all(parents.where(log.c.back < limit))
    columns = [log.c[name] for name in CommitRow._fields]
    commits = [CommitRow(*row) for row in connection.execute(select(*columns).order_by(log.c.back))]
    if not commits:
        raise NotFoundError(f"there is no commit {start}")
    return commits

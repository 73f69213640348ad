"""A commit from a set of changes: objects, history and the moved branch, all in the caller's one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from sqlalchemy import Connection, select

from assay.errors import ConflictError, NotFoundError, PathError
from assay.store.database import insert_missing
from assay.store.git.last_change import FolderVersion, record_changes
from assay.store.git.names import check_ref
from assay.store.git.objects import EMPTY_TREE, Commit, Mode, Oid, Signature
from assay.store.git.pointer import Pointer, looks_like_pointer
from assay.store.git.refs import lock_repo, move_ref, tip
from assay.store.git.rows import Objects
from assay.store.git.trees import Delete, Put, TreeChange, update_tree
from assay.store.tables import git_commit

__all__ = ["MAX_BLOB", "Change", "Link", "Write", "commit"]

MAX_BLOB = 8 * 1024 * 1024
"""Bytes of the largest file that git itself holds; a larger one is kept beside it."""


class Write(NamedTuple):
    """A small file with these bytes."""

    data: bytes
    executable: bool = False


class Link(NamedTuple):
    """A file that is kept beside git. The caller answers for who may use this sha256."""

    pointer: Pointer


Change: TypeAlias = Write | Link | Put | Delete
"""What is to become of a path. For `Put` the caller answers for that the repo may hold the blob."""


class _Parent(NamedTuple):
    oid: Oid | None
    tree: Oid
    files: int


def commit(
    connection: Connection,
    repo_id: int,
    ref: str,
    expected: Oid | None,
    changes: Mapping[str, Change],
    *,
    author: Signature,
    message: str,
) -> Oid:
    """Add a commit to the branch with the full name `ref` and return its id; the branch is made if it is not there.

    `expected` is the commit that the author built on; None stands for whatever is there. Nothing of this is visible
    before the transaction that `connection` is in ends well.

    Raises:
        ConflictError: the branch is not at `expected`.
        NotFoundError: there is no such repo, no file to delete, or no blob to put.
        PathError: a path cannot be carried or used, a file is too large for git, or its text is an LFS pointer.
        UsageError: the ref or the author's name is none that git allows.
    """
    check_ref(ref)
    lock_repo(connection, repo_id)
    parent = _parent(connection, repo_id, tip(connection, repo_id, ref))
    if expected is not None and parent.oid != expected:
        raise ConflictError(f"{ref} is at {parent.oid or 'no commit'}, not at {expected}")
    objects = Objects(connection)
    tree = update_tree(objects, parent.tree, parent.files, _tree_changes(objects, changes))
    parents = () if parent.oid is None else (parent.oid,)
    message = message.rstrip() + "\n"
    oid = objects.add_commit(Commit(tree.oid, parents, author, author, message))
    objects.write()
    row = {"repo_id": repo_id, "oid": oid, "parent": parent.oid, "tree": tree.oid, "files": tree.files}
    said = {"author": author.name, "email": author.email, "time": author.when, "message": message}
    insert_missing(connection, git_commit, [row | said])
    before = None if parent.oid is None else FolderVersion("", parent.tree, parent.oid)
    record_changes(objects, oid, tree.oid, before)
    move_ref(connection, repo_id, ref, parent.oid, oid)
    return oid


def _parent(connection: Connection, repo_id: int, oid: Oid | None) -> _Parent:
    if oid is None:
        return _Parent(None, EMPTY_TREE, 0)
    table = git_commit.c
    row = connection.execute(select(table.tree, table.files).where(table.repo_id == repo_id, table.oid == oid)).one()
    return _Parent(oid, Oid(row.tree), row.files)


def _tree_changes(objects: Objects, changes: Mapping[str, Change]) -> dict[str, TreeChange]:
    put = {change.oid for change in changes.values() if isinstance(change, Put)}
    missing = put - objects.blob_facts(put).keys()
    if missing:
        raise NotFoundError(f"there is no blob {min(missing)}")
    return {path: _tree_change(objects, path, change) for path, change in changes.items()}


def _tree_change(objects: Objects, path: str, change: Change) -> TreeChange:
    if isinstance(change, Link):
        return Put(objects.add_blob(change.pointer.to_bytes()))
    if not isinstance(change, Write):
        return change
    if len(change.data) > MAX_BLOB:
        raise PathError(f"{path!r} has {len(change.data):,} bytes; git holds at most {MAX_BLOB:,}", hint="Use LFS.")
    if looks_like_pointer(change.data):
        raise PathError(f"{path!r} is the text of an LFS pointer", hint="Upload the file that it points to.")
    return Put(objects.add_blob(change.data), Mode.EXECUTABLE if change.executable else Mode.FILE)

"""Branches, tags and other refs of a repo: named commits that move only by compare-and-swap."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from assay.errors import ConflictError, NotFoundError
from assay.store.database import insert_missing
from assay.store.git.names import check_ref
from assay.store.git.objects import Oid
from assay.store.tables import git_commit, ref, repo

__all__ = [
    "Ref",
    "branch",
    "create_ref",
    "delete_ref",
    "list_refs",
    "lock_repo",
    "move_ref",
    "resolve",
    "tag",
    "tip",
    "tips",
]


_CUT_OID = re.compile(r"[0-9a-f]{7,40}")


class Ref(NamedTuple):
    """A name for a commit."""

    name: str
    """In full, such as `refs/heads/main`."""
    target: Oid


def branch(short: str) -> str:
    """Return the full name of a branch; raises `UsageError` where git would not allow it."""
    return check_ref(f"refs/heads/{short}")


def tag(short: str) -> str:
    """Return the full name of a tag; raises `UsageError` where git would not allow it."""
    return check_ref(f"refs/tags/{short}")


def lock_repo(connection: Connection, repo_id: int) -> None:
    """Let no one else change the repo's refs until this transaction ends.

    Raises:
        NotFoundError: there is no such repo.
    """
    one = select(repo.c.id).where(repo.c.id == repo_id).with_for_update(key_share=True)
    if connection.execute(one).first() is None:
        raise NotFoundError(f"there is no repo {repo_id}")


def list_refs(connection: Connection, repo_id: int, prefix: str = "refs/") -> list[Ref]:
    """Return every ref whose full name begins with `prefix`, sorted by name."""
    within = func.substr(ref.c.name, 1, len(prefix)) == prefix
    rows = connection.execute(select(ref.c.name, ref.c.target).where(ref.c.repo_id == repo_id, within).order_by("name"))
    return [Ref(name, Oid(target)) for name, target in rows]


def tip(connection: Connection, repo_id: int, name: str) -> Oid | None:
    """Return the commit that the ref with this full name points to; None when there is no such ref."""
    one = select(ref.c.target).where(ref.c.repo_id == repo_id, ref.c.name == name)
    return connection.execute(one).scalar_one_or_none()


def tips(connection: Connection, repo_ids: Collection[int], name: str) -> dict[int, Oid]:
    """Return the commits that the refs of one full name point to, by repo; a repo without it is left out."""
    these = select(ref.c.repo_id, ref.c.target).where(ref.c.repo_id.in_(repo_ids), ref.c.name == name)
    return {row.repo_id: Oid(row.target) for row in connection.execute(these)}


_NAMED = select(ref.c.name, ref.c.target).where(
    ref.c.repo_id == bindparam("repo"), ref.c.name.in_([bindparam("branch"), bindparam("tag"), bindparam("full")])
)  # put together once: this is asked for with every file


def resolve(connection: Connection, repo_id: int, revision: str) -> Oid:
    """Return the commit that a branch, a tag, a full ref name or a commit id stands for, in this order.

    A commit id may be cut to seven digits or more, where no other commit of the repo begins with them.

    Raises:
        NotFoundError: the repo has none of them.
    """
    names = {"branch": f"refs/heads/{revision}", "tag": f"refs/tags/{revision}", "full": revision}
    found = (
        {name: Oid(target) for name, target in connection.execute(_NAMED, {"repo": repo_id, **names})}
        if "\0" not in revision
        else {}
    )
    for name in names.values():
        if name in found:
            return found[name]
    commits = _commits(connection, repo_id, revision) if _CUT_OID.fullmatch(revision) else []
    if len(commits) == 1:
        return commits[0]
    raise NotFoundError(f"there is no revision {revision[:100]!r}", hint="Name a branch, a tag or a commit id.")


def create_ref(connection: Connection, repo_id: int, name: str, target: Oid) -> None:
    """Make a ref with this full name.

    Raises:
        UsageError: git would not allow the name.
        ConflictError: there is one, or one that would have to be its folder.
        NotFoundError: the repo does not have this commit.
    """
    lock_repo(connection, repo_id)
    if not _has_commit(connection, repo_id, target):
        raise NotFoundError(f"there is no commit {target}")
    move_ref(connection, repo_id, name, None, target)


def move_ref(connection: Connection, repo_id: int, name: str, expected: Oid | None, target: Oid) -> None:
    """Point a ref at `target` if it still points at `expected`; None: if it does not exist.

    Raises:
        UsageError: git would not allow the name.
        ConflictError: it points elsewhere, or a new name would have to be both a ref and a folder of refs.
    """
    if expected is None:
        _check_new(connection, repo_id, check_ref(name))
        moved = insert_missing(connection, ref, [{"repo_id": repo_id, "name": name, "target": target}])
    else:
        here = (ref.c.repo_id == repo_id, ref.c.name == name, ref.c.target == expected)
        moved = connection.execute(update(ref).where(*here).values(target=target)).rowcount
    if moved != 1:
        raise ConflictError(f"{name} changed meanwhile" if expected else f"Reference {name} already exists")


def delete_ref(connection: Connection, repo_id: int, name: str, expected: Oid | None = None) -> None:
    """Remove a ref, if it still points at `expected` where that is given. Its commits stay.

    Raises:
        NotFoundError: there is no such ref.
        ConflictError: it points elsewhere.
    """
    lock_repo(connection, repo_id)
    target = tip(connection, repo_id, name)
    if target is None:
        raise NotFoundError(f"there is no {name}")
    if expected is not None and target != expected:
        raise ConflictError(f"{name} points at {target}, not at {expected}")
    connection.execute(delete(ref).where(ref.c.repo_id == repo_id, ref.c.name == name))


def _check_new(connection: Connection, repo_id: int, name: str) -> None:
    """A clone keeps refs as files, so none can be the folder of another."""
    parts = name.split("/")
    above = ["/".join(parts[:end]) for end in range(3, len(parts))]
    below = func.substr(ref.c.name, 1, len(name) + 1) == f"{name}/"
    near = select(ref.c.name).where(ref.c.repo_id == repo_id, or_(ref.c.name.in_(above), below)).limit(1)
    other = connection.execute(near).scalar()
    if other is not None:
        raise ConflictError(f"{name} cannot exist beside {other}", hint="Use a name that is not part of the other.")


def _commits(connection: Connection, repo_id: int, start: str) -> list[Oid]:
    """Return up to two commits of which the ids begin with `start`."""
    first, last = Oid(start.ljust(40, "0")), Oid(start.ljust(40, "f"))
    these = select(git_commit.c.oid).where(git_commit.c.repo_id == repo_id, git_commit.c.oid.between(first, last))
    return [Oid(oid) for oid in connection.execute(these.limit(2)).scalars()]


def _has_commit(connection: Connection, repo_id: int, oid: Oid) -> bool:
    one = select(git_commit.c.oid).where(git_commit.c.repo_id == repo_id, git_commit.c.oid == oid)
    return connection.execute(one).first() is not None

"""Repos: a type, an owner and a name that never lead to two of them."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from assay.errors import ConflictError, UsageError
from assay.store.database import insert_missing
from assay.store.tables import former_name, repo

__all__ = [
    "Repo",
    "RepoType",
    "check_name",
    "create_repo",
    "delete_repo",
    "find_repo",
    "move_repo",
    "repo_by_id",
    "repos_by_id",
    "set_gated",
    "set_private",
]

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?")
_COLUMNS = (repo.c.id, repo.c.type, repo.c.owner, repo.c.name, repo.c.private, repo.c.created, repo.c.gated)
# Put together once: this is asked for with every request.
_BY_ID = select(*_COLUMNS).where(repo.c.id.in_(bindparam("ids", expanding=True)))
_BY_KEY = select(*_COLUMNS).where(repo.c.type == bindparam("type"), repo.c.key == bindparam("key"))


class RepoType(StrEnum):
    """What a repo holds."""

    MODEL = "model"
    DATASET = "dataset"
    SPACE = "space"


class Repo(NamedTuple):
    """A repo as its row says it."""

    id: int
    type: RepoType
    owner: str
    name: str
    private: bool
    created: int
    """Seconds since 1970."""
    gated: str | None = None
    """`auto` or `manual` where its files are for members only."""

    @property
    def full_name(self) -> str:
        """Owner and name, as people write it."""
        return f"{self.owner}/{self.name}"

    @property
    def path(self) -> str:
        """Where its page is, from the root of the hub."""
        return f"/{self.full_name}" if self.type is RepoType.MODEL else f"/{self.type}s/{self.full_name}"


def check_name(name: str) -> str:
    """Return the name of an account or a repo, if it can be one.

    Raises:
        UsageError: it is too long, or has other signs than letters, digits, `.`, `_` and `-`, or two of them together.
    """
    if not _NAME.fullmatch(name) or "--" in name or ".." in name or name.lower().endswith((".git", ".ipynb")):
        raise UsageError(
            f"{name[:100]!r} cannot be a name",
            hint="Use up to 96 letters, digits, '.', '_' and '-', no '.' or '-' doubled or at either end.",
        )
    return name


def create_repo(connection: Connection, type_: RepoType, owner: str, name: str, *, private: bool, now: int) -> Repo:
    """Make an empty repo and return it; `now` is in seconds since 1970.

    Raises:
        UsageError: the name cannot be one.
        ConflictError: there is one of this type, owner and name, in whatever case.
    """
    row = {"type": type_.value, "owner": owner, "name": check_name(name), "private": private, "created": now}
    row["key"] = _key(owner, name)
    if not insert_missing(connection, repo, [row]):
        raise ConflictError(f"A {type_} repository called {owner}/{name} already exists")
    made = find_repo(connection, type_, owner, name)
    assert made is not None
    return made


def find_repo(connection: Connection, type_: RepoType, owner: str, name: str) -> Repo | None:
    """Return the repo that has this name, in whatever case, or else had it before it was moved; None for none."""
    if not _NAME.fullmatch(owner) or not _NAME.fullmatch(name):
        return None  # nor can every database be asked for any text
    row = connection.execute(_BY_KEY, {"type": type_.value, "key": _key(owner, name)}).first()
    if row is not None:
        return _repo(row)
    was = (former_name.c.owner == owner.lower(), former_name.c.name == name.lower())
    before = (former_name.c.type == type_.value, *was)
    return _one(connection, repo.c.id.in_(select(former_name.c.repo_id).where(*before)))


def repo_by_id(connection: Connection, repo_id: int) -> Repo | None:
    """Return the repo; None when there is none."""
    return repos_by_id(connection, [repo_id]).get(repo_id)


def repos_by_id(connection: Connection, repo_ids: Collection[int]) -> dict[int, Repo]:
    """Return those of the repos that there are, by id; at most some hundreds are asked for at once."""
    return {row.id: _repo(row) for row in connection.execute(_BY_ID, {"ids": list(repo_ids)})}


def move_repo(connection: Connection, one: Repo, owner: str, name: str) -> Repo:
    """Give a repo another owner or name and return it; it can still be found under the one it had.

    Raises:
        UsageError: the name cannot be one.
        ConflictError: there is another repo of this name.
    """
    key = _key(owner, check_name(name))
    taken = _one(connection, repo.c.type == one.type.value, repo.c.key == key, repo.c.id != one.id)
    if taken is not None:
        raise ConflictError(f"A {one.type} repository called {owner}/{name} already exists")
    connection.execute(update(repo).where(repo.c.id == one.id).values(owner=owner, name=name, key=key))
    before = {"type": one.type.value, "owner": one.owner.lower(), "name": one.name.lower()}
    connection.execute(delete(former_name).filter_by(**before))
    connection.execute(insert(former_name).values(**before, repo_id=one.id))
    return one._replace(owner=owner, name=name)


def set_gated(connection: Connection, repo_id: int, gated: str | None) -> None:
    """Keep the files of a repo for its members (`auto` or `manual`), or not (None)."""
    connection.execute(update(repo).where(repo.c.id == repo_id).values(gated=gated))


def delete_repo(connection: Connection, repo_id: int) -> None:
    """Remove a repo with its commits and refs; what others hold too stays stored."""
    connection.execute(delete(repo).where(repo.c.id == repo_id))


def set_private(connection: Connection, repo_id: int, *, private: bool) -> None:
    """Show a repo to its members only, or to everyone."""
    connection.execute(update(repo).where(repo.c.id == repo_id).values(private=private))


def _key(owner: str, name: str) -> str:
    return f"{owner}/{name}".lower()


def _one(connection: Connection, *where: object) -> Repo | None:
    row = connection.execute(select(*_COLUMNS).where(*where)).first()  # type: ignore[arg-type]
    return None if row is None else _repo(row)


def _repo(row: Row[*tuple[Any, ...]]) -> Repo:
    return Repo(row.id, RepoType(row.type), *row[2:])

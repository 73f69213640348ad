"""Which large contents a repo may name: those it was sent, and those the asker could read anyway."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, or_, select, union, update

from assay.errors import NoSpaceError
from assay.store.database import insert_missing
from assay.store.git.rows import batches
from assay.store.tables import account, holding, repo, xet_holding, xet_sent
from assay.store.xet.hashes import XetHash

__all__ = [
    "Held",
    "check_room",
    "commit_xorbs",
    "committed",
    "hold",
    "hold_xorb",
    "mark_committed",
    "usable",
    "usable_xorbs",
    "used",
    "used_by",
]


_OPEN = repo.c.gated.is_(None)
"""Who can read a gated repo need not be able to read its files."""


class Held(NamedTuple):
    """A large content and its length in bytes."""

    sha256: str
    size: int


def hold(connection: Connection, repo_id: int, contents: Iterable[Held]) -> None:
    """Record that the repo was sent these, or that who names them in it may read them."""
    rows = [{"repo_id": repo_id, **one._asdict(), "committed": False} for one in sorted(set(contents))]
    insert_missing(connection, holding, rows)


def mark_committed(connection: Connection, repo_id: int, sha256s: Iterable[str]) -> None:
    """Record that a commit of the repo has these: from now on, who can read the repo can read them."""
    for batch in batches(sorted(set(sha256s))):
        held = (holding.c.repo_id == repo_id, holding.c.sha256.in_(batch))
        connection.execute(update(holding).where(*held).values(committed=True))


def usable(
    connection: Connection, repo_id: int, sha256s: Iterable[str], visible: ColumnElement[bool]
) -> dict[str, Held]:
    """Return which contents may enter a commit: the repo holds them, or a commit of a repo that is `visible` does.

    `visible` is a condition on rows of `repo`: those that the asker may read.
    """
    table = holding.join(repo, holding.c.repo_id == repo.c.id)
    found = {}
    for batch in batches(sorted(set(sha256s))):
        allowed = or_(holding.c.repo_id == repo_id, holding.c.committed & visible & _OPEN)
        rows = select(holding.c.sha256, holding.c.size).select_from(table).where(holding.c.sha256.in_(batch), allowed)
        found.update({sha256: Held(sha256, size) for sha256, size in connection.execute(rows)})
    return found


def committed(connection: Connection, repo_id: int, sha256s: Iterable[str]) -> dict[str, Held]:
    """Return which contents are in commits of the repo: who can read it can read them."""
    found = {}
    for batch in batches(sorted(set(sha256s))):
        here = (holding.c.repo_id == repo_id, holding.c.committed, holding.c.sha256.in_(batch))
        rows = connection.execute(select(holding.c.sha256, holding.c.size).where(*here))
        found.update({sha256: Held(sha256, size) for sha256, size in rows})
    return found


def hold_xorb(connection: Connection, repo_id: int, xorb: XetHash, account_id: int | None = None) -> None:
    """Record that the repo was sent this xorb, and by whom."""
    insert_missing(connection, xet_holding, [{"repo_id": repo_id, "xorb": xorb, "committed": False}])
    if account_id is not None:
        insert_missing(connection, xet_sent, [{"account_id": account_id, "xorb": xorb}])


def commit_xorbs(connection: Connection, repo_id: int, xorbs: Iterable[XetHash]) -> None:
    """Record that files of a commit of the repo are made of these xorbs."""
    for batch in batches(sorted(set(xorbs))):
        insert_missing(
            connection, xet_holding, [{"repo_id": repo_id, "xorb": xorb, "committed": True} for xorb in batch]
        )
        held = (xet_holding.c.repo_id == repo_id, xet_holding.c.xorb.in_(batch))
        connection.execute(update(xet_holding).where(*held).values(committed=True))


def usable_xorbs(
    connection: Connection,
    repo_id: int,
    xorbs: Iterable[XetHash],
    visible: ColumnElement[bool],
    account_id: int | None = None,
) -> set[XetHash]:
    """Return which xorbs files of the repo may be built from.

    These are its own, those in commits of `visible` repos, and those that the account sent itself, to whatever repo.
    """
    table = xet_holding.join(repo, xet_holding.c.repo_id == repo.c.id)
    found: set[XetHash] = set()
    for batch in batches(sorted(set(xorbs))):
        allowed = or_(xet_holding.c.repo_id == repo_id, xet_holding.c.committed & visible & _OPEN)
        held = select(xet_holding.c.xorb).select_from(table).where(xet_holding.c.xorb.in_(batch), allowed)
        sent = select(xet_sent.c.xorb).where(xet_sent.c.xorb.in_(batch), xet_sent.c.account_id == account_id)
        found.update(XetHash(xorb) for xorb in connection.execute(union(held, sent)).scalars())
    return found


def used(connection: Connection, owner: str) -> int:
    """Return how many bytes the repos of an owner hold; what two of them hold counts twice."""
    table = holding.join(repo, holding.c.repo_id == repo.c.id)
    total = select(func.coalesce(func.sum(holding.c.size), 0)).select_from(table).where(repo.c.owner == owner)
    return int(connection.execute(total).scalar_one())


def used_by(connection: Connection, repo_id: int) -> int:
    """Return how many bytes a repo holds."""
    total = select(func.coalesce(func.sum(holding.c.size), 0)).where(holding.c.repo_id == repo_id)
    return int(connection.execute(total).scalar_one())


def check_room(connection: Connection, owner: str, more: int, usual: int | None) -> None:
    """Say no before bytes are sent that there is no room for; all numbers in bytes, None is no limit.

    `usual` is what an account may hold for which no quota of its own was set.

    Raises:
        NoSpaceError: the owner's repos would hold more than that.
    """
    own = connection.execute(select(account.c.quota).where(account.c.name == owner)).scalar_one_or_none()
    quota = usual if own is None else own
    if quota is None:
        return
    here = used(connection, owner)
    if here + more > quota:
        raise NoSpaceError(
            f"{owner} holds {here:,} of {quota:,} bytes; {more:,} more do not fit",
            hint="Delete what is not needed, or ask an administrator of this hub for more.",
        )

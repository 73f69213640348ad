"""Who may read, write or run what: roles of people in organisations, scopes of tokens, and what follows from both."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from sqlalchemy import ColumnElement, Connection, false, or_, select, true

from assay.store.repos import Repo
from assay.store.tables import account, membership, repo

__all__ = ["ANONYMOUS", "Caller", "Role", "Scope", "Visible", "role_in", "role_over", "visible_repos"]


class Role(IntEnum):
    """What a person may do with the repos of an account; each includes those before it."""

    NONE = 0
    READ = 1
    WRITE = 2
    ADMIN = 3


Scope: TypeAlias = Role
"""What a token may be used for: at most what its owner may do."""

Visible: TypeAlias = ColumnElement[bool]
"""A condition on rows of `repo`."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and how far what they showed reaches."""

    id: int | None = None
    name: str = ""
    admin: bool = False
    """Runs the hub, and shows a token or session that may be used for that."""
    scope: Scope = Role.READ
    by_session: bool = False
    """Signed in on pages: what changes anything must carry the session's form token."""

    @property
    def known(self) -> bool:
        """Whether it is a signed-in person."""
        return self.id is not None


ANONYMOUS = Caller()


def role_in(connection: Connection, caller: Caller, owner: str) -> Role:
    """Return what the caller may do with the repos of the account `owner`, within the scope of what they showed."""
    return min(_full_role(connection, caller, owner), caller.scope)


def role_over(connection: Connection, caller: Caller, one: Repo) -> Role:
    """Return what the caller may do with a repo; everyone may read a public one."""
    least = Role.NONE if one.private else Role.READ
    return max(least, role_in(connection, caller, one.owner))


def visible_repos(caller: Caller) -> Visible:
    """Return the condition that a row of `repo` meets when the caller may read it."""
    if caller.admin:
        return true()
    if not caller.known:
        return repo.c.private == false()
    organisations = (
        select(account.c.name)
        .join(membership, membership.c.organisation_id == account.c.id)
        .where(membership.c.user_id == caller.id)
    )
    return or_(repo.c.private == false(), repo.c.owner == caller.name, repo.c.owner.in_(organisations))


def _full_role(connection: Connection, caller: Caller, owner: str) -> Role:
    if not caller.known:
        return Role.NONE
    if caller.admin or caller.name == owner:
        return Role.ADMIN
    row = connection.execute(
        select(membership.c.role)
        .join(account, account.c.id == membership.c.organisation_id)
        .where(account.c.name == owner, membership.c.user_id == caller.id)
    ).scalar_one_or_none()
    return Role.NONE if row is None else Role[row.upper()]

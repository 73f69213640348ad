"""Organisations: accounts with members, of whom one at least administers them."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from assay.errors import ConflictError, NotFoundError, UsageError
from assay.hub.accounts.people import ORGANISATION, USER, add_account, find_account
from assay.hub.accounts.roles import Role
from assay.store.tables import account, membership

__all__ = [
    "Member",
    "create_organisation",
    "join",
    "members",
    "organisations_of",
    "parse_role",
    "remove_member",
    "set_member",
]


class Member(NamedTuple):
    """A person in an organisation, or an organisation that a person is in."""

    id: int
    name: str
    full_name: str
    role: Role


def create_organisation(
    connection: Connection,
    name: str,
    founder_id: int,
    *,
    now: int,
    full_name: str = "",
    reserved: frozenset[str] = frozenset(),
) -> int:
    """Make an organisation that its founder administers, and return the id.

    Raises:
        UsageError: the name cannot be one.
        ConflictError: an account has it, in whatever case.
    """
    made = add_account(connection, name, ORGANISATION, now=now, reserved=reserved, full_name=full_name)
    _add(connection, made, founder_id, Role.ADMIN)
    return made


def members(connection: Connection, organisation_id: int, *, after: str = "", limit: int = 1000) -> list[Member]:
    """Return the members of an organisation by name, those behind the name `after`."""
    query = select(account.c.id, account.c.name, account.c.full_name, membership.c.role).join(
        membership, membership.c.user_id == account.c.id
    )
    query = query.where(membership.c.organisation_id == organisation_id, account.c.key > after.casefold())
    return [_member(*row) for row in connection.execute(query.order_by(account.c.key).limit(limit))]


def organisations_of(connection: Connection, person_id: int) -> list[Member]:
    """Return the organisations that a person is in, by name, with the person's role."""
    query = select(account.c.id, account.c.name, account.c.full_name, membership.c.role).join(
        membership, membership.c.organisation_id == account.c.id
    )
    rows = connection.execute(query.where(membership.c.user_id == person_id).order_by(account.c.key))
    return [_member(*row) for row in rows]


def set_member(connection: Connection, organisation_id: int, person: str, role: Role) -> None:
    """Take a person in, or give a member another role.

    Raises:
        NotFoundError: there is no such person.
        ConflictError: it is the last one who administers the organisation.
    """
    _lock(connection, organisation_id)
    found = _person(connection, person)
    before = _role(connection, organisation_id, found)
    if before is None:
        _add(connection, organisation_id, found, role)
        return
    if before is Role.ADMIN and role is not Role.ADMIN:
        _check_another_admin(connection, organisation_id, found)
    _change(connection, organisation_id, found, role)


def join(connection: Connection, organisation_id: int, person_id: int, role: Role) -> None:
    """Take a person in who was invited; a member who may do more already keeps that."""
    _lock(connection, organisation_id)
    before = _role(connection, organisation_id, person_id)
    if before is None:
        _add(connection, organisation_id, person_id, role)
    elif before < role:
        _change(connection, organisation_id, person_id, role)


def remove_member(connection: Connection, organisation_id: int, person: str) -> None:
    """End a membership.

    Raises:
        NotFoundError: the person is no member.
        ConflictError: it is the last one who administers the organisation.
    """
    _lock(connection, organisation_id)
    found = _person(connection, person)
    before = _role(connection, organisation_id, found)
    if before is None:
        raise NotFoundError(f"{person[:100]!r} is no member")
    if before is Role.ADMIN:
        _check_another_admin(connection, organisation_id, found)
    connection.execute(delete(membership).filter_by(organisation_id=organisation_id, user_id=found))


def parse_role(text: str) -> Role:
    """Return the role that a person, or a scope that a token, can have by this name.

    Raises:
        UsageError: there is none.
    """
    roles = {role.name.lower(): role for role in (Role.READ, Role.WRITE, Role.ADMIN)}
    if text not in roles:
        raise UsageError(f"{text[:40]!r} is none of {', '.join(roles)}")
    return roles[text]


def _lock(connection: Connection, organisation_id: int) -> None:
    """Let two changes of one organisation follow each other: each must see whether an administrator is left."""
    connection.execute(select(account.c.id).where(account.c.id == organisation_id).with_for_update())


def _person(connection: Connection, name: str) -> int:
    found = find_account(connection, name, USER)
    if found is None:
        raise NotFoundError(f"there is nobody called {name[:100]!r} here")
    return found.id


def _role(connection: Connection, organisation_id: int, person_id: int) -> Role | None:
    query = select(membership.c.role).filter_by(organisation_id=organisation_id, user_id=person_id)
    row = connection.execute(query).scalar_one_or_none()
    return None if row is None else Role[row.upper()]


def _check_another_admin(connection: Connection, organisation_id: int, person_id: int) -> None:
    others = (
        select(func.count())
        .select_from(membership.join(account, account.c.id == membership.c.user_id))
        .where(membership.c.organisation_id == organisation_id, membership.c.user_id != person_id)
        .where(membership.c.role == Role.ADMIN.name.lower(), account.c.disabled.is_(False))
    )
    if not connection.execute(others).scalar_one():
        raise ConflictError(
            "nobody else administers the organisation", hint="Make another member its administrator first."
        )


def _add(connection: Connection, organisation_id: int, person_id: int, role: Role) -> None:
    row = {"organisation_id": organisation_id, "user_id": person_id, "role": role.name.lower()}
    connection.execute(insert(membership).values(**row))


def _change(connection: Connection, organisation_id: int, person_id: int, role: Role) -> None:
    key = {"organisation_id": organisation_id, "user_id": person_id}
    connection.execute(update(membership).filter_by(**key).values(role=role.name.lower()))


def _member(id_: int, name: str, full_name: str, role: str) -> Member:
    return Member(id_, name, full_name, Role[role.upper()])

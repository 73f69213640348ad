"""Invitations: links that may be used once, to the hub, into an organisation, or for its first administrator."""

from __future__ import annotations

import hashlib
import secrets
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from assay.errors import NotFoundError, UsageError
from assay.hub.accounts.organisations import join
from assay.hub.accounts.roles import Role
from assay.hub.node import Node
from assay.store.tables import account, invitation

__all__ = [
    "DAY",
    "LIFETIME",
    "LONGEST_LIFETIME",
    "Invitation",
    "accept",
    "create_invitation",
    "find_invitation",
    "first_administrator_link",
    "link_to",
]

DAY = 86_400
LIFETIME = 7 * DAY
"""Seconds, unless something else is asked for."""
LONGEST_LIFETIME = 90 * DAY


class Invitation(NamedTuple):
    """What a link leads to."""

    organisation_id: int | None
    """None: to the hub only."""
    organisation: str | None
    role: Role | None
    """In the organisation."""
    admin: bool
    """Makes an administrator of the hub."""
    expires: int
    """Seconds since 1970."""


def create_invitation(
    connection: Connection,
    *,
    now: int,
    organisation_id: int | None = None,
    role: Role | None = None,
    admin: bool = False,
    lifetime: int = LIFETIME,
) -> str:
    """Make an invitation and return its secret, which is not kept; those that ended are swept on the way.

    Raises:
        UsageError: it would end at once, or too late.
    """
    if not 0 < lifetime <= LONGEST_LIFETIME:
        raise UsageError(f"an invitation lasts up to {LONGEST_LIFETIME // DAY} days")
    secret = secrets.token_urlsafe(32)
    connection.execute(delete(invitation).where(invitation.c.expires <= now))
    row = {"organisation_id": organisation_id, "role": None if role is None else role.name.lower(), "admin": admin}
    times = {"created": now, "expires": now + lifetime}
    connection.execute(insert(invitation).values(digest=_digest(secret), **row, **times))
    return secret


def find_invitation(connection: Connection, secret: str, *, now: int) -> Invitation:
    """Return what the secret of a link stands for; it stays usable.

    Raises:
        NotFoundError: it was used, it ended, or it never was.
    """
    columns = (invitation.c.organisation_id, account.c.name, invitation.c.role, invitation.c.admin)
    found = connection.execute(
        select(*columns, invitation.c.expires)
        .select_from(invitation.outerjoin(account, account.c.id == invitation.c.organisation_id))
        .where(invitation.c.digest == _digest(secret), invitation.c.expires > now)
    ).first()
    if found is None:
        raise NotFoundError(
            "this invitation was used already, or has ended", hint="Ask whoever sent it for another one."
        )
    role = None if found.role is None else Role[found.role.upper()]
    return Invitation(found.organisation_id, found.name, role, found.admin, found.expires)


def accept(connection: Connection, secret: str, person_id: int, *, now: int) -> Invitation:
    """Use up an invitation for a person, and return what it was.

    Raises:
        NotFoundError: it was used, also by somebody faster, it ended, or it never was.
    """
    found = find_invitation(connection, secret, now=now)
    used = connection.execute(delete(invitation).where(invitation.c.digest == _digest(secret)))
    if used.rowcount != 1:
        raise NotFoundError("this invitation was used a moment ago", hint="Ask whoever sent it for another one.")
    if found.admin:
        if not _has_administrator(connection):  # whoever starts a hub may have printed several links
            connection.execute(delete(invitation).where(invitation.c.admin))
        connection.execute(update(account).where(account.c.id == person_id).values(admin=True))
    if found.organisation_id is not None and found.role is not None:
        join(connection, found.organisation_id, person_id, found.role)
    return found


def first_administrator_link(node: Node) -> str | None:
    """Return a new link that makes the first administrator, valid for a day; None when there is one."""

    def work(connection: Connection) -> str | None:
        if _has_administrator(connection):
            return None
        return create_invitation(connection, now=node.now(), admin=True, lifetime=DAY)

    secret = node.database.transact(work)
    return None if secret is None else link_to(node.config.public_url, secret)


def link_to(public_url: str, secret: str) -> str:
    """Return the address that an invitation is sent as."""
    return f"{public_url}/invitation/{secret}"


def _has_administrator(connection: Connection) -> bool:
    query = select(account.c.id).where(account.c.admin, account.c.disabled.is_(False)).limit(1)
    return connection.execute(query).first() is not None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()

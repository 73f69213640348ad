"""Sessions of people who signed in on pages: a cookie, kept as a hash, and the form token that goes with it."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sqlalchemy import Connection, delete, insert, select

from assay.hub.accounts.roles import Caller, Role
from assay.store.tables import account, session

__all__ = ["COOKIE", "LIFETIME", "caller_of_session", "create_session", "end_session", "form_token"]

COOKIE = "assay_session"
LIFETIME = 14 * 86_400
"""Seconds."""


def create_session(connection: Connection, user_id: int, *, now: int) -> str:
    """Sign a person in and return the value of the cookie; sessions that ended are swept on the way."""
    value = secrets.token_urlsafe(32)
    connection.execute(delete(session).where(session.c.expires <= now))
    row = {"digest": _digest(value), "user_id": user_id, "created": now, "expires": now + LIFETIME}
    connection.execute(insert(session).values(**row))
    return value


def caller_of_session(connection: Connection, cookie: str, *, now: int) -> Caller | None:
    """Return who shows this cookie; None when there is no such session, it ended, or the person was shut out."""
    found = connection.execute(
        select(account.c.id, account.c.name, account.c.admin)
        .join(session, session.c.user_id == account.c.id)
        .where(session.c.digest == _digest(cookie), session.c.expires > now, account.c.disabled.is_(False))
    ).first()
    return None if found is None else Caller(found.id, found.name, found.admin, Role.ADMIN, by_session=True)


def end_session(connection: Connection, cookie: str) -> None:
    """Sign out."""
    connection.execute(delete(session).where(session.c.digest == _digest(cookie)))


def form_token(secret: bytes, cookie: str) -> str:
    """Return what every form of a session carries, so that no other site can send one; in hex."""
    return hmac.new(secret, b"form\0" + cookie.encode(), hashlib.sha256).hexdigest()


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()

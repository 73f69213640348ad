"""Access tokens: shown once, kept as a hash, with a prefix that secret scanners know and a checksum."""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from assay.errors import NotFoundError, UsageError
from assay.hub.accounts.roles import Caller, Role, Scope
from assay.store.tables import account, token

__all__ = [
    "PREFIX",
    "Shown",
    "TokenRow",
    "caller_of",
    "create_token",
    "list_tokens",
    "looks_like_token",
    "note_use",
    "revoke_token",
]

PREFIX = "assay_"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH = 34
"""Random characters: 202 bits."""
_FORM = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_LENGTH}}}[0-9A-Za-z]{{6}}")
_DAY = 86_400
_MOST = 200
"""Tokens of one person."""


class TokenRow(NamedTuple):
    """A token as lists show it."""

    id: int
    name: str
    scope: str
    created: int
    """Seconds since 1970, as the other times are."""
    expires: int | None
    used: int | None
    """The day of its last use."""


class Shown(NamedTuple):
    """What a token says of who shows it."""

    caller: Caller
    unnoted: bool
    """It was not yet noted that the token is used today."""


def create_token(
    connection: Connection, user_id: int, name: str, scope: Scope, *, now: int, expires: int | None = None
) -> str:
    """Make a token and return it: this is the only time it can be seen.

    Raises:
        UsageError: it has no name, no scope, or would be expired from the start; or the person has too many.
    """
    name = name.strip()
    if not name or len(name) > 100 or not name.isprintable() or scope is Role.NONE:
        raise UsageError("a token needs a name of up to 100 printable characters and a scope")
    if expires is not None and expires <= now:
        raise UsageError("a token cannot expire before it is made")
    query = select(func.count()).select_from(token).where(token.c.user_id == user_id)
    if connection.execute(query).scalar_one() >= _MOST:
        raise UsageError(f"nobody can have more than {_MOST} tokens", hint="Revoke those that nothing uses.")
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    text = f"{PREFIX}{body}{_checksum(body)}"
    row = {"user_id": user_id, "name": name, "digest": _digest(text), "scope": scope.name.lower()}
    connection.execute(insert(token).values(**row, created=now, expires=expires))
    return text


_SHOWN = (
    select(account.c.id, account.c.name, account.c.admin, token.c.scope, token.c.used)
    .join(account, account.c.id == token.c.user_id)
    .where(token.c.digest == bindparam("shown"), account.c.disabled.is_(False))
    .where(token.c.expires.is_(None) | (token.c.expires > bindparam("now")))
)  # put together once: this is asked with every request


def caller_of(connection: Connection, text: str, *, now: int) -> Shown | None:
    """Return who shows this token; None when it is no token of ours, expired, or its owner was shut out."""
    if not looks_like_token(text):
        return None
    found = connection.execute(_SHOWN, {"shown": _digest(text), "now": now}).first()
    if found is None:
        return None
    scope = Role[found.scope.upper()]
    caller = Caller(found.id, found.name, found.admin and scope is Role.ADMIN, scope)
    return Shown(caller, found.used is None or found.used < now - now % _DAY)


def note_use(connection: Connection, text: str, *, now: int) -> None:
    """Remember the day on which a token was used."""
    day = now - now % _DAY
    stale = token.c.used.is_(None) | (token.c.used < day)
    connection.execute(update(token).where(token.c.digest == _digest(text), stale).values(used=day))


def list_tokens(connection: Connection, user_id: int) -> list[TokenRow]:
    """Return the tokens of a person, newest first."""
    columns = (token.c.id, token.c.name, token.c.scope, token.c.created, token.c.expires, token.c.used)
    rows = connection.execute(select(*columns).where(token.c.user_id == user_id).order_by(token.c.id.desc()))
    return [TokenRow(*row) for row in rows]


def revoke_token(connection: Connection, user_id: int, token_id: int) -> None:
    """End a token of a person at once.

    Raises:
        NotFoundError: the person has no such token.
    """
    gone = connection.execute(delete(token).where(token.c.id == token_id, token.c.user_id == user_id))
    if gone.rowcount != 1:
        raise NotFoundError(f"there is no token {token_id}")


def looks_like_token(text: str) -> bool:
    """Say whether `text` has the form and the checksum of a token; what has not need not be looked up."""
    return _FORM.fullmatch(text) is not None and _checksum(text[len(PREFIX) : -6]) == text[-6:]


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = ""
    for _ in range(6):
        number, rest = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[rest] + digits
    return digits


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

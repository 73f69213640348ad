"""People: their names, which nobody else can have, and their passwords."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from assay.errors import ConflictError, UsageError
from assay.store.database import insert_missing
from assay.store.repos import check_name
from assay.store.tables import account, session

__all__ = [
    "ORGANISATION",
    "USER",
    "Account",
    "add_account",
    "add_person",
    "describe",
    "find_account",
    "kept_password",
    "set_disabled",
    "set_password",
]

USER = "user"
ORGANISATION = "organisation"

_LONGEST = 100
_LONGEST_EMAIL = 254
_KEPT_BACK = frozenset({"about", "docs", "favicon.ico", "help", "join", "login", "logout", "robots.txt", "sign-up"})
"""Names that an address of the hub may need one day, beside those that it needs already."""


class Account(NamedTuple):
    """A person or an organisation as its row says it, without the password."""

    id: int
    name: str
    kind: str
    """`user` or `organisation`."""
    full_name: str
    email: str | None
    admin: bool
    """Runs the hub."""
    disabled: bool
    created: int
    """Seconds since 1970."""


def add_person(
    connection: Connection,
    name: str,
    *,
    now: int,
    password: str | None = None,
    full_name: str = "",
    admin: bool = False,
    reserved: frozenset[str] = frozenset(),
) -> int:
    """Make a person and return the id.

    `password` is what `hash_password` returned; None is somebody who cannot sign in by one. `reserved` are names that
    the addresses of the hub need.

    Raises:
        UsageError: the name cannot be one.
        ConflictError: somebody has it, in whatever case.
    """
    values = {"password": password, "admin": admin, "full_name": full_name}
    return add_account(connection, name, USER, now=now, reserved=reserved, **values)


def add_account(
    connection: Connection, name: str, kind: str, *, now: int, reserved: frozenset[str] = frozenset(), **values: object
) -> int:
    """Make a person or an organisation, with more `values` of its row, and return the id.

    Raises:
        UsageError: the name, or the full one, cannot be one.
        ConflictError: an account has it, in whatever case.
    """
    key = check_name(name).casefold()
    if key in reserved or key in _KEPT_BACK:
        raise UsageError(f"the name {name!r} is reserved", hint="Choose another one.")
    usual = {"full_name": "", "email": None, "password": None, "admin": False, "quota": None, "disabled": False}
    row = {**usual, **values, "key": key, "name": name, "kind": kind, "created": now}
    row["full_name"] = _one_line(str(row["full_name"]), "the full name", _LONGEST)
    if not insert_missing(connection, account, [row]):
        raise ConflictError(f"the name {name!r} is taken", hint="Choose another one.")
    made: int = connection.execute(select(account.c.id).where(account.c.key == key)).scalar_one()
    return made


def find_account(connection: Connection, name: str, kind: str | None = None) -> Account | None:
    """Return the account of this name, in whatever case; None when there is none, or none of this kind."""
    if "\0" in name:
        return None  # nor can every database be asked for it
    where = [account.c.key == name.casefold(), *([] if kind is None else [account.c.kind == kind])]
    row = connection.execute(select(*(account.c[field] for field in Account._fields)).where(*where)).first()
    return None if row is None else Account(*row)


def describe(connection: Connection, account_id: int, *, full_name: str, email: str | None = None) -> None:
    """Change how an account is shown; an empty address is none.

    Raises:
        UsageError: one of them is too long, or no line of text.
    """
    email = _one_line(email or "", "the e-mail address", _LONGEST_EMAIL)
    if email and (" " in email or not all(email.rpartition("@"))):
        raise UsageError(f"{email!r} is no e-mail address")
    values = {"full_name": _one_line(full_name, "the full name", _LONGEST), "email": email or None}
    connection.execute(update(account).where(account.c.id == account_id).values(**values))


def kept_password(connection: Connection, person_id: int) -> str | None:
    """Return what is kept of a person's password; None where there is none to sign in by."""
    query = select(account.c.password).where(account.c.id == person_id, account.c.disabled.is_(False))
    return connection.execute(query).scalar_one_or_none()


def set_password(connection: Connection, person_id: int, password: str) -> None:
    """Keep another password, as `hash_password` returned it, and sign the person out everywhere."""
    connection.execute(update(account).where(account.c.id == person_id).values(password=password))
    connection.execute(delete(session).where(session.c.user_id == person_id))


def set_disabled(connection: Connection, person_id: int, *, disabled: bool) -> None:
    """Shut a person out, or let them in again; their tokens count no more at once."""
    connection.execute(update(account).where(account.c.id == person_id).values(disabled=disabled))
    if disabled:
        connection.execute(delete(session).where(session.c.user_id == person_id))


def _one_line(text: str, what: str, most: int) -> str:
    text = " ".join(text.split())
    if len(text) > most or not text.isprintable():
        raise UsageError(f"{what} has up to {most} characters, all of them printable")
    return text

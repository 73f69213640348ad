"""Who may talk to the chunk store: a token names repo and person, and what they may do is looked up at each use."""

from __future__ import annotations

import hmac
from typing import NamedTuple

from sqlalchemy import Connection, select

from assay.errors import RequestError, VerificationError
from assay.hub.accounts.roles import ANONYMOUS, Caller, Role, role_in, role_over, visible_repos
from assay.hub.answers import forbidden, unauthorised
from assay.hub.call import Call
from assay.store.repos import Repo, repo_by_id
from assay.store.tables import account
from assay.store.xet.hashes import XetHash
from assay.store.xet.tokens import Access, DataRange, Scope, issue_access, read_access, read_range, sign_range
from assay.store.xet_intake import Sender

__all__ = ["PREFIX", "Guest", "admitted", "check_address", "data_address", "new_access", "store_address"]

PREFIX = "/xet/{store}"
"""Where the chunk store is, from the root of the hub; see `store_address`."""
_LIFETIME = 1800
"""Seconds that an access token can be used; clients fetch a new one by themselves."""
_ADDRESS_LIFETIME = 900
"""Seconds in which a download from a signed address must begin; clients ask again by themselves."""


class Guest(NamedTuple):
    """Somebody who showed an access token."""

    repo: Repo
    caller: Caller

    def sender(self, usual: int | None) -> Sender:
        """Return on whose behalf chunks are kept; `usual` is the quota in bytes of accounts that have none set."""
        return Sender(self.repo.id, self.repo.owner, self.caller.id, visible_repos(self.caller), usual)


class Issued(NamedTuple):
    """An access token and the second since 1970 from which it is void."""

    token: str
    expires: int


def store_address(call: Call) -> str:
    """Return where clients reach the chunk store of this hub, under a name that no other hub's has.

    They remember by the address which chunks they sent there, and would not send them again to another hub that took
    its place: one made anew in an empty folder, say.
    """
    name = hmac.digest(call.node.config.secret, b"xet store/1", "sha256").hex()[:12]
    return f"{call.url}{PREFIX.format(store=name)}"


def new_access(call: Call, scope: Scope) -> Issued:
    """Return a token for the repo of the call; that the caller may have it is already known."""
    expires = call.node.now() + _LIFETIME
    access = Access(str(call.repo.id), scope, expires, call.caller.id, call.caller.admin)
    return Issued(issue_access(call.node.config.secret, access), expires)


def admitted(call: Call, scope: Scope) -> Guest:
    """Return who shows an access token, when they may still do with its repo what it is for.

    Raises:
        RequestError: there is no token, it is forged, expired or for less, or the person lost the right.
    """
    kind, _, token = call.request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise unauthorised("The chunk store needs an access token.")
    try:
        access = read_access(call.node.config.secret, token.strip(), now=call.node.now())
    except VerificationError as error:
        raise unauthorised(str(error)) from None
    if not access.allows(access.repo, scope):
        raise forbidden("This access token is for reading only.")
    with call.node.database.read() as connection:
        return _guest(connection, access, Role.WRITE if scope == "write" else Role.READ)


def _guest(connection: Connection, access: Access, needed: Role) -> Guest:
    repo = repo_by_id(connection, int(access.repo))
    caller = _caller(connection, access)
    if repo is None or role_over(connection, caller, repo) < needed:
        raise forbidden("The right that this access token stands for was withdrawn.")
    if repo.gated is not None and role_in(connection, caller, repo.owner) < Role.READ:
        raise forbidden(f"The files of {repo.full_name} are for its members.")
    return Guest(repo, caller)


def _caller(connection: Connection, access: Access) -> Caller:
    if access.account is None:
        return ANONYMOUS
    row = connection.execute(
        select(account.c.name, account.c.admin).where(account.c.id == access.account, account.c.disabled.is_(False))
    ).first()
    if row is None:
        raise unauthorised("The account of this access token is gone.")
    scope = Role.WRITE if access.scope == "write" else Role.READ
    return Caller(access.account, row.name, row.admin and access.admin, scope)


def data_address(call: Call, repo: Repo, xorb: XetHash, first: int, last: int) -> str:
    """Return an address from which anyone may read just the bytes `first` to `last`, inclusive, of a xorb."""
    expires = call.node.now() + _ADDRESS_LIFETIME
    token = sign_range(call.node.config.secret, DataRange(str(repo.id), xorb, first, last, expires))
    return f"{store_address(call)}/data/{xorb}/{token}"


def check_address(call: Call, token: str, xorb: XetHash, first: int, last: int) -> int:
    """Return the id of the repo on whose behalf these bytes may be read.

    Raises:
        RequestError: the address is forged, expired, or for other bytes.
    """
    try:
        data = read_range(call.node.config.secret, token, xorb=xorb, first=first, last=last, now=call.node.now())
    except VerificationError as error:
        raise RequestError(403, str(error), hint=error.hint()) from None
    return int(data.repo)

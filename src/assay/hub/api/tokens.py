"""The caller's own access tokens: list, make, revoke."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from assay.canonical import JSON
from assay.errors import NotFoundError, UsageError
from assay.hub.accounts.organisations import parse_role
from assay.hub.accounts.roles import Role
from assay.hub.accounts.tokens import create_token, list_tokens, revoke_token
from assay.hub.answers import json_answer, nothing
from assay.hub.call import Call
from assay.hub.routing import Needs, Route

__all__ = ["routes"]

_DAY = 86_400
_LONGEST = 3650
"""Days."""


class _New(msgspec.Struct):
    name: str
    scope: str = "read"
    days: int | None = None
    """Until it expires; null for never."""


def list_own(call: Call) -> Response:
    """List the caller's tokens, newest first; the tokens themselves are not kept."""
    with call.node.database.read() as connection:
        rows = list_tokens(connection, _person(call))
    listed: list[JSON] = [row._asdict() for row in rows]
    return json_answer(listed)


def create(call: Call) -> Response:
    """Make a token, which is shown this once."""
    asked = call.json(_New)
    scope, now, person = parse_role(asked.scope), call.node.now(), _person(call)
    if asked.days is not None and not 1 <= asked.days <= _LONGEST:
        raise UsageError(f"a token lasts 1 to {_LONGEST} days, or for ever")
    expires = None if asked.days is None else now + asked.days * _DAY
    made = call.node.database.transact(
        lambda connection: create_token(connection, person, asked.name, scope, now=now, expires=expires)
    )
    answer: dict[str, JSON] = {"token": made, "scope": asked.scope, "expires": expires}
    return json_answer(answer, 201, {"Cache-Control": "no-store"})


def revoke(call: Call) -> Response:
    """End a token at once."""
    number, person = call.params["id"], _person(call)
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise NotFoundError(f"there is no token {number[:40]!r}")
    call.node.database.transact(lambda connection: revoke_token(connection, person, int(number)))
    return nothing()


def _person(call: Call) -> int:
    assert call.caller.id is not None
    return call.caller.id


routes = [
    Route("GET", "/api/tokens", list_own, Needs.SIGNED_IN, Role.ADMIN),
    Route("POST", "/api/tokens", create, Needs.SIGNED_IN, Role.ADMIN),
    Route("DELETE", "/api/tokens/{id}", revoke, Needs.SIGNED_IN, Role.ADMIN),
]

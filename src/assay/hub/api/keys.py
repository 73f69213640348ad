"""Whose statements count here: the hub's own key, and those that its administrators pin."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection
from starlette.responses import Response

from assay.errors import RequestError, StatementError
from assay.hub.accounts.roles import Role
from assay.hub.answers import json_answer, nothing
from assay.hub.call import Call
from assay.hub.routing import Needs, Route
from assay.statements.keys import PublicKey
from assay.store import evidence as store
from assay.store.listings import refresh_signed

__all__ = ["routes"]

_LONGEST_NAME = 200


class _Pin(msgspec.Struct):
    pem: str
    """The public key; it need not have signed anything here yet."""
    pinned: bool = True
    name: str | None = None
    """What people call its holder; null leaves it as it is."""


def keys(call: Call) -> Response:
    """List the keys whose statements count here; other keys that were seen are nobody else's business."""
    own = call.node.key.public
    with call.node.database.read() as connection:
        trusted = [key for key in store.trusted_keys(connection) if key.keyid != own.keyid]
    listed = [store.Key(own.keyid, own.pem, "", own=True, pinned=False), *trusted]
    return json_answer(
        [
            {"keyid": key.keyid, "pem": key.pem.decode(), "name": key.name, "own": key.own, "pinned": key.pinned}
            for key in listed
        ]
    )


def pin(call: Call) -> Response:
    """Trust a key from now on, or trust it no more; lists of repos it spoke of follow at once."""
    wish = call.json(_Pin)
    try:
        key = PublicKey(wish.pem.encode())
    except StatementError as error:
        raise RequestError(400, str(error), hint=error.hint()) from error
    if wish.name is not None and len(wish.name) > _LONGEST_NAME:
        raise RequestError(400, f"a name has at most {_LONGEST_NAME} characters")

    def work(connection: Connection) -> None:
        store.add_key(connection, key)
        store.pin(connection, key.keyid, pinned=wish.pinned, name=wish.name)
        refresh_signed(connection, key.keyid)

    call.node.database.transact(work)
    return nothing()


routes = [
    Route("GET", "/api/keys", keys, Needs.ANYONE),
    Route("POST", "/api/keys", pin, Needs.HUB_ADMIN, Role.ADMIN),
]

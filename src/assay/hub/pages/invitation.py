"""Where an invitation leads: to a new account, or, for who is signed in, into the organisation."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection
from starlette.responses import Response

from assay.errors import ConflictError, RequestError, UsageError
from assay.hub.accounts.invitations import Invitation, accept, find_invitation
from assay.hub.accounts.passwords import SHORTEST, hash_password
from assay.hub.accounts.people import add_person
from assay.hub.accounts.sessions import create_session
from assay.hub.answers import status_of
from assay.hub.call import Call
from assay.hub.forms import check_origin, fields, wrong
from assay.hub.page import page, see_other
from assay.hub.pages.sign_in import begin
from assay.hub.routing import Needs, Route

__all__ = ["routes"]

_LIMIT = 16 * 1024
_NO_STORE = {"Cache-Control": "no-store"}
"""The address of the page is the invitation."""


def show(call: Call) -> Response:
    """Return the form; looking at an invitation does not use it."""
    return _form(call, _found(call))


def take(call: Call) -> Response:
    """Use the invitation up: join as who is signed in, or make an account and sign in."""
    found = _found(call)
    if call.caller.id is not None:
        return _join(call, found, call.caller.id)
    check_origin(call)
    sent = fields(call)
    try:
        return _begin(call, sent)
    except (UsageError, ConflictError) as error:
        return _form(call, found, sent.get("name", ""), sent.get("full_name", ""), error)


def _join(call: Call, found: Invitation, person: int) -> Response:
    if found.organisation is None and not found.admin:
        raise RequestError(409, "This invitation is for somebody who has no account yet.", hint="Send it to them.")
    secret, now = call.params["secret"], call.node.now()
    call.node.database.transact(lambda connection: accept(connection, secret, person, now=now))
    return see_other(f"/{found.organisation or ''}")


def _begin(call: Call, sent: dict[str, str]) -> Response:
    name, now = sent.get("name", "").strip(), call.node.now()
    if sent.get("password", "") != sent.get("again", ""):
        raise UsageError("the two passwords differ", hint="Type the same one twice.")
    password = hash_password(sent.get("password", ""))

    def work(connection: Connection) -> tuple[str, Invitation]:
        full_name, reserved = sent.get("full_name", ""), call.reserved
        person = add_person(connection, name, now=now, password=password, full_name=full_name, reserved=reserved)
        used = accept(connection, call.params["secret"], person, now=now)
        return create_session(connection, person, now=now), used

    cookie, used = call.node.database.transact(work)
    return begin(call, see_other(f"/{used.organisation or ''}"), cookie, name)


def _found(call: Call) -> Invitation:
    with call.node.database.read() as connection:
        return find_invitation(connection, call.params["secret"], now=call.node.now())


def _form(
    call: Call,
    found: Invitation,
    name: str = "",
    full_name: str = "",
    error: UsageError | ConflictError | None = None,
) -> Response:
    values = {
        "organisation": found.organisation,
        "role": None if found.role is None else found.role.name.lower(),
        "admin": found.admin,
        "expires": datetime.fromtimestamp(found.expires, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "secret": call.params["secret"],
        "name": name[:100],
        "full_name": full_name[:200],
        "shortest": SHORTEST,
        "wrong": wrong(error) if error else "",
    }
    return page(call, "invitation.html", values, status=status_of(error) if error else 200, headers=_NO_STORE)


routes = [
    Route("GET", "/invitation/{secret}", show, Needs.ANYONE),
    Route("POST", "/invitation/{secret}", take, Needs.ANYONE, limit=_LIMIT),
]

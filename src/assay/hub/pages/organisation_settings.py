"""The settings of an organisation: how it is shown, who is in it, and invitations."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection
from starlette.responses import Response

from assay.canonical import JSON
from assay.errors import AssayError, ConflictError, NotFoundError, RequestError, UsageError
from assay.hub.accounts.invitations import create_invitation, link_to
from assay.hub.accounts.organisations import members, parse_role, remove_member, set_member
from assay.hub.accounts.people import ORGANISATION, Account, describe, find_account
from assay.hub.accounts.roles import Role
from assay.hub.answers import status_of
from assay.hub.call import Call
from assay.hub.forms import fields, wrong
from assay.hub.page import page, see_other
from assay.hub.routing import Needs, Route

__all__ = ["routes"]

_LIMIT = 16 * 1024
_MOST = 1000
"""Members on the page."""


def show(call: Call) -> Response:
    """Return the page; a person's own settings are elsewhere."""
    if call.params["account"] == call.caller.name:
        return see_other("/settings")
    return _page(call)


def change(call: Call) -> Response:
    """Do what one of the page's forms asks for, then show the page again."""
    sent = fields(call)
    asked = _FORMS.get(sent.get("do", ""))
    if asked is None:
        raise RequestError(400, "This page has no such form.", hint="Load it again.")
    try:
        return asked(call, sent)
    except (UsageError, ConflictError, NotFoundError) as error:
        return _page(call, error=error)


def _profile(call: Call, sent: dict[str, str]) -> Response:
    full_name = sent.get("full_name", "")
    return _done(call, lambda connection, one: describe(connection, one.id, full_name=full_name))


def _set_member(call: Call, sent: dict[str, str]) -> Response:
    person, role = sent.get("person", "").strip(), parse_role(sent.get("role", ""))
    return _done(call, lambda connection, one: set_member(connection, one.id, person, role), person)


def _remove_member(call: Call, sent: dict[str, str]) -> Response:
    person = sent.get("person", "")
    return _done(call, lambda connection, one: remove_member(connection, one.id, person), person)


def _invite(call: Call, sent: dict[str, str]) -> Response:
    role, now = parse_role(sent.get("role", "")), call.node.now()

    def work(connection: Connection) -> str:
        return create_invitation(connection, now=now, organisation_id=_one(connection, call).id, role=role)

    return _page(call, invitation=link_to(call.url, call.node.database.transact(work)))


def _done(call: Call, work: Callable[[Connection, Account], None], person: str = "") -> Response:
    """Change something and lead back; who changed their own membership may not come back to this page."""
    call.node.database.transact(lambda connection: work(connection, _one(connection, call)))
    own = person.casefold() == call.caller.name.casefold()
    return see_other(f"/{call.params['account']}" if own else f"/settings/{call.params['account']}")


def _one(connection: Connection, call: Call) -> Account:
    found = find_account(connection, call.params["account"], ORGANISATION)
    if found is None:
        raise RequestError(404, f"There is no organisation called {call.params['account'][:100]!r} here.")
    return found


def _page(call: Call, *, error: AssayError | None = None, invitation: str = "") -> Response:
    with call.node.database.read() as connection:
        found = _one(connection, call)
        rows: list[JSON] = [
            {"name": one.name, "full_name": one.full_name, "role": one.role.name.lower()}
            for one in members(connection, found.id, limit=_MOST)
        ]
    values = {
        "organisation": {"name": found.name, "full_name": found.full_name},
        "members": rows,
        "roles": [role.name.lower() for role in (Role.READ, Role.WRITE, Role.ADMIN)],
        "invitation": invitation,
        "wrong": wrong(error) if error else "",
    }
    headers = {"Cache-Control": "no-store"}
    status = status_of(error) if error else 200
    return page(call, "organisation_settings.html", values, status=status, headers=headers)


_FORMS: dict[str, Callable[[Call, dict[str, str]], Response]] = {
    "profile": _profile,
    "set-member": _set_member,
    "remove-member": _remove_member,
    "invite": _invite,
}

routes = [
    Route("GET", "/settings/{account}", show, Needs.ACCOUNT_ADMIN, Role.ADMIN),
    Route("POST", "/settings/{account}", change, Needs.ACCOUNT_ADMIN, Role.ADMIN, limit=_LIMIT),
]

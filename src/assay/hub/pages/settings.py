"""A person's own settings: how they are shown, password, tokens, organisations; for administrators, invitations."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection
from starlette.responses import Response

from assay.canonical import JSON
from assay.errors import AssayError, ConflictError, NotFoundError, RequestError, UsageError
from assay.hub.accounts.invitations import create_invitation, link_to
from assay.hub.accounts.organisations import create_organisation, organisations_of, parse_role, remove_member
from assay.hub.accounts.passwords import SHORTEST, hash_password, matches
from assay.hub.accounts.people import describe, find_account, kept_password, set_password
from assay.hub.accounts.roles import Role
from assay.hub.accounts.sessions import create_session
from assay.hub.accounts.throttle import Attempt
from assay.hub.accounts.tokens import create_token, list_tokens, revoke_token
from assay.hub.answers import status_of
from assay.hub.call import Call
from assay.hub.forms import fields, wrong
from assay.hub.page import page, see_other
from assay.hub.pages.sign_in import begin
from assay.hub.routing import Needs, Route

__all__ = ["routes"]

_LIMIT = 16 * 1024
_DAY = 86_400
_DAYS = {"30": 30, "90": 90, "365": 365, "": None}
"""How long a new token lasts; empty for ever."""


def show(call: Call) -> Response:
    """Return the page."""
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
    full_name, email = sent.get("full_name", ""), sent.get("email", "")
    call.node.database.transact(lambda connection: describe(connection, _me(call), full_name=full_name, email=email))
    return see_other("/settings")


def _password(call: Call, sent: dict[str, str]) -> Response:
    """Change the password; whoever else was signed in as this person is so no more."""
    now, me = call.node.now(), _me(call)
    attempt = Attempt(call.caller.name.casefold(), f"settings of {me}")
    if wait := call.node.throttle.enter(attempt, now=now):
        raise UsageError(f"too many tries: wait {wait} seconds, then try again")
    with call.node.database.read() as connection:
        before = kept_password(connection, me)
    if not matches(before, sent.get("current", "")):
        raise UsageError("the current password is another one")
    call.node.throttle.succeeded(attempt)
    if sent.get("password", "") != sent.get("again", ""):
        raise UsageError("the two new passwords differ", hint="Type the same one twice.")
    anew = hash_password(sent.get("password", ""))

    def work(connection: Connection) -> str:
        set_password(connection, me, anew)
        return create_session(connection, me, now=now)

    return begin(call, see_other("/settings"), call.node.database.transact(work), call.caller.name)


def _new_token(call: Call, sent: dict[str, str]) -> Response:
    now, me, scope, days = call.node.now(), _me(call), parse_role(sent.get("scope", "")), sent.get("days", "")
    if days not in _DAYS:
        raise UsageError("a token cannot last that long")
    expires = None if _DAYS[days] is None else now + int(days) * _DAY
    name = sent.get("name", "")
    made = call.node.database.transact(
        lambda connection: create_token(connection, me, name, scope, now=now, expires=expires)
    )
    return _page(call, token=made)


def _revoke_token(call: Call, sent: dict[str, str]) -> Response:
    number = sent.get("token", "")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise NotFoundError("there is no such token")
    call.node.database.transact(lambda connection: revoke_token(connection, _me(call), int(number)))
    return see_other("/settings")


def _new_organisation(call: Call, sent: dict[str, str]) -> Response:
    name, full_name, now = sent.get("name", "").strip(), sent.get("full_name", ""), call.node.now()
    call.node.database.transact(
        lambda connection: create_organisation(
            connection, name, _me(call), now=now, full_name=full_name, reserved=call.reserved
        )
    )
    return see_other(f"/settings/{name}")


def _leave(call: Call, sent: dict[str, str]) -> Response:
    def work(connection: Connection) -> None:
        found = find_account(connection, sent.get("organisation", ""))
        if found is None:
            raise NotFoundError("there is no such organisation")
        remove_member(connection, found.id, call.caller.name)

    call.node.database.transact(work)
    return see_other("/settings")


def _invite(call: Call, sent: dict[str, str]) -> Response:
    if not call.caller.admin:
        raise RequestError(403, "This is for administrators of the hub.")
    now, admin = call.node.now(), "admin" in sent
    secret = call.node.database.transact(lambda connection: create_invitation(connection, now=now, admin=admin))
    return _page(call, invitation=link_to(call.url, secret))


def _page(call: Call, *, error: AssayError | None = None, token: str = "", invitation: str = "") -> Response:
    with call.node.database.read() as connection:
        me = find_account(connection, call.caller.name)
        assert me is not None
        by_password = kept_password(connection, me.id) is not None
        organisations: list[JSON] = [
            {"name": one.name, "full_name": one.full_name, "role": one.role.name.lower()}
            for one in organisations_of(connection, me.id)
        ]
        tokens: list[JSON] = [row._asdict() for row in list_tokens(connection, me.id)]
    values = {
        "me": {"name": me.name, "full_name": me.full_name, "email": me.email or "", "admin": me.admin},
        "by_password": by_password,
        "shortest": SHORTEST,
        "tokens": tokens,
        "organisations": organisations,
        "token": token,
        "invitation": invitation,
        "now": call.node.now(),
        "wrong": wrong(error) if error else "",
    }
    headers = {"Cache-Control": "no-store"}
    return page(call, "settings.html", values, status=status_of(error) if error else 200, headers=headers)


def _me(call: Call) -> int:
    assert call.caller.id is not None
    return call.caller.id


_FORMS: dict[str, Callable[[Call, dict[str, str]], Response]] = {
    "profile": _profile,
    "password": _password,
    "new-token": _new_token,
    "revoke-token": _revoke_token,
    "new-organisation": _new_organisation,
    "leave": _leave,
    "invite": _invite,
}

routes = [
    Route("GET", "/settings", show, Needs.SIGNED_IN, Role.ADMIN),
    Route("POST", "/settings", change, Needs.SIGNED_IN, Role.ADMIN, limit=_LIMIT),
]

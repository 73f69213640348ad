"""Signing in by name and password, and signing out."""

from __future__ import annotations

from sqlalchemy import Connection, select, update
from starlette.responses import Response

from assay.hub.accounts.passwords import hash_password, is_outdated, matches
from assay.hub.accounts.people import USER, find_account, kept_password
from assay.hub.accounts.sessions import COOKIE, LIFETIME, create_session, end_session
from assay.hub.accounts.throttle import KNOWN_BROWSER, KNOWN_FOR, Attempt, known_browser
from assay.hub.call import Call
from assay.hub.forms import check_origin, fields, local_path
from assay.hub.page import page, see_other
from assay.hub.routing import Needs, Route
from assay.store.tables import account

__all__ = ["begin", "routes"]

_LIMIT = 16 * 1024


def show(call: Call) -> Response:
    """Return the form."""
    going = local_path(call.query("next"))
    return see_other(going) if call.caller.by_session else _form(call, "", going)


def sign_in(call: Call) -> Response:
    """Sign the person in and go on to where they came from, or return the form."""
    check_origin(call)
    sent, now = fields(call), call.node.now()
    name, going = sent.get("name", "").strip(), local_path(sent.get("next", ""))
    attempt = _attempt(call, name)
    wait = call.node.throttle.enter(attempt, now=now)
    if wait:
        said = f"Too many tries. Wait {wait} seconds, then try again."
        return _form(call, name, going, said, status=429, headers={"Retry-After": str(wait)})
    person = _person(call, name, sent.get("password", ""))
    if person is None:
        return _form(call, name, going, "There is no account with this name and password.", status=401)
    call.node.throttle.succeeded(attempt)
    cookie = call.node.database.transact(lambda connection: create_session(connection, person, now=now))
    return begin(call, see_other(going), cookie, name)


def sign_out(call: Call) -> Response:
    """End what the cookie began."""
    cookie = call.request.cookies.get(COOKIE, "")
    call.node.database.transact(lambda connection: end_session(connection, cookie))
    answer = see_other("/")
    answer.delete_cookie(COOKIE, secure=_secure(call), httponly=True, samesite="lax")
    return answer


def begin(call: Call, answer: Response, cookie: str, name: str) -> Response:
    """Give the browser the cookie of a new session of the person `name`, and end the one it had."""
    before = call.request.cookies.get(COOKIE)
    if before is not None:
        call.node.database.transact(lambda connection: end_session(connection, before))
    mark = known_browser(call.node.config.secret, name.casefold()) or ""
    for key, value, path, age in ((COOKIE, cookie, "/", LIFETIME), (KNOWN_BROWSER, mark, "/sign-in", KNOWN_FOR)):
        answer.set_cookie(key, value, max_age=age, path=path, secure=_secure(call), httponly=True, samesite="lax")
    return answer


def _attempt(call: Call, name: str) -> Attempt:
    client, key, shown = call.request.client, name.casefold()[:200], call.request.cookies.get(KNOWN_BROWSER, "")
    known = known_browser(call.node.config.secret, key, shown) if shown else None
    return Attempt(key, client.host if client else "", known)


def _person(call: Call, name: str, password: str) -> int | None:
    """Return who this is; for unknown names it takes as long."""
    with call.node.database.read() as connection:
        found = find_account(connection, name, USER)
        kept = None if found is None else kept_password(connection, found.id)
    if not matches(kept, password) or found is None or kept is None:
        return None
    if is_outdated(kept):
        anew = hash_password(password)
        call.node.database.transact(lambda connection: _keep(connection, found.id, kept, anew))
    return found.id


def _keep(connection: Connection, person: int, before: str, anew: str) -> None:
    """Keep the same password in the current way, unless it was changed meanwhile."""
    row = select(account.c.id).where(account.c.id == person, account.c.password == before)
    connection.execute(update(account).where(account.c.id.in_(row)).values(password=anew))


def _form(
    call: Call, name: str, going: str, wrong: str = "", *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    return page(call, "sign_in.html", name=name[:100], next=going, wrong=wrong, status=status, headers=headers)


def _secure(call: Call) -> bool:
    return call.url.startswith("https://")


routes = [
    Route("GET", "/sign-in", show, Needs.ANYONE),
    Route("POST", "/sign-in", sign_in, Needs.ANYONE, limit=_LIMIT),
    Route("POST", "/sign-out", sign_out, Needs.ANYONE, limit=_LIMIT),
]

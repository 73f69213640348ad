"""The application: finds the route, learns who asks, checks what they may, runs the endpoint, answers for errors."""

from __future__ import annotations

import base64
import binascii
import hmac
import inspect
import logging
import secrets
from collections.abc import Awaitable
from typing import cast
from urllib.parse import parse_qs

from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from assay.errors import AssayError, RequestError
from assay.hub.accounts.roles import ANONYMOUS, Caller, Role, role_in, role_over
from assay.hub.accounts.sessions import COOKIE, caller_of_session, form_token
from assay.hub.accounts.tokens import caller_of
from assay.hub.answers import BAD_CREDENTIALS, forbidden, refusal, repo_not_found, status_of, unauthorised
from assay.hub.call import Call
from assay.hub.node import Node
from assay.hub.routing import Found, Needs, Router, discover
from assay.store.repos import Repo, RepoType, find_repo

__all__ = ["Application"]

_LOG = logging.getLogger("assay.hub")
_TYPES = {"": RepoType.MODEL, "models": RepoType.MODEL, "datasets": RepoType.DATASET, "spaces": RepoType.SPACE}
_ROLES = {Needs.READ: Role.READ, Needs.WRITE: Role.WRITE, Needs.REPO_ADMIN: Role.ADMIN}
_SAFE = ("GET", "HEAD", "OPTIONS")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
"""On every answer that does not say otherwise."""


class Application:
    """An ASGI application over one `Node`."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.router = Router(discover("assay.hub.api", "assay.hub.pages"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the server."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        scope["state"] = {"id": secrets.token_hex(8)}
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            return
        except AssayError as error:
            if status_of(error) >= 500:
                _LOG.error("%s %s: %s", request.method, request.url.path, error)
            response = refusal(error)
        if request.method == "HEAD":
            response.body = b""
        await response(scope, receive, _with_headers(send, scope["state"]["id"]))

    async def _answer(self, request: Request) -> Response:
        raw = cast("bytes", request.scope.get("raw_path") or request.scope["path"].encode()).partition(b"?")[0]
        found = self.router.match(request.method, raw.decode("ascii", "replace"))
        if not isinstance(found, Found):
            if found:
                raise RequestError(405, f"{request.method} is not for this address", hint=f"Use {', '.join(found)}.")
            raise RequestError(404, "There is nothing at this address.")
        coroutine = inspect.iscoroutinefunction(found.route.endpoint)
        body = b"" if coroutine else await _read(request, found.route.limit)
        call = await to_thread.run_sync(self._admitted, request, found, body)
        if coroutine:
            return await cast("Awaitable[Response]", found.route.endpoint(call))
        return cast("Response", await to_thread.run_sync(found.route.endpoint, call))

    def _admitted(self, request: Request, found: Found, body: bytes) -> Call:
        """Return the call when its caller may make it.

        Raises:
            RequestError: they may not, or the repo is not there for them.
        """
        route, params = found
        caller = ANONYMOUS if route.needs is Needs.ADDRESS else self._caller(request)
        if caller.by_session and request.method not in _SAFE:
            self._check_form(request, body)
        call = Call(self.node, request, route, dict(params), caller, None, body, self.router.reserved)
        if "owner" in params:
            call.found_repo = self._repo(call)
        self._check_rights(call)
        return call

    def _caller(self, request: Request) -> Caller:
        token = _shown_token(request.headers.get("authorization", ""))
        cookie = request.cookies.get(COOKIE)
        if token is None and not cookie:
            return ANONYMOUS
        now = self.node.now()
        with self.node.database.read() as connection:
            if token is not None:
                caller = caller_of(connection, token, now=now)
            else:
                caller = caller_of_session(connection, cookie or "", now=now)
        if token is not None:
            if caller is None:
                raise RequestError(401, BAD_CREDENTIALS)
            return caller
        return caller or ANONYMOUS

    def _check_form(self, request: Request, body: bytes) -> None:
        """Refuse what changes something and was not sent from one of our own forms."""
        wanted = form_token(self.node.config.secret, request.cookies.get(COOKIE, ""))
        shown = request.headers.get("x-form-token", "")
        if not shown and request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            shown = parse_qs(body.decode("utf-8", "replace")).get("form_token", [""])[0]
        shown = shown or request.query_params.get("form_token", "")
        if not hmac.compare_digest(wanted.encode(), shown.encode()):
            raise forbidden("This form is out of date. Load the page again and send it once more.")

    def _repo(self, call: Call) -> Repo:
        owner, name = call.params["owner"], call.params["name"]
        with self.node.database.read() as connection:
            found = find_repo(connection, _TYPES[call.params.get("kind", "")], owner, name)
            role = Role.NONE if found is None else role_over(connection, call.caller, found)
        if found is None or role < Role.READ:
            raise repo_not_found(f"{owner}/{name}")
        needed = _ROLES.get(call.route.needs, Role.READ)
        if role >= needed:
            return found
        if not call.caller.known:
            raise unauthorised()
        raise forbidden(f"You may not do this with {owner}/{name}: it needs the right to {needed.name.lower()}.")

    def _check_rights(self, call: Call) -> None:
        needs, caller = call.route.needs, call.caller
        if needs in (Needs.ANYONE, Needs.ADDRESS, Needs.READ):
            return
        if not caller.known:
            raise unauthorised()
        if caller.scope < call.route.scope:
            raise forbidden(f"This token is for {caller.scope.name.lower()} only; make one for more in your settings.")
        if needs is Needs.HUB_ADMIN and not caller.admin:
            raise forbidden("This is for administrators of the hub.")
        if needs is Needs.ACCOUNT_ADMIN:
            with self.node.database.read() as connection:
                if role_in(connection, caller, call.params["account"]) < Role.ADMIN:
                    raise forbidden(f"You do not administer {call.params['account'][:100]}.")


def _shown_token(header: str) -> str | None:
    """Return the token of an Authorization header; git and its tools send it as the password of Basic."""
    kind, _, value = header.partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return None


async def _read(request: Request, most: int) -> bytes:
    parts, taken = [], 0
    async for piece in request.stream():
        taken += len(piece)
        if taken > most:
            raise RequestError(413, f"the body has more than the {most:,} bytes that this route takes")
        parts.append(piece)
    return b"".join(parts)


def _with_headers(send: Send, request_id: str) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = request_id
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sender


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return

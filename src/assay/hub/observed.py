"""Around the application: every request is counted and logged, by its route and never by its address."""

from __future__ import annotations

import logging
import time

from starlette.types import Message, Receive, Scope, Send

from assay.hub.app import Application
from assay.hub.routing import Found
from assay.hub.zerocopy import EXTENSION

__all__ = ["Observed"]

_LOG = logging.getLogger("assay.access")
_QUIET = ("/healthz", "/metrics", "/static/{file}")


class Observed:
    """An ASGI application that watches another one."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the server."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        started = time.perf_counter()
        seen = {"status": 0, "taken": 0, "sent": 0}

        async def taken() -> Message:
            message = await receive()
            seen["taken"] += len(message.get("body", b""))
            return message

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
            elif message["type"] == "http.response.body":
                seen["sent"] += len(message.get("body", b""))
            elif message["type"] == EXTENSION:
                seen["sent"] += message["count"]
            await send(message)

        try:
            await self._application(scope, taken, counted)
        finally:
            seconds = time.perf_counter() - started
            route = self._route(scope)
            method = (
                scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH") else "other"
            )
            moved = (seen["taken"], seen["sent"])
            self._application.node.metrics.answered(method, route, seen["status"], seconds, moved)
            if route not in _QUIET:
                state = scope.get("state", {})
                extra = {"method": method, "route": route, **seen, "ms": round(seconds * 1000, 1)}
                _LOG.info("%s %s %s", method, route, seen["status"], extra={**extra, "id": state.get("id", "")})

    def _route(self, scope: Scope) -> str:
        raw: bytes = scope.get("raw_path") or b""
        found = self._application.router.match(scope["method"], raw.partition(b"?")[0].decode("ascii", "replace"))
        return found.route.path if isinstance(found, Found) else "none"

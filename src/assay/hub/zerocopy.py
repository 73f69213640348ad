"""Files from the kernel to the client: `http.response.zerocopysend` of ASGI, on the connections of uvicorn."""

from __future__ import annotations

import asyncio
import os
from typing import BinaryIO, TypedDict, cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

__all__ = ["EXTENSION", "ZeroCopy", "ZeroCopySend"]

EXTENSION = "http.response.zerocopysend"

_AT_ONCE = 2 * 1024 * 1024
"""Bytes that one connection sends before others have their turn."""


class ZeroCopySend(TypedDict):
    """The message by which an application sends a part of a file."""

    type: str
    file: BinaryIO
    offset: int
    count: int
    """Bytes; the file must have that many from `offset` on."""
    more_body: bool


class ZeroCopy:
    """An ASGI application that lets the one inside send files by `sendfile`, where the connection allows it.

    It must stand directly below the server: how to reach the socket is known from the server's own `send`. On a
    connection of another server, or one with TLS, the extension is not offered, and the one inside sends bytes.
    """

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the server."""
        cycle = getattr(send, "__self__", None)
        if not isinstance(cycle, RequestResponseCycle) or cycle.transport.get_extra_info("sslcontext") is not None:
            await self._application(scope, receive, send)
            return

        async def sender(message: Message) -> None:
            if message["type"] == EXTENSION:
                await _send_file(cycle, cast("ZeroCopySend", message))
            else:
                await send(message)

        offered = {**scope.get("extensions", {}), EXTENSION: {}}
        await self._application({**scope, "extensions": offered}, receive, sender)


async def _send_file(cycle: RequestResponseCycle, message: ZeroCopySend) -> None:
    """Send a part of a body whose length was announced.

    Raises:
        OSError: the client is gone, or the file cannot be read; the connection is closed.
    """
    count = message["count"]
    if cycle.chunked_encoding or count > cycle.expected_content_length:
        raise RuntimeError("a file needs a response with a Content-Length that it does not exceed")
    if cycle.disconnected:
        raise ConnectionResetError("the client is gone")
    try:
        sent = await _sent(cycle.transport, message["file"].fileno(), message["offset"], count)
    except (OSError, RuntimeError) as error:  # RuntimeError: the transport began to close
        await _end(cycle)
        raise OSError(str(error)) from error
    if sent != count:
        await _end(cycle)
        raise OSError(f"the file ends {count - sent:,} bytes early")
    cycle.expected_content_length -= count
    if not message["more_body"]:
        await cycle.send({"type": "http.response.body", "body": b"", "more_body": False})


async def _sent(transport: asyncio.Transport, file: int, offset: int, count: int) -> int:
    """Send `count` bytes of the open `file` and return how many there were.

    The loop's own `sendfile` registers with the selector anew for each piece, which costs more than sending it. Here
    a second descriptor of the same socket stays registered until all is sent: one that the loop's transport, which
    must have nothing left to write, does not know.
    """
    loop = asyncio.get_running_loop()
    if transport.get_write_buffer_size():
        with os.fdopen(os.dup(file), "rb", buffering=0) as opened:
            return await loop.sendfile(transport, opened, offset, count)
    socket = os.dup(transport.get_extra_info("socket").fileno())
    done: asyncio.Future[int] = loop.create_future()
    sent = 0

    def send_more() -> None:
        nonlocal sent
        try:
            piece = os.sendfile(socket, file, offset + sent, min(count - sent, _AT_ONCE))
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            loop.remove_writer(socket)
            done.set_exception(error)
            return
        sent += piece
        if not piece or sent == count:
            loop.remove_writer(socket)
            done.set_result(sent)

    loop.add_writer(socket, send_more)
    try:
        return await done
    finally:
        loop.remove_writer(socket)
        os.close(socket)


async def _end(cycle: RequestResponseCycle) -> None:
    cycle.transport.abort()
    await asyncio.sleep(0)  # lets the connection learn of its end

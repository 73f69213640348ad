"""The server process: one port, one event loop, and an orderly end."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

import uvicorn

from assay.errors import UsageError
from assay.hub.app import Application
from assay.hub.node import Node
from assay.hub.observed import Observed
from assay.hub.zerocopy import ZeroCopy

__all__ = ["listen", "serve", "stoppable"]

_GRACE = 20
"""Seconds that requests under way have left after the hub was told to stop."""
_STALLED = 120_000
"""Milliseconds after which a client that takes nothing of what was sent is given up."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that waits for clients; port 0 takes a free one.

    Raises:
        UsageError: the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    waiting = socket.socket(family, socket.SOCK_STREAM)
    try:
        waiting.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; what connections inherit
            waiting.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STALLED)
        waiting.bind((host, port))
        waiting.listen(1024)
    except OSError as error:
        waiting.close()
        raise UsageError(
            f"cannot listen on {host}:{port}: {error.strerror}", hint="Choose another one with --host and --port."
        ) from error
    return waiting


def serve(node: Node, waiting: socket.socket, *, on_ready: Callable[[], None] | None = None) -> None:
    """Serve `node` on a socket until the process is told to stop (SIGTERM, SIGINT); requests under way may end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises what stopped it once more when it is done; what comes after it must still run.
        signal.signal(number, lambda *_: None)
    stoppable(node, on_ready=on_ready).run(sockets=[waiting])


def stoppable(node: Node, *, on_ready: Callable[[], None] | None = None) -> uvicorn.Server:
    """Return the server of `node`, to be run by any thread and stopped by setting `should_exit`."""
    config = uvicorn.Config(
        ZeroCopy(Observed(Application(node))),
        loop="asyncio",  # the one that can hand files to the kernel
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
        timeout_keep_alive=75,
    )
    return _Server(config, on_ready)


class _Server(uvicorn.Server):
    """A server that says when it can be used."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._on_ready is not None:
            self._on_ready()

"""One connection to a pinned address, each step of it held to a pace in seconds and bytes."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from assay.egress.target import Target

__all__ = ["Connection", "EgressLimits", "Pace", "TooMuchError"]

_FRAMING = 64 * 1024
"""Bytes granted beside twice the body, for chunk sizes and trailers."""


@dataclass(frozen=True, slots=True)
class EgressLimits:
    """What requests may cost; times in seconds, sizes in bytes."""

    connect: float = 10.0
    """Until a connection stands, TLS included."""
    silence: float = 20.0
    """Between two pieces of an answer."""
    request: float = 60.0
    """One request from start to end, however steadily bytes drip in."""
    total: float = 900.0
    """All requests of one `Egress` together."""
    headers: int = 64 * 1024
    """All header lines of one answer."""


class TooMuchError(Exception):
    """More bytes came than the answer may have."""


class Pace:
    """What one request may still take: time until `deadline` (monotonic seconds), and bytes on the wire."""

    def __init__(self, limits: EgressLimits, deadline: float) -> None:
        self._limits = limits
        self._deadline = deadline
        self._allowed = limits.headers
        self.received = 0

    def wait(self, *, connecting: bool = False) -> float:
        """Return how many seconds the next step may block.

        Raises:
            TimeoutError: none are left.
        """
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, self._limits.connect if connecting else self._limits.silence)

    def allow_body(self, length: int) -> None:
        """Grant a body of `length` bytes."""
        self._allowed = self.received + 2 * length + _FRAMING

    def count(self, received: int) -> None:
        """Take note of bytes that came in.

        Raises:
            TooMuchError: they are more than was granted.
        """
        self.received += received
        if self.received > self._allowed:
            raise TooMuchError


class Connection(http.client.HTTPConnection):
    """A connection to the first of `addresses` that answers; a certificate is checked for the name of `target`."""

    def __init__(self, target: Target, addresses: tuple[str, ...]) -> None:
        super().__init__(target.host, target.port)
        self._tls = target.scheme == "https"
        self._addresses = addresses
        self._pace: Pace | None = None

    @property
    def pace(self) -> Pace:
        """The pace of the request under way."""
        assert self._pace is not None
        return self._pace

    def ask(
        self, path: str, fields: Mapping[str, str], pace: Pace, body: bytes | None = None
    ) -> http.client.HTTPResponse:
        """Send a GET, or a POST of `body`, and return the answer, its body unread."""
        self._pace = pace
        self.request("GET" if body is None else "POST", path, body, fields)
        return self.getresponse()

    def connect(self) -> None:
        """Connect; called by the base class when a request needs it."""
        failure: OSError | None = None
        for address in self._addresses:
            try:
                plain = socket.create_connection((address, self.port), self.pace.wait(connecting=True))
            except OSError as error:
                failure = error
                continue
            try:
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.sock = cast("socket.socket", _PacedSocket(self._secure(plain), self))
            except BaseException:
                plain.close()
                raise
            return
        raise failure or OSError("the name has no address")

    def _secure(self, plain: socket.socket) -> socket.socket:
        if not self._tls:
            return plain
        return ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


class _PacedSocket:
    """As much of a socket as `http.client` uses."""

    def __init__(self, sock: socket.socket, connection: Connection) -> None:
        self._sock = sock
        self._connection = connection

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._connection.pace.wait())
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_PacedReader(self._sock, self._connection.pace))

    def close(self) -> None:
        self._sock.close()


class _PacedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, pace: Pace) -> None:
        super().__init__()
        self._sock = sock
        # A stream of the socket's own keeps it open while an answer is read, though the connection is closed already.
        self._stream = sock.makefile("rb", buffering=0)
        self._pace = pace

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        self._sock.settimeout(self._pace.wait())
        count = self._stream.readinto(buffer)
        self._pace.count(count or 0)
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()

"""Every outgoing request: address pinned, private ranges refused, redirects re-checked, size and time limited."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import NamedTuple, Self
from urllib.parse import quote, urljoin

from assay import __version__
from assay.egress.target import Target, is_public, printable
from assay.egress.wire import Connection, EgressLimits, Pace, TooMuchError
from assay.errors import RemoteError

__all__ = ["ByteRange", "Egress", "EgressLimits", "Response", "origin", "printable"]

_EXPLANATION = 8 * 1024
"""Bytes read of an answer that is no success; only its status and headers count."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SLOW = "The server or the network is slow; try again later, or download the files and judge the folder."
_HINTS = {
    401: "Set HF_TOKEN, and HF_ENDPOINT to this hub; some hubs also say 401 for a repo that does not exist.",
    403: "Accept the terms on the repo's page, and set HF_TOKEN to a token that may read it.",
    404: "Check the address and the revision; a private repo also needs HF_TOKEN.",
    416: "The file is shorter than the hub's listing says: it changed, or the listing is wrong.",
    429: "The hub asks for fewer requests; wait a while, or set HF_TOKEN for a larger allowance.",
}


class ByteRange(NamedTuple):
    """A stretch of a resource, in bytes."""

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. Names of headers are in lower case; repeated headers are joined by commas."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    """The whole body of a success; at most its first 8 KiB otherwise."""
    url: str
    via: tuple[Response, ...] = ()
    """The redirects that led here, first to last."""


class _Pin(NamedTuple):
    """What a host name was resolved to, once and for all."""

    addresses: tuple[str, ...]
    public: bool


class Egress:
    """A client for GET and POST with a memory: one resolution per host, connections kept open, everything counted.

    Proxies are not used, compression is not asked for, cookies are not kept. Not to be shared between threads.
    `allow_private` lets it reach private, loopback and link-local addresses; a redirect from a public one never does.
    """

    def __init__(self, limits: EgressLimits | None = None, *, allow_private: bool = False) -> None:
        self._limits = limits or EgressLimits()
        self._allow_private = allow_private
        self._pins: dict[tuple[str, int], _Pin] = {}
        self._idle: dict[str, Connection] = {}
        weakref.finalize(self, _close_all, self._idle)
        self._spent = 0.0
        self.requests = 0
        """Requests sent."""
        self.bytes_received = 0
        """Bytes of headers and bodies that came in, after TLS."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that were kept; a client that is forgotten does so by itself."""
        _close_all(self._idle)

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        byte_range: ByteRange | None = None,
        max_bytes: int,
    ) -> Response:
        """Send one GET and return the answer, whatever its status; a redirect is an answer like any other.

        Raises:
            RemoteError: the address is refused, nothing or no HTTP answers, or the answer is too large, too slow,
                shorter than it says, or compressed.
        """
        fields = dict(headers or {})
        if byte_range is not None:
            fields["Range"] = f"bytes={byte_range.start}-{byte_range.start + byte_range.length - 1}"
        return self._send(url, fields, None, max_bytes)

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str] | None = None, max_bytes: int) -> Response:
        """Send one POST and return the answer, whatever its status. It may be sent twice: let that do no harm.

        Raises:
            RemoteError: as `get`.
        """
        return self._send(url, dict(headers or {}), body, max_bytes)

    def _send(self, url: str, headers: Mapping[str, str], body: bytes | None, max_bytes: int) -> Response:
        target = Target(url)
        fields = {"Host": target.netloc, "User-Agent": f"assay/{__version__}", "Accept-Encoding": "identity"}
        fields |= headers
        started = time.monotonic()
        allowed = min(self._limits.request, self._limits.total - self._spent)
        if allowed <= 0:
            raise RemoteError(f"requests took {self._limits.total:g} seconds altogether, the limit", hint=_SLOW)
        try:
            with _explained(target):
                pin = self._pin(target)
                _keep_token_private(target, pin, fields)
                pace = Pace(self._limits, started + allowed)
                return self._exchange(target, pin, fields, pace, body=body, max_bytes=max_bytes)
        finally:
            self._spent += time.monotonic() - started

    def get_following(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        byte_range: ByteRange | None = None,
        max_bytes: int,
        max_hops: int = 3,
    ) -> Response:
        """Send a GET, follow at most `max_hops` redirects, and return the success they end in.

        Authorization stays behind when the origin changes. From https a redirect must lead to https, and from a
        public address to a public one.

        Raises:
            RemoteError: as `get`; also a redirect that is not allowed, and any status but 2xx at the end.
        """
        fields = dict(headers or {})
        via: list[Response] = []
        while True:
            response = self.get(url, headers=fields, byte_range=byte_range, max_bytes=max_bytes)
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or location is None:
                break
            here = Target(url)
            if len(via) == max_hops:
                raise RemoteError(f"{here.shown} redirects more than {max_hops} times", hint="Check the address.")
            there = _destination(url, location)
            self._check_hop(here, there)
            if there.origin != here.origin:
                fields = {name: value for name, value in fields.items() if name.lower() != "authorization"}
            via.append(response)
            url = there.url
        if not 200 <= response.status < 300:
            raise _refusal(response, with_token=any(name.lower() == "authorization" for name in fields))
        return replace(response, via=tuple(via))

    def _check_hop(self, here: Target, there: Target) -> None:
        if here.scheme == "https" and there.scheme != "https":
            raise RemoteError(f"{here.shown} redirects from https to http", hint="Do not trust this server.")
        with _explained(there):
            if self._pin(here).public and not self._pin(there).public:
                raise RemoteError(
                    f"{here.shown} redirects into a private network ({there.host})", hint="Do not trust this server."
                )

    def _pin(self, target: Target) -> _Pin:
        key = (target.host, target.port)
        if key not in self._pins:
            found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
            addresses = tuple(dict.fromkeys(str(info[4][0]) for info in found))
            self._pins[key] = _Pin(addresses, all(is_public(address) for address in addresses))
        pin = self._pins[key]
        if not pin.public and not self._allow_private:
            raise RemoteError(
                f"{target.host} is in a private or reserved network",
                hint="Only public addresses are allowed here; an administrator can allow private ones.",
            )
        return pin

    def _exchange(
        self, target: Target, pin: _Pin, fields: Mapping[str, str], pace: Pace, *, body: bytes | None, max_bytes: int
    ) -> Response:
        self.requests += 1
        connection = self._idle.pop(target.origin, None)
        kept = connection is not None
        try:
            connection = connection or Connection(target, pin.addresses)
            try:
                answer = connection.ask(target.path, fields, pace, body)
            except ConnectionError:
                if not kept:
                    raise
                # The server may have closed a connection that lay idle; a new one shows whether it answers.
                connection.close()
                connection = Connection(target, pin.addresses)
                answer = connection.ask(target.path, fields, pace, body)
            with answer:
                received = _body(answer, target, pace, max_bytes, ranged="Range" in fields)
                finished = answer.isclosed() and not answer.will_close
            if finished:
                self._idle[target.origin] = connection
                connection = None
            return Response(answer.status, _fields(answer), received, target.url)
        finally:
            self.bytes_received += pace.received
            if connection is not None:
                connection.close()


def _close_all(idle: dict[str, Connection]) -> None:
    while idle:
        idle.popitem()[1].close()


def origin(url: str) -> str:
    """Return scheme, host and port of `url`: what a token belongs to.

    Raises:
        RemoteError: `url` is no http or https address.
    """
    return Target(url).origin


def _destination(url: str, location: str) -> Target:
    # Headers are decoded as Latin-1; servers write UTF-8 into them without encoding it.
    encoded = quote(location.encode("latin-1", "replace"), safe="%/:?#[]@!$&'()*+,;=")
    try:
        return Target(urljoin(url, encoded))
    except ValueError:
        raise RemoteError(
            f"{Target(url).shown} redirects to what is not an address", hint="Check the address."
        ) from None


def _body(answer: http.client.HTTPResponse, target: Target, pace: Pace, max_bytes: int, *, ranged: bool) -> bytes:
    if not 200 <= answer.status < 300:
        pace.allow_body(_EXPLANATION)
        return answer.read(_EXPLANATION)
    for name, harmless in (("Content-Encoding", "identity"), ("Transfer-Encoding", "chunked")):
        coding = answer.headers.get(name, harmless)
        if coding.lower() != harmless:
            raise RemoteError(
                f"{target.shown} is sent with {name} {printable(coding)}, which was not asked for",
                hint="The server, or a proxy before it, must send files as they are.",
            )
    declared = answer.length
    pace.allow_body(max_bytes)
    body = answer.read(max_bytes + 1) if declared is None or declared <= max_bytes else None
    if body is None or len(body) > max_bytes:
        raise _too_large(target, max_bytes, ignores_range=ranged and answer.status == HTTPStatus.OK)
    if declared is not None and len(body) < declared:
        raise RemoteError(
            f"{target.shown} broke off after {len(body):,} of {declared:,} bytes",
            hint="Try again; the server or the connection failed.",
        )
    return body


def _too_large(target: Target, max_bytes: int, *, ignores_range: bool) -> RemoteError:
    if ignores_range:
        return RemoteError(
            f"{target.shown}: the server ignores Range and sends the whole file",
            hint="Only a server with byte ranges can be judged from afar; download the files and judge the folder.",
        )
    return RemoteError(
        f"{target.shown} sends more than the {max_bytes:,} bytes that were asked for or are allowed",
        hint="This is not what a hub answers; check the address.",
    )


def _fields(answer: http.client.HTTPResponse) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in answer.getheaders():
        key = name.lower()
        fields[key] = f"{fields[key]}, {value}" if key in fields else value
    return fields


def _refusal(response: Response, *, with_token: bool) -> RemoteError:
    status = response.status
    hint = _HINTS.get(status, "The hub fails; try again later." if status >= 500 else "Check the address.")
    if status == HTTPStatus.UNAUTHORIZED and with_token:
        hint = "The token in HF_TOKEN was refused; make a new one, or unset it for what is public."
    wait = response.headers.get("retry-after", "")
    if status in (429, 503) and re.fullmatch(r"\d{1,6}", wait):
        hint = f"The hub asks to wait {wait} seconds."
    phrases = {known.value: f" {known.phrase}" for known in HTTPStatus}
    said = printable(response.headers.get("x-error-message", ""))
    reason = f"{status}{phrases.get(status, '')}" + (f" ({said})" if said else "")
    return RemoteError(f"{Target(response.url).shown}: {reason}", hint=hint)


def _keep_token_private(target: Target, pin: _Pin, fields: Mapping[str, str]) -> None:
    if target.scheme == "http" and pin.public and any(name.lower() == "authorization" for name in fields):
        raise RemoteError(f"a token would travel unencrypted to {target.host}", hint="Use https, or unset HF_TOKEN.")


@contextmanager
def _explained(target: Target) -> Iterator[None]:
    """Turn whatever a connection can raise into an error for people."""
    where = target.netloc
    check = "Check the address and the network."
    try:
        yield
    except TooMuchError:
        raise RemoteError(f"{target.shown} sends more than is allowed", hint="This is not how a hub answers.") from None
    except TimeoutError:
        raise RemoteError(f"{target.shown} did not answer in time", hint=_SLOW) from None
    except socket.gaierror as error:
        raise RemoteError(f"no host {target.host} is known: {error.strerror}", hint=check) from None
    except ssl.SSLCertVerificationError as error:
        raise RemoteError(
            f"the certificate of {where} does not hold: {error.verify_message}",
            hint="For a hub with a certificate authority of its own, name its file in SSL_CERT_FILE.",
        ) from None
    except ssl.SSLError as error:
        raise RemoteError(f"no TLS with {where}: {error.reason}", hint="Check the address, its port too.") from None
    except ConnectionRefusedError:
        raise RemoteError(f"{where} refuses the connection", hint="Check the address and that it runs.") from None
    except ConnectionError:
        raise RemoteError(f"{where} broke off the connection", hint=check) from None
    except (http.client.HTTPException, ValueError) as error:
        raise RemoteError(
            f"{where} does not speak HTTP: {type(error).__name__} {printable(str(error))}", hint=check
        ) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise RemoteError(f"the connection to {where} failed: {reason}", hint=check) from None

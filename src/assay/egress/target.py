"""What an address may be and where it leads: parsed strictly, printed safely, public or not."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from assay.errors import RemoteError

__all__ = ["Target", "is_public", "printable"]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Target:
    """A checked http or https address.

    Raises:
        RemoteError: it is none, holds credentials, or is not percent-encoded.
    """

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port
            host = (parts.hostname or "").encode("idna").decode("ascii")
        except ValueError as error:  # UnicodeError is one
            raise RemoteError(f"{printable(url)} is not an address: {error}", hint="Check the address.") from None
        if parts.scheme not in _DEFAULT_PORTS or not host:
            raise RemoteError(f"{printable(url)} is not an http or https address", hint="Begin with https://.")
        if parts.username is not None:
            raise RemoteError(
                f"the address of {printable(host)} holds a user name or password",
                hint="Take it out; a token goes into HF_TOKEN, never into an address.",
            )
        if not re.fullmatch(r"[!-~]+", parts.netloc + parts.path + parts.query):
            raise RemoteError(
                f"the address of {printable(host)} holds characters that must be percent-encoded",
                hint="Copy the address as the browser shows it.",
            )
        self.url = url
        self.scheme = parts.scheme
        self.host = host
        self.port = port or _DEFAULT_PORTS[parts.scheme]
        name = f"[{host}]" if ":" in host else host
        self.netloc = name if self.port == _DEFAULT_PORTS[parts.scheme] else f"{name}:{self.port}"
        self.origin = f"{parts.scheme}://{self.netloc}"
        """Scheme, host and port: what a token and a connection belong to."""
        self.path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self.shown = printable(f"{self.origin}{parts.path}")
        """For people; without the query, which may hold a signature."""


def is_public(address: str) -> bool:
    """Tell whether an IP address lies in the public network, not in a private, local or reserved one."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        # These forms lead where the IPv4 address in them leads.
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if ip.sixtofour is not None:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def printable(text: str) -> str:
    """Return at most 300 characters of `text`, safe to show on a terminal."""
    return "".join(char if char.isprintable() else "?" for char in text[:300])

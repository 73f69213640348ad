"""Short-lived rights that travel with a client: to talk to the chunk store for a repo, or to read one byte range.

Both are `claims.mac`: claims are canonical JSON and the MAC is HMAC-SHA256 over kind and claims, each in base64url.
Key and time are passed in.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Literal, NamedTuple

from assay.canonical import JSON, canonical_json
from assay.errors import UsageError, VerificationError
from assay.store.xet.hashes import XetHash

__all__ = ["Access", "DataRange", "Scope", "issue_access", "read_access", "read_range", "sign_range"]

Scope = Literal["read", "write"]

_ACCESS, _DATA = "access/1", "data/1"
_LEAST_KEY = 32
_LONGEST = 2048
_ASK_AGAIN = "Ask the hub for a new one."


class Access(NamedTuple):
    """The right to use the chunk store for one repo; to write includes to read."""

    repo: str
    scope: Scope
    expires: int
    """In seconds since 1970."""

    def allows(self, repo: str, scope: Scope) -> bool:
        """Return whether this is enough for `scope` in `repo`."""
        return self.repo == repo and self.scope in (scope, "write")


class DataRange(NamedTuple):
    """The right to read bytes `first` to `last`, inclusive, of one xorb on behalf of one repo."""

    repo: str
    xorb: XetHash
    first: int
    last: int
    expires: int
    """In seconds since 1970."""


def issue_access(key: bytes, access: Access) -> str:
    """Return the token that carries `access`.

    Raises:
        UsageError: the key is shorter than 32 bytes.
    """
    return _seal(key, _ACCESS, access._asdict())


def read_access(key: bytes, token: str, *, now: int) -> Access:
    """Return what `token` allows at `now`, in seconds since 1970.

    Raises:
        UsageError: the key is shorter than 32 bytes.
        VerificationError: the token was not issued with this key, or has expired.
    """
    return Access(**_open(key, _ACCESS, token, now))


def sign_range(key: bytes, data: DataRange) -> str:
    """Return the token for an address from which just the bytes of `data` may be read.

    Raises:
        UsageError: the key is shorter than 32 bytes.
    """
    return _seal(key, _DATA, data._asdict())


def read_range(key: bytes, token: str, *, xorb: XetHash, first: int, last: int, now: int) -> DataRange:
    """Return the right that `token` gives, which must be for just the bytes asked for.

    Raises:
        UsageError: the key is shorter than 32 bytes.
        VerificationError: the token was not issued with this key, has expired, or is for another xorb or range.
    """
    data = DataRange(**_open(key, _DATA, token, now))
    if (data.xorb, data.first, data.last) != (xorb, first, last):
        raise VerificationError(
            f"this address is for bytes {data.first} to {data.last} of xorb {data.xorb} and no others",
            hint="Ask for just the range that came with the address.",
        )
    return data


def _seal(key: bytes, kind: str, claims: JSON) -> str:
    body = urlsafe_b64encode(canonical_json(claims)).rstrip(b"=")
    return (body + b"." + _mac(key, kind, body)).decode("ascii")


def _open(key: bytes, kind: str, token: str, now: int) -> JSON:
    if len(token) > _LONGEST or not token.isascii():
        raise VerificationError("a token is too long, or not plain text", hint=_ASK_AGAIN)
    body, _, mac = token.encode("ascii").partition(b".")
    if not hmac.compare_digest(mac, _mac(key, kind, body)):
        raise VerificationError("a token was not issued by this hub for this use", hint=_ASK_AGAIN)
    claims = json.loads(urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
    if now >= claims["expires"]:
        raise VerificationError(f"a token expired {now - claims['expires']:,} seconds ago", hint=_ASK_AGAIN)
    return claims


def _mac(key: bytes, kind: str, body: bytes) -> bytes:
    if len(key) < _LEAST_KEY:
        raise UsageError(f"a key of {len(key)} bytes signs nothing; at least {_LEAST_KEY} are needed")
    return urlsafe_b64encode(hmac.digest(key, kind.encode() + b"\0" + body, "sha256")).rstrip(b"=")

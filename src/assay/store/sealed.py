"""Claims that travel with a client and come back unchanged: `claims.mac`, for one use and a short time.

Claims are canonical JSON; the MAC is HMAC-SHA256 over kind and claims; each in base64url. Key and time are passed in.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

from assay.canonical import JSON, canonical_json
from assay.errors import UsageError, VerificationError

__all__ = ["seal", "unseal"]

_LEAST_KEY = 32
_LONGEST = 2048
_ASK_AGAIN = "Ask the hub for a new one."


def seal(key: bytes, kind: str, claims: JSON) -> str:
    """Return the text that carries `claims`, which must name the second since 1970 from which it is void: `expires`.

    Raises:
        UsageError: the key is shorter than 32 bytes.
    """
    body = urlsafe_b64encode(canonical_json(claims)).rstrip(b"=")
    return (body + b"." + _mac(key, kind, body)).decode("ascii")


def unseal(key: bytes, kind: str, text: str, now: int) -> JSON:
    """Return the claims that `text` carries at `now`, in seconds since 1970.

    Raises:
        UsageError: the key is shorter than 32 bytes.
        VerificationError: it was not sealed with this key for this kind, or has expired.
    """
    if len(text) > _LONGEST or not text.isascii():
        raise VerificationError("a token is too long, or not plain text", hint=_ASK_AGAIN)
    body, _, mac = text.encode("ascii").partition(b".")
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

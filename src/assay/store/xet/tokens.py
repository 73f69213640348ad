"""Short-lived rights that travel with a client: to talk to the chunk store for a repo, or to read one byte range.

Both are sealed claims (`assay.store.sealed`). Key and time are passed in.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from assay.errors import VerificationError
from assay.store.sealed import seal, unseal
from assay.store.xet.hashes import XetHash

__all__ = ["Access", "DataRange", "Scope", "issue_access", "read_access", "read_range", "sign_range"]

Scope = Literal["read", "write"]

_ACCESS, _DATA = "access/1", "data/1"


class Access(NamedTuple):
    """The right to use the chunk store for one repo; to write includes to read."""

    repo: str
    scope: Scope
    expires: int
    """In seconds since 1970."""
    account: int | None = None
    """Whose right it is; None is for those who are not signed in."""
    admin: bool = False
    """Whether that person had shown a right to run the hub."""

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
    return seal(key, _ACCESS, access._asdict())


def read_access(key: bytes, token: str, *, now: int) -> Access:
    """Return what `token` allows at `now`, in seconds since 1970.

    Raises:
        UsageError: the key is shorter than 32 bytes.
        VerificationError: the token was not issued with this key, or has expired.
    """
    return Access(**unseal(key, _ACCESS, token, now))


def sign_range(key: bytes, data: DataRange) -> str:
    """Return the token for an address from which just the bytes of `data` may be read.

    Raises:
        UsageError: the key is shorter than 32 bytes.
    """
    return seal(key, _DATA, data._asdict())


def read_range(key: bytes, token: str, *, xorb: XetHash, first: int, last: int, now: int) -> DataRange:
    """Return the right that `token` gives, which must be for just the bytes asked for.

    Raises:
        UsageError: the key is shorter than 32 bytes.
        VerificationError: the token was not issued with this key, has expired, or is for another xorb or range.
    """
    data = DataRange(**unseal(key, _DATA, token, now))
    if (data.xorb, data.first, data.last) != (xorb, first, last):
        raise VerificationError(
            f"this address is for bytes {data.first} to {data.last} of xorb {data.xorb} and no others",
            hint="Ask for just the range that came with the address.",
        )
    return data

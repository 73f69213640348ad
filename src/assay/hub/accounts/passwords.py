"""Passwords: bounded, kept as argon2id, and compared in the same time whether or not there is such a person."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from assay.errors import RequestError, UsageError

__all__ = ["LONGEST", "SHORTEST", "hash_password", "is_outdated", "matches"]

SHORTEST = 10
"""Characters."""
LONGEST = 200
"""Characters; longer ones cost time and are no safer."""

# OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
_AT_ONCE = threading.BoundedSemaphore(2)
"""Each takes 19 MiB and a core for some hundredths of a second."""
_IN_LINE = threading.BoundedSemaphore(10)
"""More do not wait: they would take the threads that everybody else is served by."""


def hash_password(password: str) -> str:
    """Return what is kept of a new password.

    Raises:
        UsageError: it is too short or too long.
        RequestError: too many passwords are being looked at.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(
            f"a password has {SHORTEST} to {LONGEST} characters", hint="Three or four words make a good one."
        )
    with _turn():
        return _HASHER.hash(_bytes(password))


def matches(kept: str | None, password: str) -> bool:
    """Say whether it is the password that was kept; None, nobody's, costs as much as any.

    Raises:
        RequestError: too many passwords are being looked at.
    """
    usable = kept is not None and len(password) <= LONGEST
    with _turn():
        try:
            return _HASHER.verify(kept if kept and usable else _nobody(), _bytes(password[:LONGEST])) and usable
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(kept: str) -> bool:
    """Say whether a password was kept with other parameters than new ones are."""
    return _HASHER.check_needs_rehash(kept)


@cache
def _nobody() -> str:
    return _HASHER.hash(b"nobody has this one")


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


@contextmanager
def _turn() -> Iterator[None]:
    if not _IN_LINE.acquire(blocking=False):
        raise RequestError(503, "Too many people sign in at this moment.", hint="Try again in a few seconds.")
    try:
        with _AT_ONCE:
            yield
    finally:
        _IN_LINE.release()

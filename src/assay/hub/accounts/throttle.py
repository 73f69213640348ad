"""Slows down those who guess passwords, without letting them keep the person out whose password it is."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

__all__ = ["KNOWN_BROWSER", "KNOWN_FOR", "Attempt", "Throttle", "known_browser"]

KNOWN_BROWSER = "assay_known"
"""A cookie of browsers in which a person signed in once: what others guess elsewhere does not slow those down."""
KNOWN_FOR = 180 * 86_400
"""Seconds that browsers keep it."""

_FREE = 5
"""Failures without a wait: for one account from one address, or in one known browser."""
_FREE_BY_ADDRESS = 50
"""Failures without a wait for all accounts together: many people may share an address."""
_LONGEST_WAIT = 300
"""Seconds."""
_FORGOTTEN = 3600
"""Seconds after the last failure."""
_MOST = 20_000
"""Counters kept; the one longest untouched makes way."""
_NETWORK = 64
"""Bits that the addresses of one IPv6 customer have in common."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who tries to sign in as whom, and from where."""

    account: str
    """The name as typed, case folded."""
    address: str
    browser: str | None = None
    """The cookie of a browser known for this account."""

    def counters(self) -> tuple[tuple[str, int], ...]:
        """Return the name of each counter of failures that this attempt has, and how many failures are free in it."""
        if self.browser is not None:
            return ((f"browser {self.browser}", _FREE),)
        network = _network(self.address)
        return (f"account {network} {self.account}", _FREE), (f"address {network}", _FREE_BY_ADDRESS)


class Throttle:
    """Failures of the last hour, in memory and bounded. Safe to share between threads."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, int]] = OrderedDict()
        """How many, and when was the last."""
        self._lock = threading.Lock()

    def enter(self, attempt: Attempt, *, now: int) -> int:
        """Return the seconds that an attempt has to wait, or 0: it may be made, and counts as failed until it is not.

        It counts from its beginning, so that many at the same moment are no way around.
        """
        with self._lock:
            wait = max(self._wait(name, free, now) for name, free in attempt.counters())
            if wait == 0:
                for name, _ in attempt.counters():
                    count, last = self._failures.pop(name, (0, now))
                    self._failures[name] = (count + 1 if now - last < _FORGOTTEN else 1, now)
                while len(self._failures) > _MOST:
                    self._failures.popitem(last=False)
            return wait

    def succeeded(self, attempt: Attempt) -> None:
        """Forget what failed for the account, but not for the address: who has an account buys no guesses with it."""
        with self._lock:
            first, *others = (name for name, _ in attempt.counters())
            self._failures.pop(first, None)
            for name in others:
                count, last = self._failures.get(name, (0, 0))
                if count:
                    self._failures[name] = (count - 1, last)

    def _wait(self, name: str, free: int, now: int) -> int:
        count, last = self._failures.get(name, (0, now))
        if count < free or now - last >= _FORGOTTEN:
            return 0
        return max(0, last + min(_LONGEST_WAIT, 1 << min(count - free, 10)) - now)


def known_browser(secret: bytes, account: str, shown: str = "") -> str | None:
    """Return `shown` when it marks a browser known for the account; with nothing shown, return a new mark."""
    number = shown.partition(".")[0] or secrets.token_hex(16)
    purpose = b"known browser\0" + account.encode("utf-8", "replace") + b"\0" + number.encode("utf-8", "replace")
    mark = f"{number}.{hmac.new(secret, purpose, hashlib.sha256).hexdigest()}"
    return mark if not shown or hmac.compare_digest(mark.encode(), shown.encode("utf-8", "replace")) else None


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed.packed[: _NETWORK // 8] + bytes(8), _NETWORK)))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)

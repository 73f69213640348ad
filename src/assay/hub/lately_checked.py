"""What was checked a moment ago need not be checked again: parts of files that nobody has touched since."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from typing import BinaryIO, NamedTuple

__all__ = ["LatelyChecked", "Part"]

_SECONDS = 600.0
_MOST = 4096


class Part(NamedTuple):
    """A part of a file as it was when it was checked; any write to the file gives it another `changed`."""

    device: int
    inode: int
    changed: int
    """Nanoseconds since 1970, kept by the kernel and out of the reach of who writes."""
    start: int
    end: int

    @classmethod
    def of(cls, file: BinaryIO, start: int, end: int) -> Part:
        """Return a part of an open file as it is now."""
        seen = os.fstat(file.fileno())
        return cls(seen.st_dev, seen.st_ino, seen.st_ctime_ns, start, end)


class LatelyChecked:
    """Remembers parts of files for ten minutes. Safe to share between threads.

    What it spares is reading hot files twice for each download. What it gives up: bytes that a disk loses without a
    write, after they were checked and had left the memory of the kernel, are found only at the next check.
    """

    def __init__(self) -> None:
        self._parts: OrderedDict[Part, float] = OrderedDict()
        self._lock = threading.Lock()

    def has(self, part: Part) -> bool:
        """Say whether these very bytes were checked lately."""
        with self._lock:
            return self._parts.get(part, 0.0) > time.monotonic()

    def add(self, part: Part) -> None:
        """Remember that these bytes were checked after `part` was made: a write meanwhile makes them another part."""
        with self._lock:
            self._parts[part] = time.monotonic() + _SECONDS
            self._parts.move_to_end(part)
            if len(self._parts) > _MOST:
                self._parts.popitem(last=False)

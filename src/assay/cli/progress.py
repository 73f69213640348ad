"""One line on stderr that says what is being read, from the second second on, only on a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

__all__ = ["Progress"]

_PAUSE = 0.1
"""Seconds between two changes of the line."""


class Progress:
    """A line that rewrites itself and disappears at the end."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._started = time.monotonic()
        self._shown = 0.0
        self._files = 0
        self._terminal = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def file(self, path: str, size: int) -> None:
        """Say that `path` of `size` bytes comes next."""
        self._files += 1
        name = "".join(char if char.isprintable() else "?" for char in path)[-48:]
        self._show(f"file {self._files:,}, {name} ({size / 1e6:,.1f} MB)")

    def sample(self, done: int, of: int) -> None:
        """Say that `done` of `of` samples were asked, and how long the rest may take."""
        left = (time.monotonic() - self._started) / done * (of - done)
        self._show(f"sample {done:,} of {of:,}, about {left:,.0f} s left")

    def evaluation(self, done: int, of: int, left: float, cost: str) -> None:
        """Say that `done` of `of` samples were answered, how many seconds are `left`, and what it cost so far."""
        self._show(f"sample {done:,} of {of:,}, about {left:,.0f} s left, {cost}")

    def step(self, done: int, of: int, loss: float) -> None:
        """Say that `done` of `of` steps of training were taken, with what loss, and how long the rest may take."""
        left = (time.monotonic() - self._started) / done * (of - done)
        self._show(f"step {done:,} of {of:,}, loss {loss:.3f}, about {left:,.0f} s left")

    def _show(self, text: str) -> None:
        now = time.monotonic()
        if self._terminal and now - self._started >= 1 and now - self._shown >= _PAUSE:
            self._shown = now
            sys.stderr.write(f"\r\x1b[K{self._what}: {text}")
            sys.stderr.flush()

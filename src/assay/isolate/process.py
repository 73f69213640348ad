"""The child as a process: started early, so that it loads while its parent does, and surely ended.

Imports next to nothing, for that reason.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from types import TracebackType
from typing import IO, BinaryIO, Self, cast

__all__ = ["EVALUATING", "READING", "Child"]

READING = "assay.isolate.child"
EVALUATING = "assay.isolate.evaluating_child"

_PASSED_ON = ("LD_LIBRARY_PATH", "SYSTEMROOT")
_WIDE = 1024 * 1024
_GRACE = 5.0
"""Seconds that a child whose pipe has closed may take to end."""
_LAST_WORDS = 64 * 1024


class Child:
    """A process that waits for one job; `entry` is the module whose `main` does it. Leaving the context ends it."""

    def __init__(self, entry: str = READING) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed on leaving
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter with fixed words
            _command(entry),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**environment, "LC_ALL": "C.UTF-8"},
            close_fds=True,
        )
        _widen(self._process.stdout)
        self.to = cast("BinaryIO", self._process.stdin)
        """Where jobs go."""
        self.source = cast("BinaryIO", self._process.stdout).fileno()
        """Where answers come from, unbuffered."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child and let go of its pipes."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # what was still to be sent has no reader any more
                    pipe.close()
        self._process.wait()
        self._errors.close()

    def end(self) -> None:
        """End the child at once, from any thread; whoever talks with it finds its pipe closed."""
        self._process.kill()

    def epitaph(self) -> str:
        """Return how the child ended, and its last line, once its pipe has closed."""
        try:
            code = self._process.wait(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            return "the child closed its pipe and hangs"
        self._errors.seek(0)
        lines = self._errors.read(_LAST_WORDS).decode("utf-8", "replace").strip().splitlines()
        if code == -signal.SIGBUS:
            return "a file became shorter while it was read"
        last = f": {lines[-1][:300]}" if lines else ""
        return f"the child was ended by signal {-code}{last}" if code < 0 else f"the child exited with {code}{last}"


def _widen(pipe: IO[bytes] | None) -> None:
    """Let as much wait in a pipe as the system allows anybody: who reads it is woken less often."""
    if pipe is not None and hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _WIDE)


def _command(entry: str) -> tuple[str, ...]:
    """Return how to start the child: no site files, no environment of Python's, no module of the current folder.

    It is told where modules lie instead, which spares it a search and other people's start-up hooks.
    """
    here = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))  # noqa: PTH120  # pathlib is slow to load
    places = [here, *(place for place in sys.path if place and place not in (here, os.getcwd()))]  # noqa: PTH109  # as above
    start = f"import sys; sys.path[:] = sys.argv[1:]; from {entry} import main; main()"
    return (sys.executable, "-I", "-S", "-c", start, *places)

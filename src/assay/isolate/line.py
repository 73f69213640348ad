"""The parent's end of the pipes to a child: frames out, frames in, never beyond a deadline."""

from __future__ import annotations

import os
import selectors
import time

from assay.canonical import JSON
from assay.errors import IsolationError
from assay.isolate.frames import Frame, Kind, read_frame, write_frame
from assay.isolate.process import Child

__all__ = ["GoneError", "Line"]

_PIECE = 1024 * 1024


class GoneError(Exception):
    """The child's pipe ended before the answer."""


class Line:
    """A conversation with one child; `seconds` is how long it may be silent at first."""

    def __init__(self, child: Child, seconds: float) -> None:
        self._to = child.to
        # Read unbuffered: bytes that wait in a buffer of Python's would be invisible to the selector.
        self._from = child.source
        self._ahead = bytearray()
        """What has come beyond the frame before."""
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._from, selectors.EVENT_READ)
        self._deadline = time.monotonic() + seconds

    def close(self) -> None:
        """Stop listening; the pipes stay the child's."""
        self._selector.close()

    def allow(self, seconds: float) -> None:
        """Let the child take `seconds` from now on."""
        self._deadline = time.monotonic() + seconds

    def extend(self, seconds: float) -> None:
        """Let the child take `seconds` more."""
        self._deadline += seconds

    def send(self, kind: Kind, body: bytes | JSON) -> None:
        """Send one frame.

        Raises:
            GoneError: nobody reads it.
        """
        try:
            write_frame(self._to, kind, body)
        except BrokenPipeError:
            raise GoneError from None

    def next(self) -> Frame:
        """Wait for the next frame.

        Raises:
            GoneError: the pipe ended.
            IsolationError: the deadline passed, or what came is no frame.
        """
        frame = read_frame(self._read)
        if frame is None:
            raise GoneError
        return frame

    def _read(self, length: int) -> bytes:
        while len(self._ahead) < length:
            if not self._selector.select(max(0.0, self._deadline - time.monotonic())):
                raise IsolationError(
                    "it took longer than the time limit",
                    hint="Raise the limit with --timeout, or use a faster machine.",
                )
            piece = os.read(self._from, _PIECE)
            if not piece:
                break
            self._ahead += piece
        data = bytes(self._ahead[:length])
        del self._ahead[:length]
        return data

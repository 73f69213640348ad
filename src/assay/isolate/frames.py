"""What parent and child say to each other over two pipes: a letter, a length, bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from enum import Enum
from typing import BinaryIO, NamedTuple

from assay import errors
from assay.canonical import JSON
from assay.errors import AssayError, IsolationError

__all__ = ["Frame", "Kind", "error_from_json", "error_to_json", "read_frame", "write_frame"]

MAX_FRAME = 512 * 1024 * 1024
_HEADER = struct.Struct(">cI")


class Kind(Enum):
    """What a frame carries."""

    JOB = b"J"
    """Parent: what to judge, as JSON."""
    FILE = b"F"
    """Child: `[path, size]` of the file it turns to, as JSON."""
    WANT = b"W"
    """Child: `[index of the entry, offset, length]` of bytes it wants from a source that the parent holds, as JSON."""
    DATA = b"D"
    """Parent: the bytes wanted."""
    SAMPLE = b"N"
    """Child: `[samples done, samples in all]`, as JSON."""
    FRESH = b"O"
    """Child: new observations by key, as JSON."""
    STATEMENT = b"S"
    """Child: the statement's bytes, or a result as JSON; the last frame of a success."""
    ERROR = b"E"
    """Either: an error, as JSON; the last frame of a failure when the child sends it."""


class Frame(NamedTuple):
    """One message."""

    kind: Kind
    body: bytes

    def json(self) -> JSON:
        """Return the body as JSON.

        Raises:
            IsolationError: it is none.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise IsolationError(f"the child sent a malformed {self.kind.name.lower()} frame: {error}") from error

    def values(self, *types: type) -> list[JSON]:
        """Return the body as a list of just these types.

        Raises:
            IsolationError: it is none.
        """
        data = self.json()
        fits = isinstance(data, list) and len(data) == len(types)
        if not fits or not all(type(item) is kind for item, kind in zip(data, types, strict=True)):
            raise IsolationError(f"the child sent a malformed {self.kind.name.lower()} frame")
        return list(data)


def write_frame(pipe: BinaryIO, kind: Kind, body: bytes | JSON) -> None:
    """Write one frame and flush; a body that is not bytes is written as JSON."""
    # As ASCII, so that a path which is not UTF-8 comes back as it was.
    data = body if isinstance(body, bytes) else json.dumps(body).encode("ascii")
    pipe.write(_HEADER.pack(kind.value, len(data)) + data)
    pipe.flush()


def read_frame(read: Callable[[int], bytes]) -> Frame | None:
    """Return the next frame; None at the end of the pipe. `read(n)` gives `n` bytes, fewer only at the end.

    Raises:
        IsolationError: what comes is no frame, or too long.
    """
    header = read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    letter, length = _HEADER.unpack(header)
    try:
        kind = Kind(letter)
    except ValueError:
        raise IsolationError(f"the child sent a frame of unknown kind {letter!r}") from None
    if length > MAX_FRAME:
        raise IsolationError(f"the child sent a frame of {length:,} bytes; at most {MAX_FRAME:,} are taken")
    body = read(length)
    return Frame(kind, body) if len(body) == length else None


def error_to_json(error: AssayError) -> JSON:
    """Return `error` as JSON, to be raised again on the other side."""
    return {"type": type(error).__name__, "message": str(error), "hint": error.hint()}


def error_from_json(data: JSON) -> AssayError:
    """Return the error that `error_to_json` wrote; an `IsolationError` when it is none of ours."""
    kind = getattr(errors, str(data.get("type")), None) if isinstance(data, dict) else None
    if not (isinstance(kind, type) and issubclass(kind, AssayError)):
        return IsolationError(f"the child failed: {str(data)[:500]}")
    return kind(str(data.get("message")), hint=str(data.get("hint", "")))

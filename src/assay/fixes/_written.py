"""Files that are copied or read back piece by piece, and digested on the way."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from assay.artifact.blob import Blob, FileBlob, pieces
from assay.errors import FixError

__all__ = ["copy", "opened", "writing"]


def copy(blob: Blob, file: Path) -> str:
    """Write `blob` as a new file and return the SHA-256 of what was written, in hex.

    Raises:
        FixError: it cannot be written.
        ReadError: the blob ends before its size.
    """
    hasher = hashlib.sha256()
    with writing(file) as out:
        for piece in pieces(blob, file.name):
            hasher.update(piece)
            out.write(piece)
    return hasher.hexdigest()


@contextmanager
def writing(file: Path) -> Iterator[BinaryIO]:
    """Make a new file, and its folders, to be written.

    Raises:
        FixError: it cannot be made or written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as out:
            yield out
    except OSError as error:
        # Said here: around this a source is open, which would take the error for one of reading.
        raise FixError(
            f"cannot write {file.name}: {error.strerror}", hint="See that there is room, and try again."
        ) from error


@contextmanager
def opened(file: Path) -> Iterator[Blob]:
    """Open a file that was just written.

    Raises:
        OSError: it cannot be opened.
    """
    fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield FileBlob(fd, os.fstat(fd).st_size)
    finally:
        os.close(fd)

"""Digests of files that were just written, and copies that are digested on the way."""

from __future__ import annotations

import hashlib
from pathlib import Path

from assay.artifact.blob import Blob, read_exactly

__all__ = ["copy", "sha256_of"]

_PIECE = 1024 * 1024


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file in hex.

    Raises:
        OSError: it cannot be read.
    """
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def copy(blob: Blob, file: Path) -> str:
    """Write `blob` as a new file and return the SHA-256 of what was written, in hex.

    Raises:
        OSError: it cannot be written.
        ReadError: the blob ends before its size.
    """
    hasher = hashlib.sha256()
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("xb") as out:
        for at in range(0, blob.size, _PIECE):
            piece = read_exactly(blob, at, min(_PIECE, blob.size - at), file.name)
            hasher.update(piece)
            out.write(piece)
    return hasher.hexdigest()

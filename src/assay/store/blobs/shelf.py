"""What a place must be able to do so that blobs can be kept there; it need not know what a digest is."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

from assay.artifact.blob import Blob

__all__ = ["NO_ROOM", "Draft", "Listed", "Shelf"]

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What a system says when a disk, a quota or a limit is full."""


class Listed(NamedTuple):
    """A blob as a listing shows it."""

    sha256: str
    size: int
    """Length in bytes of what lies there, unchecked."""
    modified: float
    """When it was last written, in Unix seconds: a new upload of the same bytes renews it."""


class Draft(Protocol):
    """Bytes that are on their way; nobody sees them before `publish`."""

    def write(self, data: bytes | memoryview) -> None:
        """Append `data`, which the caller may change afterwards.

        Raises:
            NoSpaceError: there is no room.
            StoreError: it cannot be written.
        """
        ...

    def publish(self, sha256: str) -> None:
        """Make all of it visible under `sha256` at once, in place of what was there, and durable.

        Raises:
            NoSpaceError: there is no room.
            StoreError: it cannot be written.
        """
        ...

    def discard(self) -> None:
        """Drop what was written, unless it was published; may be called again."""
        ...


class Shelf(Protocol):
    """A place that keeps bytes, and a small tree beside them, by SHA-256 in lower-case hex."""

    def draft(self, sha256: str | None, size: int | None) -> Draft:
        """Begin to write; the digest and the size in bytes are those that the sender claims, when known.

        Raises:
            NoSpaceError: there is no room for `size` bytes.
            StoreError: it cannot be written.
        """
        ...

    def size(self, sha256: str) -> int | None:
        """Return the length in bytes of what lies there, None when nothing does."""
        ...

    def open(self, sha256: str) -> AbstractContextManager[Blob]:
        """Open what lies there, unchecked.

        Raises:
            NotFoundError: nothing does.
            StoreError: it cannot be opened.
        """
        ...

    def tree(self, sha256: str) -> bytes | None:
        """Return the tree that lies beside it, None when there is none."""
        ...

    def put_tree(self, sha256: str, data: bytes) -> None:
        """Lay a tree beside it, in place of what was there.

        Raises:
            StoreError: it cannot be written.
        """
        ...

    def delete(self, sha256: str) -> None:
        """Remove it and its tree, if they are there.

        Raises:
            StoreError: it cannot be removed.
        """
        ...

    def list(self) -> Iterator[Listed]:
        """Yield everything that is visible, by digest."""
        ...

    def clean(self, before: float) -> int:
        """Remove what uploads that died left behind, if it was last written before `before` (Unix seconds).

        Return how many things were removed.
        """
        ...

    def path(self, sha256: str) -> Path | None:
        """Return the file that holds it, None where blobs are no files of this machine."""
        ...

    def presigned(self, sha256: str, seconds: int) -> str | None:
        """Return an address that anyone may read it from for so long, None where there is no such thing."""
        ...

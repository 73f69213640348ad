"""Where an artifact comes from: a folder, a file, a Hugging Face cache snapshot, a bundle, a repo on a hub."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from assay.artifact.blob import Blob

__all__ = ["Entry", "Source"]


class Entry(NamedTuple):
    """One file as its source lists it, before a byte is read."""

    path: str
    size: int
    sha256: str | None = None
    """Lower-case hex, claimed by the source; None when it claims nothing."""
    git_oid: str | None = None
    """SHA-1 of the git blob, claimed by the source."""


class Source(Protocol):
    """A revision that can be listed and read. Names of entries are already checked to be carriable."""

    @property
    def kind(self) -> str:
        """`folder`, `file`, `snapshot`, `bundle` or `hub`."""
        ...

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def git_commit(self) -> str | None:
        """The commit a hub names."""
        ...

    @property
    def whole(self) -> bool:
        """True: every byte is read and hashed. False: only ranges are read, digests are what the source claims."""
        ...

    def entries(self) -> list[Entry]:
        """Return every file, sorted by the bytes of its path.

        Raises:
            SourceError: something cannot be listed or named.
        """
        ...

    def open(self, entry: Entry) -> AbstractContextManager[Blob]:
        """Open one file for reading; leaving the context checks that it did not change meanwhile.

        Raises:
            SourceError: it cannot be opened, or changed.
        """
        ...

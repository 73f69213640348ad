"""A bundle as something to be judged: its artifact's files, read where they lie in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.artifact.blob import Blob, FileBlob, SliceBlob
from assay.artifact.sources import Entry
from assay.errors import PathError
from assay.exchange.bundle import read_bundle
from assay.exchange.index import INDEX

__all__ = ["BundleSource", "is_bundle"]


class BundleSource:
    """The revision that a bundle carries, of which every bit was checked; its evidence comes with it."""

    kind = "bundle"
    git_commit = None
    whole = True

    def __init__(self, path: Path, *, on_member: Callable[[str, int], None] | None = None) -> None:
        """Check the bundle at `path`.

        Raises:
            BundleError: it is not exactly what its packer signed.
        """
        self.name = path.name
        self._path = path
        bundle = read_bundle(path, on_member=on_member)
        self.evidence = bundle.evidence
        """What is said about the revision, signatures checked."""
        self._places = bundle.places()

    def entries(self) -> list[Entry]:
        """Return every file of the artifact, with the digest that was checked."""
        return [Entry(path, member.size, member.sha256) for path, (member, _) in self._places.items()]

    @contextmanager
    def open(self, entry: Entry) -> Iterator[Blob]:
        """Open one file.

        Raises:
            PathError: the bundle cannot be opened any more.
        """
        try:
            fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise PathError(f"cannot open {self._path}: {error.strerror}") from error
        try:
            member, offset = self._places[entry.path]
            yield SliceBlob(FileBlob(fd, os.fstat(fd).st_size), offset, member.size)
        finally:
            os.close(fd)


def is_bundle(path: Path) -> bool:
    """Say whether the file at `path` begins as a bundle does."""
    try:
        with path.open("rb") as file:
            return file.read(len(INDEX) + 1) == INDEX.encode() + b"\0"
    except OSError:
        return False

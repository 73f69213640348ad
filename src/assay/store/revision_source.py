"""One commit of a hosted repo as something to be judged: small files from git, large ones from where blobs are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from assay.artifact.blob import Blob, BytesBlob
from assay.artifact.sources import Entry
from assay.artifact.sources.local import LEFT_OUT
from assay.errors import CorruptError, NotFoundError, PathError
from assay.store.database import Database
from assay.store.git.objects import Mode, Oid
from assay.store.git.reading import commit_row
from assay.store.git.rows import Objects
from assay.store.git.trees import files_in

__all__ = ["BlobStore", "RevisionSource"]


class BlobStore(Protocol):
    """Files by the SHA-256 of their content."""

    def size(self, sha256: str) -> int:
        """Return the length in bytes.

        Raises:
            NotFoundError: it is not kept here.
        """
        ...

    def open(self, sha256: str) -> AbstractContextManager[Blob]:
        """Open one file for reading.

        Raises:
            NotFoundError: it is not kept here.
            CorruptError: the stored bytes are others; reading may raise it too.
        """
        ...


class RevisionSource:
    """The files of one commit with their real content, never a pointer."""

    kind = "revision"
    whole = True

    def __init__(self, database: Database, blobs: BlobStore, repo_id: int, commit: Oid, name: str) -> None:
        self.name = name
        self.git_commit = commit
        self._database = database
        self._blobs = blobs
        self._repo_id = repo_id
        self._in_git: dict[str, Oid] = {}

    def entries(self) -> list[Entry]:
        """Return every file of the artifact, sorted by the bytes of its path, with the digest it was stored under.

        Raises:
            NotFoundError: the repo does not have the commit.
            CorruptError: what is stored does not fit together.
            PathError: the tree holds what is no file.
        """
        with self._database.read() as connection:
            objects = Objects(connection)
            tree = commit_row(connection, self._repo_id, self.git_commit).tree
            files = [(path, entry) for path, entry in files_in(objects, tree) if not _left_out(path)]
            facts = objects.blob_facts(entry.oid for _, entry in files)
        entries = []
        for path, entry in files:
            if entry.mode not in (Mode.FILE, Mode.EXECUTABLE):
                raise PathError(f"{path} is a symbolic link or a submodule", hint="Replace it by the file itself.")
            known = facts.get(entry.oid)
            if known is None:
                raise CorruptError(f"the content of {path} is not stored", hint="Restore it from a backup.")
            if known.pointer is None:
                self._in_git[path] = entry.oid
            entries.append(Entry(path, known.size, known.sha256, None if known.pointer else str(entry.oid)))
        return sorted(entries, key=lambda entry: entry.path.encode())

    @contextmanager
    def open(self, entry: Entry) -> Iterator[Blob]:
        """Open one file that `entries` listed.

        Raises:
            PathError: its bytes are not stored.
            CorruptError: the stored bytes are others.
        """
        oid = self._in_git.get(entry.path)
        if oid is not None:
            with self._database.read() as connection:
                data = Objects(connection).blob(oid)
            yield BytesBlob(data)
            return
        assert entry.sha256 is not None
        try:
            size = self._blobs.size(entry.sha256)
        except NotFoundError as error:
            raise PathError(f"the content of {entry.path} is not stored", hint="Upload it again.") from error
        if size != entry.size:
            raise CorruptError(f"{entry.path} is stored with {size:,} bytes; its pointer says {entry.size:,}")
        with self._blobs.open(entry.sha256) as blob:
            yield blob


def _left_out(path: str) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in LEFT_OUT)

"""Large files by SHA-256, however they are stored: as one blob, or as chunks that many files share."""

from __future__ import annotations

import re
import struct
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import NamedTuple, Self

from sqlalchemy import Connection, bindparam, select

from assay.artifact.blob import Blob
from assay.errors import CorruptError, NotFoundError
from assay.store.blobs import BlobStore
from assay.store.database import Database, insert_missing
from assay.store.git.rows import batches
from assay.store.tables import content, xet_file, xet_xorb
from assay.store.xet.files import Reassembled, StoredXorb, VerifiedFile
from assay.store.xet.hashes import XetHash, digest_of, hash_of
from assay.store.xet.shard import Term
from assay.store.xet.xorb import Xorb

__all__ = [
    "Content",
    "Contents",
    "OpenXorbs",
    "add_file",
    "add_flat",
    "find_content",
    "is_sha256",
    "terms_of",
    "xet_of",
    "xorb_row",
]

# Put together once: this is asked with every file.
_CONTENT = select(content.c.sha256, content.c.size, content.c.xet).where(content.c.sha256 == bindparam("sha256"))
_SHA256 = re.compile("[0-9a-f]{64}")
_TERM = struct.Struct("<32sIII")
_KEPT_OPEN = 8
"""Xorbs of one file that are open at once."""


class Content(NamedTuple):
    """A large file that is stored."""

    sha256: str
    size: int
    """Bytes."""
    xet: XetHash | None
    """Its file hash where it is made of chunks; None where it is one blob."""


def is_sha256(text: str) -> bool:
    """Say whether `text` has the one form in which a content is named here: lower-case hex."""
    return _SHA256.fullmatch(text) is not None


def find_content(connection: Connection, sha256: str) -> Content | None:
    """Return what is known of a file; None when it is not stored."""
    row = connection.execute(_CONTENT, {"sha256": sha256}).first()
    return None if row is None else Content(row.sha256, row.size, None if row.xet is None else XetHash(row.xet))


def add_flat(connection: Connection, sha256: str, size: int) -> None:
    """Record that a blob of the content store is a large file."""
    insert_missing(connection, content, [{"sha256": sha256, "size": size, "xet": None}])


def add_file(connection: Connection, file: VerifiedFile) -> None:
    """Record a file made of chunks, every hash of which was computed from stored bytes."""
    packed = b"".join(_TERM.pack(digest_of(term.xorb), *term[1:]) for term in file.terms)
    row = {"hash": file.hash, "sha256": file.sha256, "size": file.size, "terms": packed}
    insert_missing(connection, xet_file, [row])
    insert_missing(connection, content, [{"sha256": file.sha256, "size": file.size, "xet": file.hash}])


def terms_of(connection: Connection, file: XetHash) -> tuple[Term, ...]:
    """Return the runs of chunks that make a file.

    Raises:
        NotFoundError: no such file is known.
    """
    packed = connection.execute(select(xet_file.c.terms).where(xet_file.c.hash == file)).scalar_one_or_none()
    if packed is None:
        raise NotFoundError(f"there is no file {file}")
    return tuple(Term(hash_of(digest), *rest) for digest, *rest in _TERM.iter_unpack(packed))


def xet_of(connection: Connection, sha256s: Iterable[str]) -> list[XetHash]:
    """Return the file hashes of those contents that are made of chunks."""
    found: list[XetHash] = []
    for batch in batches(sorted(set(sha256s))):
        made = select(content.c.xet).where(content.c.sha256.in_(batch), content.c.xet.is_not(None))
        found += [XetHash(file) for file in connection.execute(made).scalars()]
    return found


def xorb_row(connection: Connection, name: XetHash) -> tuple[str, Xorb]:
    """Return the SHA-256 of the blob that holds a xorb, and the table of its chunks.

    Raises:
        NotFoundError: no such xorb is stored.
        CorruptError: the table is damaged.
    """
    row = connection.execute(select(xet_xorb.c.blob, xet_xorb.c.chunks).where(xet_xorb.c.hash == name)).first()
    if row is None:
        raise NotFoundError(f"there is no xorb {name}")
    return row.blob, Xorb.from_bytes(row.chunks, name)


class OpenXorbs:
    """Opens stored xorbs and keeps the last few open, however many a file is made of. It belongs to one thread."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database = database
        self._blobs = blobs
        self._open: OrderedDict[XetHash, tuple[StoredXorb, ExitStack]] = OrderedDict()

    def fetch(self, name: XetHash) -> StoredXorb:
        """Return a xorb, to be used until another one is fetched.

        Raises:
            NotFoundError: it is not stored.
            CorruptError: it is damaged.
        """
        if name in self._open:
            self._open.move_to_end(name)
            return self._open[name][0]
        with self._database.read() as connection:
            sha256, xorb = xorb_row(connection, name)
        with ExitStack() as stack:
            stored = StoredXorb(stack.enter_context(self._blobs.open(sha256)), xorb)
            self._open[name] = (stored, stack.pop_all())
        while len(self._open) > _KEPT_OPEN:
            self._open.popitem(last=False)[1][1].close()
        return stored

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._open:
            self._open.popitem()[1][1].close()


class Contents:
    """Reads large files. Safe to share between threads; what `open` gives belongs to one."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database = database
        self._blobs = blobs

    def find(self, sha256: str) -> Content:
        """Return what is known of a file.

        Raises:
            NotFoundError: it is not stored.
        """
        with self._database.read() as connection:
            found = find_content(connection, sha256)
        if found is None:
            raise NotFoundError(f"the content {sha256} is not stored")
        return found

    def size(self, sha256: str) -> int:
        """Return the length of a file in bytes; raises as `find` does."""
        return self.find(sha256).size

    @contextmanager
    def open(self, file: str | Content) -> Iterator[Blob]:
        """Open a file, named by its SHA-256, at any place; every byte is checked before it is handed out.

        Raises:
            NotFoundError: it is not stored.
            CorruptError: the stored bytes are others; reading may raise it too.
        """
        found = self.find(file) if isinstance(file, str) else file
        if found.xet is None:
            with self._blobs.open(found.sha256) as blob:
                yield blob
            return
        with self._database.read() as connection:
            terms = terms_of(connection, found.xet)
        with OpenXorbs(self._database, self._blobs) as xorbs:
            whole = Reassembled(terms, xorbs.fetch)
            if whole.size != found.size:
                raise CorruptError(f"{found.sha256} is stored with {whole.size:,} bytes instead of {found.size:,}")
            yield whole

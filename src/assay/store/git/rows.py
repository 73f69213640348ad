"""Git objects as rows: read in batches and checked, remembered for one transaction, written together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, bindparam, select

from assay.canonical import sha256_hex
from assay.errors import CorruptError, NotFoundError, ReadError
from assay.store.database import insert_missing
from assay.store.git.objects import (
    EMPTY_TREE,
    Commit,
    Kind,
    Oid,
    TreeEntry,
    decode_commit,
    decode_tree,
    encode_commit,
    encode_tree,
    object_id,
)
from assay.store.git.pointer import LONGEST_POINTER, Pointer, parse_pointer
from assay.store.tables import git_object

__all__ = ["BlobFacts", "Objects", "batches"]

T = TypeVar("T")

_BATCH = 500
"""Keys in one question to the database."""

_THESE = git_object.c.oid.in_(bindparam("oids", expanding=True))
# Put together once: these are asked for with every file.
_DATA = select(git_object.c.oid, git_object.c.data).where(_THESE, git_object.c.kind == bindparam("kind"))
_FACTS = select(
    git_object.c.oid, git_object.c.size, git_object.c.sha256, git_object.c.lfs_sha256, git_object.c.lfs_size
).where(_THESE, git_object.c.kind == Kind.BLOB.value)


class BlobFacts(NamedTuple):
    """What is known of a file without reading it."""

    size: int
    """Bytes of the file itself, also where git holds only a pointer to it."""
    sha256: str
    """Of the file itself."""
    pointer: Pointer | None


class Objects:
    """The objects of all repos, through one connection. Not safe to share between threads."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._trees: dict[Oid, tuple[TreeEntry, ...]] = {EMPTY_TREE: ()}
        self._new: dict[Oid, tuple[Kind, bytes]] = {}

    def read(self, kind: Kind, oids: Iterable[Oid]) -> Iterator[tuple[Oid, bytes]]:
        """Yield each object and its bytes, in no particular order.

        Raises:
            NotFoundError: one is not there, or of another kind.
            CorruptError: stored bytes are not what their name says.
        """
        for batch in batches(sorted(set(oids))):
            rows = self.connection.execute(_DATA, {"kind": kind.value, "oids": batch})
            found = {Oid(oid): bytes(data) for oid, data in rows}
            for oid in batch:
                if oid not in found:
                    raise NotFoundError(f"there is no {kind} {oid}")
                if object_id(kind, found[oid]) != oid:
                    raise CorruptError(f"the stored bytes of {kind} {oid} changed", hint="Restore it from a backup.")
                yield oid, found[oid]

    def blob(self, oid: Oid) -> bytes:
        """Return the bytes of one blob; raises as `read` does."""
        return next(self.read(Kind.BLOB, [oid]))[1]

    def commit(self, oid: Oid) -> Commit:
        """Return one commit; raises as `read` does."""
        return _decoded(decode_commit, oid, next(self.read(Kind.COMMIT, [oid]))[1])

    def load_trees(self, oids: Iterable[Oid]) -> None:
        """Bring these folders in few questions, so that `tree` has them at hand; raises as `read` does."""
        for oid, data in self.read(Kind.TREE, [oid for oid in oids if oid not in self._trees]):
            self._trees[oid] = _decoded(decode_tree, oid, data)

    def tree(self, oid: Oid) -> tuple[TreeEntry, ...]:
        """Return the entries of one folder in git's order; raises as `read` does."""
        if oid not in self._trees:
            self.load_trees([oid])
        return self._trees[oid]

    def blob_facts(self, oids: Iterable[Oid]) -> dict[Oid, BlobFacts]:
        """Return what is known of each blob; those that are not there are left out."""
        facts = {}
        for batch in batches(sorted(set(oids))):
            for oid, size, sha256, lfs_sha256, lfs_size in self.connection.execute(_FACTS, {"oids": batch}):
                pointer = None if lfs_sha256 is None else Pointer(lfs_sha256, lfs_size)
                facts[oid] = (
                    BlobFacts(pointer.size, pointer.sha256, pointer) if pointer else BlobFacts(size, sha256, None)
                )
        return facts

    def add_blob(self, data: bytes) -> Oid:
        """Keep a blob for `write`."""
        return self._add(Kind.BLOB, data)

    def add_tree(self, entries: Iterable[TreeEntry]) -> Oid:
        """Keep a folder for `write`."""
        ordered = tuple(sorted(entries, key=lambda entry: entry.key))
        oid = self._add(Kind.TREE, encode_tree(ordered))
        self._trees[oid] = ordered
        return oid

    def add_commit(self, commit: Commit) -> Oid:
        """Keep a commit for `write`; raises `UsageError` as `encode_commit` does."""
        return self._add(Kind.COMMIT, encode_commit(commit))

    def write(self) -> None:
        """Write what was added and is not there yet.

        Raises:
            CorruptError: other content is stored under the name of one of them.
        """
        # In order of name: two transactions that write the same objects then wait for, and never block, each other.
        for batch in batches(sorted(self._new)):
            known = self._compare(batch)
            rows = [_row(oid, *self._new[oid]) for oid in batch if oid not in known]
            if insert_missing(self.connection, git_object, rows) != len(rows):
                self._compare(batch)
        self._new.clear()

    def _add(self, kind: Kind, data: bytes) -> Oid:
        oid = object_id(kind, data)
        self._new[oid] = (kind, data)
        return oid

    def _compare(self, oids: list[Oid]) -> set[Oid]:
        """Return which of the new objects are stored; SHA-1 alone does not tell that they have the same content."""
        rows = self.connection.execute(
            select(git_object.c.oid, git_object.c.sha256).where(git_object.c.oid.in_(oids))
        ).all()
        for oid, sha256 in rows:
            if sha256_hex(self._new[oid][1]) != sha256:
                raise CorruptError(
                    f"two contents have the git id {oid}: somebody made them so",
                    hint="Change a byte of the file, or keep it in LFS, where SHA-256 names it.",
                )
        return {Oid(oid) for oid, _ in rows}


def batches(items: Iterable[T], size: int = _BATCH) -> Iterator[list[T]]:
    """Yield lists of at most `size` items."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _row(oid: Oid, kind: Kind, data: bytes) -> dict[str, object]:
    pointer = parse_pointer(data) if kind is Kind.BLOB and len(data) < LONGEST_POINTER else None
    return {
        "oid": oid,
        "kind": kind.value,
        "size": len(data),
        "sha256": sha256_hex(data),
        "lfs_sha256": pointer and pointer.sha256,
        "lfs_size": pointer and pointer.size,
        "data": data,
    }


def _decoded(decode: Callable[[bytes], T], oid: Oid, data: bytes) -> T:
    try:
        return decode(data)
    except ReadError as error:
        raise CorruptError(f"{oid}: {error}") from error

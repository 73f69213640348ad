"""From what was sent to a commit: changes gathered in bounded memory, rights to contents checked, one transaction."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from assay.artifact.blob import Blob, pieces
from assay.errors import ConflictError, NotFoundError, RequestError, UsageError
from assay.hub.accounts.roles import Caller, visible_repos
from assay.hub.answers import revision_not_found
from assay.hub.node import Node
from assay.hub.placing import is_large
from assay.store.attempts import want
from assay.store.contents import add_flat, is_sha256, terms_of, xet_of
from assay.store.git.commits import MAX_BLOB, Change, Link, Write, commit
from assay.store.git.objects import Oid, Signature, is_oid
from assay.store.git.pointer import Pointer, looks_like_pointer
from assay.store.git.refs import tip
from assay.store.git.rows import Objects
from assay.store.git.trees import Delete, Put
from assay.store.holdings import Held, commit_xorbs, hold, mark_committed, usable, usable_xorbs
from assay.store.repos import Repo
from assay.store.xet.hashes import XetHash

__all__ = ["MAX_CHANGES", "Draft", "branch_ref", "push"]

MAX_CHANGES = 25_000
"""Files in one commit."""
_PENDING = 8 * 1024 * 1024
"""Bytes of small files kept in memory before they are written to the database, where nothing names them yet."""
_SAMPLE = 512
_LONGEST_MESSAGE = 65_536


class _Claimed(NamedTuple):
    """A large content that a commit names."""

    sha256: str
    size: int | None
    """As the client says; None where it leaves that to us."""


class Draft:
    """The changes of one commit, gathered one by one. Not safe to share between threads."""

    def __init__(self, node: Node, repo: Repo, caller: Caller) -> None:
        self.node = node
        self.repo = repo
        self.caller = caller
        self._changes: dict[str, Change] = {}
        self._large: dict[str, _Claimed] = {}
        self._pending: dict[str, bytes] = {}
        self._pending_size = 0
        self.message = ""
        self.parent: Oid | None = None

    def write(self, path: str, data: bytes) -> None:
        """Add a small file, or replace one.

        Raises:
            RequestError: it is too large for git, or too many changes came.
            StoreError: it cannot be kept.
        """
        if len(data) > MAX_BLOB or looks_like_pointer(data):
            self._changes[path] = Write(data)  # refused by `commit`, in its own words
            return
        self._count(path)
        self._pending[path] = data
        self._pending_size += len(data)
        if self._pending_size > _PENDING:
            self._keep_pending()

    def link(self, path: str, sha256: str, size: int | None) -> None:
        """Add a large file that was uploaded before; its size in bytes is looked up where it is None."""
        self._count(path)
        self._large[path] = _Claimed(sha256, size)

    def add(self, path: str, blob: Blob) -> None:
        """Add a file whose bytes are here: a small one to git, a large one to the content store.

        Raises:
            RequestError: too many changes came.
            ReadError: the blob ends before its size.
            StoreError: it cannot be kept.
        """
        if not is_large(path, blob.size, blob.read_at(0, _SAMPLE)):
            self.write(path, blob.read_at(0, blob.size))
            return
        with self.node.blobs.writer(expected_size=blob.size) as writer:
            for piece in pieces(blob, path):
                writer.write(piece)
            stored = writer.commit()
        with self.node.database.write() as connection:
            add_flat(connection, *stored)
            hold(connection, self.repo.id, [Held(*stored)])
        self.link(path, *stored)

    def delete(self, path: str, *, folder: bool) -> None:
        """Remove a folder with all that is in it, or what is at the path: clients name folders as files too."""
        self._count(path)
        self._changes[path.strip("/")] = Delete.FOLDER if folder else Delete.EITHER

    def entitle(self, summary: str, description: str = "", parent: str | None = None) -> None:
        """Say what the commit is for, and which commit its author built on.

        Raises:
            UsageError: there is no summary, it is too long, or the parent is no commit id.
        """
        if not summary.strip():
            raise UsageError("a commit needs a summary")
        message = f"{summary.strip()}\n\n{description.strip()}".strip()
        if len(message) > _LONGEST_MESSAGE:
            raise UsageError(f"a commit message has {len(message):,} characters; at most {_LONGEST_MESSAGE:,} are kept")
        if parent is not None and not is_oid(parent):
            raise UsageError(f"the parent {parent[:60]!r} is no full commit id")
        self.message, self.parent = message, None if parent is None else Oid(parent)

    def _count(self, path: str) -> None:
        for earlier in (self._changes, self._large, self._pending):
            earlier.pop(path, None)
        if len(self._changes) + len(self._large) + len(self._pending) >= MAX_CHANGES:
            raise RequestError(413, f"one commit changes at most {MAX_CHANGES:,} files", hint="Send several commits.")

    def _keep_pending(self) -> None:
        pending, self._pending, self._pending_size = self._pending, {}, 0

        def work(connection: Connection) -> dict[str, Change]:
            objects = Objects(connection)
            kept: dict[str, Change] = {path: Put(objects.add_blob(data)) for path, data in pending.items()}
            objects.write()
            return kept

        self._changes.update(self.node.database.transact(work))

    def changes(self, connection: Connection) -> dict[str, Change]:
        """Return every change, once it is sure that the caller may name each large content in this repo.

        Raises:
            RequestError: a large content was never uploaded here, or has another size.
        """
        wanted = {one.sha256 for one in self._large.values() if is_sha256(one.sha256)}
        held = usable(connection, self.repo.id, wanted, visible_repos(self.caller))
        for path, one in self._large.items():
            found = held.get(one.sha256)
            if found is None or one.size not in (None, found.size):
                raise RequestError(
                    400,
                    f"{path[:200]!r} names content {one.sha256[:64]!r} that was not uploaded to {self.repo.full_name}",
                    hint="Upload the file first, then commit.",
                )
        hold(connection, self.repo.id, held.values())
        mark_committed(connection, self.repo.id, held)
        self._commit_xorbs(connection, held)
        links = {path: Link(Pointer(*held[one.sha256])) for path, one in self._large.items()}
        small = {path: Write(data) for path, data in self._pending.items()}
        return {**self._changes, **small, **links}

    def _commit_xorbs(self, connection: Connection, held: dict[str, Held]) -> None:
        """Share xorbs that the caller has; the same file may lie in one of which the rest is nobody's business here."""
        xorbs = _xorbs(connection, held)
        known = usable_xorbs(connection, self.repo.id, xorbs, visible_repos(self.caller), self.caller.id)
        commit_xorbs(connection, self.repo.id, known)


def push(draft: Draft, ref: str) -> Oid:
    """Commit a draft to the ref with this full name and return the commit's id; from then on it is to be assessed.

    Raises:
        RequestError: the branch is not there, has moved on since `draft.parent`, or a content may not be named.
        AssayError: as `assay.store.git.commits.commit`.
    """
    node, repo = draft.node, draft.repo
    author = Signature(draft.caller.name, "", node.now())

    def work(connection: Connection) -> Oid:
        if tip(connection, repo.id, ref) is None:
            raise revision_not_found(ref)
        changes = draft.changes(connection)
        try:
            oid = commit(connection, repo.id, ref, draft.parent, changes, author=author, message=draft.message)
        except NotFoundError as error:
            raise RequestError(404, f"A file with this name doesn't exist: {error}", code="EntryNotFound") from error
        want(connection, repo.id, oid, now=node.now())
        return oid

    try:
        oid = node.database.transact(work)
    except ConflictError as error:
        if draft.parent is None:
            raise
        raise RequestError(
            412, f"The branch was updated since you opened this page. Please refresh and try again. ({error})"
        ) from error
    node.wanted.set()
    return oid


def branch_ref(revision: str) -> str:
    """Return the full name of the ref that a revision in an address names."""
    return revision if revision.startswith("refs/") else f"refs/heads/{revision}"


def _xorbs(connection: Connection, held: dict[str, Held]) -> set[XetHash]:
    files = xet_of(connection, held)
    return {term.xorb for file in files for term in terms_of(connection, file)}

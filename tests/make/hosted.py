"""A repo in a store, filled from bytes or a folder as a push would fill it, and a loop over it that can be called."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from assay.assess import assess, reassess
from assay.assessment import Assessment
from assay.canonical import sha256_hex
from assay.isolate.parent import ChildLimits
from assay.statements.keys import PrivateKey
from assay.store.attempts import want
from assay.store.blobs import BlobStore, open_blobs
from assay.store.contents import Contents, add_flat
from assay.store.database import Database
from assay.store.git.commits import Change, Link, Write, commit
from assay.store.git.objects import Oid, Signature
from assay.store.git.pointer import Pointer
from assay.store.git.trees import Delete
from assay.store.holdings import Held, hold, mark_committed
from assay.store.repos import Repo, RepoType, create_repo
from assay.worker.executor import Executor, LocalExecutor
from assay.worker.judge import Judge
from assay.worker.loop import Loop

MAIN = "refs/heads/main"
LARGE = 100_000
"""Bytes from which a file is kept beside git."""


class InProcess:
    """An executor in this process: what is judged here is made by the test."""

    def assess(self, source, known, packs):
        """Read and judge everything, whatever is known."""
        return assess(source, packs=packs)

    def reassess(self, remembered, packs):
        """Judge by what is stored."""
        return [Assessment(reassess(one, packs)) for one in remembered]

    def rest(self):
        """Hold nothing."""

    def abort(self):
        """Nothing is under way."""


class Host(NamedTuple):
    """A store with what a worker needs."""

    database: Database
    blobs: BlobStore
    contents: Contents
    key: PrivateKey

    def repo(self, name: str = "org/model", *, private: bool = False, type_: RepoType = RepoType.MODEL) -> Repo:
        """Make an empty repo."""
        owner, _, short = name.partition("/")
        with self.database.write() as connection:
            return create_repo(connection, type_, owner, short, private=private, now=1)

    def push(
        self,
        repo: Repo,
        files: Mapping[str, bytes | None],
        *,
        ref: str = MAIN,
        now: int = 1000,
        asked: bool = True,
    ) -> Oid:
        """Commit files; None deletes one."""
        changes: dict[str, Change] = {}
        with self.database.write() as connection:
            for path, data in files.items():
                changes[path] = self._change(connection, repo, data)
            author = Signature("ann", "", now)
            oid = commit(connection, repo.id, ref, None, changes, author=author, message="more")
            if asked:
                want(connection, repo.id, oid, now=now)
        return oid

    def _change(self, connection, repo, data):
        if data is None:
            return Delete.FILE
        if len(data) < LARGE:
            return Write(data)
        sha256 = sha256_hex(data)
        with self.blobs.writer() as writer:
            writer.write(data)
            writer.commit()
        add_flat(connection, sha256, len(data))
        hold(connection, repo.id, [Held(sha256, len(data))])
        mark_committed(connection, repo.id, [sha256])
        return Link(Pointer(sha256, len(data)))

    def judge(self, executor: Executor | None = None) -> Judge:
        """Return a judge over this store."""
        return Judge(self.database, self.contents, self.key, executor or LocalExecutor(ChildLimits()))

    def loop(self, executor: Executor | None = None, **more) -> Loop:
        """Return a loop over this store whose times are short."""
        times = {"workers": 1, "poll": 0.05, "lease": 30.0, "pause": 0.01}
        return Loop(self.judge(executor), **{**times, **more})


def files_of(folder: Path) -> dict[str, bytes]:
    """Return what lies in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def hosted(database: Database, folder: Path) -> Host:
    """Return a store over a database, with its blobs in a folder, and a key of its own."""
    blobs = open_blobs(folder / "blobs")
    return Host(database, blobs, Contents(database, blobs), PrivateKey.generate())


def without_commit(statement: bytes) -> dict:
    """Return a statement as JSON, without the one thing that a hub knows and a folder does not: the commit."""
    said = json.loads(statement)
    for subject in said["subject"]:
        subject["digest"].pop("gitCommit", None)
    return said

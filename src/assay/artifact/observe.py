"""From a source to a revision: each file is read once, hashed and understood; what cannot be read is said."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from assay.artifact.blob import Blob, BytesBlob, sha256_of
from assay.artifact.budget import Budget, Limits
from assay.artifact.observation import Known, Observation
from assay.artifact.readers import Reading, read_blob, reader_versions, readers
from assay.artifact.revision import ArtifactFile, DigestGrade, Revision
from assay.artifact.sniff import sniff
from assay.artifact.sources import Entry, Source
from assay.canonical import canonical_json, sha256_hex
from assay.errors import ChangedError, ReadError, RemoteError

__all__ = ["Observed", "observation_key", "observe"]

_SMALL = 8 * 1024 * 1024
"""Local files up to this size are read whole, once; they are git-sized, so they get a git id too."""
_REMOTE_SMALL = 1024 * 1024
"""Remote files up to this size that a reader knows are fetched whole, which makes their digests ours."""


class Observed(NamedTuple):
    """A revision, and the observations worth storing by key."""

    revision: Revision
    fresh: dict[str, Observation]


def observation_key(sha256: str, format_: str) -> str:
    """Return the key of a stored observation: content, format, and the versions of all readers (members nest)."""
    return f"{sha256}-{format_}-{_all_versions()}"


@cache
def _all_versions() -> str:
    return sha256_hex(canonical_json(reader_versions()))[:16]


def observe(
    source: Source,
    *,
    limits: Limits | None = None,
    known: Known | None = None,
    on_file: Callable[[str, int], None] | None = None,
    expendable: bool = False,
) -> Observed:
    """Read every file of `source` once.

    `on_file(path, size)` is told before each file. Observations found in `known` are not made again. A process that
    is `expendable` may be lost when a file is cut off meanwhile, and hashes faster for it.

    Raises:
        SourceError: a file cannot be opened, or changed while it was read.
    """
    limits = limits or Limits.usual(whole=source.whole)
    left = limits.revision.copy()
    observer = _Observer(dict(known or {}), whole=source.whole, expendable=expendable)
    files = []
    for entry in source.entries():
        if on_file is not None:
            on_file(entry.path, entry.size)
        given = _share(limits.file, left)
        budget = given.copy()
        with source.open(entry) as blob:
            files.append(observer.file(entry, blob, budget))
        left.bytes -= given.bytes - budget.bytes
        left.items -= given.items - budget.items
        left.facts -= given.facts - budget.facts
    return Observed(Revision(tuple(files), source.git_commit), observer.fresh)


class _Observer:
    """Reads file after file, remembering what was seen in equal content."""

    def __init__(self, known: dict[str, Observation], *, whole: bool, expendable: bool) -> None:
        self.whole = whole
        self.expendable = expendable
        self.known = known
        self.fresh: dict[str, Observation] = {}

    def file(self, entry: Entry, blob: Blob, budget: Budget) -> ArtifactFile:
        try:
            if not self.whole:
                return self._remote(entry, blob, budget)
            if entry.size <= _SMALL:
                return self._in_memory(entry, blob, budget)
            sha256 = sha256_of(blob, entry.path, mapped=self.expendable)
            _compare_claims(entry, sha256, None)
            return self._result(entry, self._read(blob, budget, entry.path, sha256), sha256)
        except ReadError as error:
            grade = DigestGrade.CLAIMED if entry.sha256 else DigestGrade.NONE
            return ArtifactFile(entry.path, entry.size, entry.sha256, grade, "unread", entry.git_oid, None, str(error))

    def _in_memory(self, entry: Entry, blob: Blob, budget: Budget) -> ArtifactFile:
        data = blob.read_at(0, entry.size)
        if len(data) != entry.size:
            raise ChangedError(f"{entry.path} is {len(data):,} bytes long, not {entry.size:,} as listed")
        sha256 = sha256_hex(data)
        git_oid = hashlib.sha1(b"blob %d\0" % entry.size + data, usedforsecurity=False).hexdigest()
        _compare_claims(entry, sha256, git_oid)
        return self._result(entry, self._read(BytesBlob(data), budget, entry.path, sha256), sha256, git_oid)

    def _remote(self, entry: Entry, blob: Blob, budget: Budget) -> ArtifactFile:
        if entry.size <= _REMOTE_SMALL and sniff(blob, entry.path) in readers():
            return self._in_memory(entry, blob, budget)
        grade = DigestGrade.CLAIMED if entry.sha256 else DigestGrade.NONE
        reading = read_blob(blob, budget, path=entry.path)
        return self._result(entry, reading, entry.sha256, entry.git_oid, grade)

    def _read(self, blob: Blob, budget: Budget, path: str, sha256: str) -> Reading:
        format_ = sniff(blob, path)
        key = observation_key(sha256, format_)
        stored = self.known.get(key)
        if stored is not None:
            return Reading.of(stored)
        reading = read_blob(blob, budget, path=path)
        if reading.observation is not None and reading.reason is None:
            self.known[key] = self.fresh[key] = reading.observation
        return reading

    def _result(
        self,
        entry: Entry,
        reading: Reading,
        sha256: str | None,
        git_oid: str | None = None,
        grade: DigestGrade = DigestGrade.COMPUTED,
    ) -> ArtifactFile:
        return ArtifactFile(
            path=entry.path,
            size=entry.size,
            sha256=sha256,
            digest_grade=grade,
            format=reading.format,
            git_oid=git_oid,
            observation=reading.observation,
            not_judged=reading.reason,
        )


def _compare_claims(entry: Entry, sha256: str, git_oid: str | None) -> None:
    # A listing's git id names the LFS pointer, not the content, where it also names a sha256.
    claims = [(entry.sha256, sha256, "sha256"), (None if entry.sha256 else entry.git_oid, git_oid, "git id")]
    for claimed, computed, what in claims:
        if claimed is None or computed is None or claimed == computed:
            continue
        raise RemoteError(
            f"{entry.path}: the {what} of the bytes sent is {computed}, the listing says {claimed}",
            hint="The hub, or something on the way, serves other bytes than it lists; do not use this copy.",
        )


def _share(file: Budget, left: Budget) -> Budget:
    return Budget(min(file.bytes, left.bytes), min(file.items, left.items), file.depth, min(file.facts, left.facts))

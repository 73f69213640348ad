"""A folder held against its evidence: is it, bit for bit, what the statements speak about, and if not, where not?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from assay.artifact.blob import sha256_of
from assay.artifact.identity import ManifestLine, dir_hash
from assay.artifact.sources import Source
from assay.artifact.sources.local import open_local
from assay.statements.evidence import Evidence, VerifiedStatement
from assay.statements.predicates import assessment

__all__ = ["Difference", "FolderVerification", "hash_source", "verify_folder"]


@dataclass(frozen=True, slots=True)
class Difference:
    """How the files here differ from those that an assessment lists; paths in order."""

    against: str
    """Digest of the envelope of that assessment."""
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def only_missing(self) -> bool:
        """Whether all files here are as listed and some are not here, as in a partial download."""
        return not self.changed and not self.extra


@dataclass(frozen=True, slots=True)
class FolderVerification:
    """What the evidence proves about a folder."""

    dirhash: str
    """Computed from the bytes here."""
    statements: tuple[VerifiedStatement, ...]
    """Every statement whose signatures hold, about this revision or another."""
    differences: tuple[Difference, ...]
    """Against each assessment of another revision that lists all digests; pinned signers first, then closest first."""

    @property
    def about(self) -> tuple[VerifiedStatement, ...]:
        """The statements about exactly what lies here."""
        return tuple(one for one in self.statements if one.statement.dirhash == self.dirhash)

    @property
    def pinned(self) -> tuple[VerifiedStatement, ...]:
        """Those of `about` that a signer trusted by the reader made."""
        return tuple(one for one in self.about if one.pinned)


def verify_folder(
    folder: Path,
    evidence: Evidence,
    pinned: Collection[str] = (),
    *,
    on_file: Callable[[str, int], None] | None = None,
) -> FolderVerification:
    """Hash every file of `folder` and check all of `evidence`; `pinned` are ids of keys that the reader trusts.

    Raises:
        SourceError: a file cannot be read or carried, or changed meanwhile.
        VerificationError: a signature does not hold, or its key is not here.
        StatementError: a statement is malformed.
    """
    statements = evidence.verified(pinned)
    here = hash_source(open_local(folder), on_file=on_file)
    dirhash = dir_hash(here)
    found = [
        (one.pinned, difference)
        for one in statements
        if one.statement.dirhash != dirhash and (difference := _difference(one, here)) is not None
    ]
    found.sort(key=lambda pair: (not pair[0], _distance(pair[1]), pair[1].against))
    return FolderVerification(dirhash, statements, tuple(difference for _, difference in found))


def hash_source(source: Source, *, on_file: Callable[[str, int], None] | None = None) -> tuple[ManifestLine, ...]:
    """Return path and sha256 of each file of `source`, read in pieces; `on_file(path, size)` is told before each.

    Raises:
        SourceError: a file cannot be read, or changed meanwhile.
    """
    lines = []
    for entry in source.entries():
        if on_file is not None:
            on_file(entry.path, entry.size)
        with source.open(entry) as blob:
            lines.append(ManifestLine(entry.path, sha256_of(blob, entry.path)))
    return tuple(lines)


def _difference(said: VerifiedStatement, here: Iterable[ManifestLine]) -> Difference | None:
    if said.statement.predicate_type != assessment.TYPE:
        return None
    lines = assessment.manifest(said.statement.predicate)
    if lines is None:
        return None
    listed, found = dict(lines), dict(here)
    return Difference(
        against=said.digest,
        changed=tuple(path for path in found if path in listed and listed[path] != found[path]),
        missing=tuple(path for path in listed if path not in found),
        extra=tuple(path for path in found if path not in listed),
    )


def _distance(difference: Difference) -> int:
    return len(difference.changed) + len(difference.missing) + len(difference.extra)

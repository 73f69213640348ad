"""Attempts from claim to close: by what was seen before where that is enough, else by reading every file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from assay.artifact.budget import Limits
from assay.artifact.identity import ManifestLine, dir_hash
from assay.artifact.sources import Entry
from assay.assess import observations_needed
from assay.assessment import Assessment, Remembered
from assay.canonical import JSON
from assay.dossier import ASSESSMENT
from assay.errors import NotFoundError
from assay.statements.keys import PrivateKey
from assay.statements.statement import Statement
from assay.store.attempts import Claim
from assay.store.closing import Closing, close
from assay.store.database import Database
from assay.store.evidence import dirhashes_of, predicates_of, signed_here, statements_about_each
from assay.store.observations import known, observed, packed
from assay.store.packs import enabled
from assay.store.repos import repo_by_id, repos_by_id
from assay.store.revision_source import BlobStore, RevisionSource
from assay.worker.executor import Executor

__all__ = ["Judge"]


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges commits of hosted repos and signs what came of it. Safe to share between threads."""

    database: Database
    contents: BlobStore
    key: PrivateKey
    """Signs what was found: a child never sees it."""
    executor: Executor

    def assess(self, claim: Claim) -> Assessment:
        """Return the assessment of the commit that was claimed.

        Raises:
            AssayError: it could not be judged, or what is stored of it cannot be read.
        """
        if again := self.assess_again([claim]):
            return again[0][1]
        with self.database.read() as connection:
            repo = repo_by_id(connection, claim.repo_id)
        if repo is None:
            raise NotFoundError(f"the repo of {claim.key} was deleted")
        source = RevisionSource(self.database, self.contents, claim.repo_id, claim.commit, repo.full_name)
        entries = source.entries()
        dirhash = dir_hash(ManifestLine(entry.path, entry.sha256 or "") for entry in entries)
        with self.database.read() as connection:
            seen = _remembered(connection, {claim: dirhash})
            before = known(connection, _digests(entries)) if not seen and _within_limits(len(entries)) else {}
            packs = enabled(connection)
        if seen:
            return self.executor.reassess(list(seen.values()), packs)[0]
        return self.executor.assess(source, before, packs)

    def assess_again(self, claims: Sequence[Claim]) -> list[tuple[Claim, Assessment]]:
        """Return the assessments of those of the commits of which enough is stored to judge them without a byte.

        Raises:
            AssayError: one of them could not be judged, or what is stored of it cannot be read.
        """
        with self.database.read() as connection:
            named = dirhashes_of(connection, ((one.repo_id, one.commit) for one in claims))
            ours = {one: named[one.repo_id, one.commit] for one in claims if (one.repo_id, one.commit) in named}
            seen, packs = _remembered(connection, ours), enabled(connection)
        return list(zip(seen, self.executor.reassess(list(seen.values()), packs), strict=True)) if seen else []

    def close(self, done: Sequence[tuple[Claim, Assessment]], *, now: float) -> None:
        """Sign assessments and write them with all that follows from them, in one transaction.

        Raises:
            ConflictError: a claim was lost meanwhile.
            StatementError: a child sent what is not about the files of this commit.
        """
        closings = [
            Closing(
                claim,
                signed_here(one.parsed or Statement.parse(one.statement), one.statement, self.key),
                one.isolation,
                packed(one.fresh),
            )
            for claim, one in done
        ]
        self.database.transact(lambda connection: close(connection, closings, now=now))


def _remembered(connection: Connection, named: Mapping[Claim, str]) -> dict[Claim, Remembered]:
    """Return what is stored of those of the revisions, each named by its dirHash, that can be judged by that."""
    earlier = _own_assessments(connection, named)
    needed = {claim: observations_needed(one) for claim, one in earlier.items()}
    seen = observed(connection, {key for keys in needed.values() for key in keys or ()})
    repos = repos_by_id(connection, {claim.repo_id for claim in earlier})
    return {
        claim: Remembered(
            repos[claim.repo_id].full_name, claim.commit, earlier[claim], {key: seen[key] for key in keys}
        )
        for claim, keys in needed.items()
        if keys is not None and claim.repo_id in repos and seen.keys() >= set(keys)
    }


def _own_assessments(connection: Connection, named: Mapping[Claim, str]) -> dict[Claim, dict[str, JSON]]:
    """Return the newest that this hub said of each revision, where that is an assessment."""
    about = statements_about_each(connection, {(claim.repo_id, dirhash) for claim, dirhash in named.items()})
    found = {}
    for claim, dirhash in named.items():
        newest = next((one for one in about[claim.repo_id, dirhash] if one.attempt is not None), None)
        if newest is not None and newest.predicate_type == ASSESSMENT:
            found[claim] = newest.digest
    predicates = predicates_of(connection, found.values())
    return {claim: predicates[digest] for claim, digest in found.items()}


def _digests(entries: Sequence[Entry]) -> list[str]:
    return [entry.sha256 for entry in entries if entry.sha256 is not None]


def _within_limits(files: int) -> bool:
    """Say whether so few files cannot together meet the limits of a revision.

    Reading spends from them and remembering does not, so that where they could be met, what was remembered would
    change what is said of the files that come after.
    """
    limits = Limits.usual(whole=True)
    file, revision = limits.file, limits.revision
    return files <= min(revision.bytes // file.bytes, revision.items // file.items, revision.facts // file.facts)

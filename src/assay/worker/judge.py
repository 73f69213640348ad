"""One attempt from claim to close: by what was seen before where that is enough, else by reading every file."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from assay.artifact.budget import Limits
from assay.artifact.identity import ManifestLine, dir_hash
from assay.artifact.observation import Observation
from assay.artifact.sources import Entry
from assay.assess import observations_needed
from assay.assessment import Assessment
from assay.canonical import JSON
from assay.dossier import ASSESSMENT
from assay.errors import NotFoundError
from assay.statements.envelope import Envelope
from assay.statements.keys import PrivateKey
from assay.store.attempts import Claim
from assay.store.closing import Closing, close
from assay.store.database import Database
from assay.store.evidence import check, said, statements_about
from assay.store.observations import known, observed, packed
from assay.store.repos import repo_by_id
from assay.store.revision_source import BlobStore, RevisionSource
from assay.worker.executor import Executor

__all__ = ["Judge"]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is stored about the files of a revision."""

    known: dict[str, Observation]
    earlier: dict[str, JSON] | None
    """An assessment of the same files by which, with `known`, they can be judged again; None: they must be read."""


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
        with self.database.read() as connection:
            repo = repo_by_id(connection, claim.repo_id)
        if repo is None:
            raise NotFoundError(f"the repo of {claim.key} was deleted")
        source = RevisionSource(self.database, self.contents, claim.repo_id, claim.commit, repo.full_name)
        seen = self._seen(claim, source.entries())
        return self.executor.assess(source, seen.known, seen.earlier)

    def close(self, claim: Claim, assessment: Assessment, *, now: float) -> None:
        """Sign an assessment and write it with all that follows from it, in one transaction.

        Raises:
            ConflictError: the claim was lost meanwhile.
            StatementError: a child sent what is not about the files of this commit.
        """
        signed = check(Envelope.sign(assessment.statement, self.key), (self.key.public,))
        done = Closing(signed, assessment.isolation, packed(assessment.fresh))
        self.database.transact(lambda connection: close(connection, claim, done, now=now))

    def _seen(self, claim: Claim, entries: list[Entry]) -> _Seen:
        digests = [entry.sha256 for entry in entries if entry.sha256 is not None]
        named = dir_hash(ManifestLine(entry.path, entry.sha256 or "") for entry in entries)
        with self.database.read() as connection:
            for earlier in _own_assessments(connection, claim.repo_id, named):
                needed = observations_needed(earlier)
                if needed is not None:
                    found = observed(connection, needed)
                    if len(found) == len(set(needed)):
                        return _Seen(found, earlier)
            return _Seen(known(connection, digests) if _within_limits(len(entries)) else {}, None)


def _own_assessments(connection: Connection, repo_id: int, dirhash: str) -> list[dict[str, JSON]]:
    kept = [one for one in statements_about(connection, repo_id, dirhash) if one.attempt is not None]
    return [one.predicate for one in said(connection, kept[:1]) if one.predicate_type == ASSESSMENT]


def _within_limits(files: int) -> bool:
    """Say whether so few files cannot together meet the limits of a revision.

    Reading spends from them and remembering does not, so that where they could be met, what was remembered would
    change what is said of the files that come after.
    """
    limits = Limits.usual(whole=True)
    file, revision = limits.file, limits.revision
    return files <= min(revision.bytes // file.bytes, revision.items // file.items, revision.facts // file.facts)

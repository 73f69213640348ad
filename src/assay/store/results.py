"""Results of evaluations as they can be asked for: by what they measured, by the repo, and sample by sample.

A result is a statement like any other; the rows here follow from its envelope. A log of samples is kept only where a
stored result names it, so that nobody fills a hub with what nobody vouches for.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from assay.canonical import JSON, sha256_hex
from assay.errors import CorruptError, NotFoundError, StatementError
from assay.evals.comparability import comparability_key
from assay.statements.envelope import Envelope
from assay.store.database import insert_missing
from assay.store.repos import Repo, RepoType
from assay.store.tables import envelope, evidence, public_key, repo, result, sample_log

__all__ = [
    "LARGEST_LOG",
    "Measured",
    "Result",
    "keep_log",
    "log_of",
    "measured",
    "record",
    "result_named",
    "results_of_benchmark",
    "results_of_repo",
]

LARGEST_LOG = 64 * 1024 * 1024
"""Bytes of a sample log that are kept."""
_REPO = (repo.c.id, repo.c.type, repo.c.owner, repo.c.name, repo.c.private, repo.c.created, repo.c.gated)
_Seen = ColumnElement[bool]
"""A condition on rows of `repo`: who asks may read them."""


class Result(NamedTuple):
    """One result, and the repo that it is shown with."""

    digest: str
    """SHA-256 of the envelope."""
    repo: Repo
    subject: str
    """The dirHash of the revision that was evaluated."""
    predicate: dict[str, JSON]
    """As `assay.statements.predicates.result` checks it."""
    comparability: str
    received: int
    """Seconds since 1970."""
    signers: tuple[str, ...]
    own: bool
    """A key of this hub signed it."""
    pinned: bool
    """A key that an administrator trusts signed it."""
    log: str | None
    """SHA-256 of its sample log, where that is kept here."""


class Measured(NamedTuple):
    """A benchmark that something here was measured by."""

    digest: str
    """SHA-256 of the manifest."""
    results: int
    newest: Result


def record(connection: Connection, digest: str, predicate: Mapping[str, JSON]) -> None:
    """Enter the result that the envelope `digest` states, so that it is found by what it measured."""
    row = {
        "digest": digest,
        "benchmark": predicate["benchmark"]["manifest_digest"],
        "comparability": comparability_key(predicate),
        "log": predicate["samples"].get("log_digest"),
    }
    insert_missing(connection, result, [row])


def measured(connection: Connection, seen: _Seen, *, limit: int) -> list[Measured]:
    """Return the benchmarks that models here were measured by, those with most results first."""
    count = func.count(result.c.digest.distinct())
    query = select(result.c.benchmark, count.label("results"))
    query = query.join(evidence, evidence.c.digest == result.c.digest).join(repo, repo.c.id == evidence.c.repo_id)
    rows = connection.execute(
        query.where(seen).group_by(result.c.benchmark).order_by(count.desc(), result.c.benchmark).limit(limit)
    )
    found = []
    for row in rows.all():
        newest = results_of_benchmark(connection, seen, row.benchmark, limit=1)
        found += [Measured(row.benchmark, row.results, one) for one in newest]
    return found


def results_of_benchmark(connection: Connection, seen: _Seen, benchmark: str, *, limit: int) -> list[Result]:
    """Return results measured by a benchmark, newest first, each with the repos it is shown with."""
    return _read(connection, _results().where(seen, result.c.benchmark == benchmark).limit(limit))


def results_of_repo(connection: Connection, one: Repo, *, limit: int) -> list[Result]:
    """Return the results that are shown with a repo, of whatever revision, newest first."""
    return _read(connection, _results().where(repo.c.id == one.id).limit(limit))


def result_named(connection: Connection, one: Repo, digest: str) -> Result:
    """Return one result of a repo by the digest of its envelope.

    Raises:
        NotFoundError: the repo was shown none of this digest.
    """
    found = _read(connection, _results().where(repo.c.id == one.id, result.c.digest == digest))
    if not found:
        raise NotFoundError(f"there is no result {digest[:64]} of {one.full_name}")
    return found[0]


def keep_log(connection: Connection, digest: str, body: bytes) -> bool:
    """Keep the sample log that a stored result names; return False where it was kept before.

    Raises:
        StatementError: it is too long, has another digest, or no result names it.
    """
    if len(body) > LARGEST_LOG:
        raise StatementError(f"a sample log of {len(body):,} bytes; at most {LARGEST_LOG:,} are kept")
    if sha256_hex(body) != digest:
        raise StatementError(f"the log has the digest {sha256_hex(body)}, not {digest[:64]}")
    if connection.execute(select(result.c.digest).where(result.c.log == digest).limit(1)).first() is None:
        raise StatementError(f"no result here names the log {digest}", hint="Send the signed result first.")
    return insert_missing(connection, sample_log, [{"digest": digest, "body": zlib.compress(body, 6)}]) == 1


def log_of(connection: Connection, one: Result) -> bytes | None:
    """Return the sample log of a result; None where it is not kept here.

    Raises:
        CorruptError: it changed since it was stored.
    """
    if one.log is None:
        return None
    packed = connection.execute(select(sample_log.c.body).where(sample_log.c.digest == one.log)).scalar_one_or_none()
    if packed is None:
        return None
    body = zlib.decompressobj().decompress(packed, LARGEST_LOG)
    if sha256_hex(body) != one.log:
        raise CorruptError(f"the stored sample log {one.log[:12]} changed", hint="Restore it from a backup.")
    return body


def _results() -> Select[tuple[object, ...]]:
    kept = select(sample_log.c.digest).where(sample_log.c.digest == result.c.log).scalar_subquery()
    columns = (result, *_REPO, envelope.c.subject, envelope.c.body, envelope.c.received, envelope.c.signers)
    return (
        select(*columns, kept.label("kept"))
        .join(envelope, envelope.c.digest == result.c.digest)
        .join(evidence, evidence.c.digest == result.c.digest)
        .join(repo, repo.c.id == evidence.c.repo_id)
        .order_by(envelope.c.received.desc(), result.c.digest)
    )


def _read(connection: Connection, query: Select[tuple[object, ...]]) -> list[Result]:
    rows = connection.execute(query).all()
    signers = sorted({keyid for row in rows for keyid in row.signers.split()})
    keys = select(public_key.c.keyid, public_key.c.own, public_key.c.pinned).where(public_key.c.keyid.in_(signers))
    known = {row.keyid: (row.own, row.pinned) for row in connection.execute(keys)}
    return [_result(row, [known[keyid] for keyid in row.signers.split() if keyid in known]) for row in rows]


def _result(row: Row[tuple[object, ...]], trusted: Sequence[tuple[bool, bool]]) -> Result:
    return Result(
        digest=row.digest,
        repo=Repo(row.id, RepoType(row.type), row.owner, row.name, row.private, row.created, row.gated),
        subject=row.subject,
        predicate=Envelope.parse(bytes(row.body)).statement().predicate,
        comparability=row.comparability,
        received=row.received,
        signers=tuple(row.signers.split()),
        own=any(own for own, _ in trusted),
        pinned=any(pinned for _, pinned in trusted),
        log=row.kept,
    )

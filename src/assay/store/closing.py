"""The end of attempts: statements, log leaves, observations, quarantine, listings and their rows, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from assay.canonical import JSON
from assay.errors import StatementError
from assay.finding import Axis, Confidence, Outcome, Severity
from assay.store.attempts import Claim, finish
from assay.store.database import insert_missing
from assay.store.evidence import Checked, Given, add_key, add_many, name_revisions
from assay.store.git.rows import batches
from assay.store.listings import refresh
from assay.store.observations import keep
from assay.store.tables import envelope, quarantine

__all__ = ["Closing", "close", "condemned"]

_LONGEST_REASON = 500


class Closing(NamedTuple):
    """What an attempt came to."""

    claim: Claim
    checked: Checked
    """The assessment, signed by the hub."""
    isolation: str
    """How the child that judged was confined."""
    fresh: Mapping[str, bytes]
    """Observations to store, as `observations.packed` makes them."""


def close(connection: Connection, done: Sequence[Closing], *, now: float) -> None:
    """Write what attempts came to; `now` is in seconds since 1970.

    Raises:
        ConflictError: a claim was lost; nothing may be written.
        StatementError: a statement is not about the commit that was claimed.
    """
    for one in done:
        subjects = one.checked.said.statement.subjects
        if not any(subject.digest.get("gitCommit") == one.claim.commit for subject in subjects):
            raise StatementError(f"the assessment is not about commit {one.claim.commit}")
    finish(connection, [(one.claim, one.isolation) for one in done], now=now)
    for key in {key.keyid: key for one in done for key in one.checked.keys}.values():
        add_key(connection, key, own=True)
    given = [Given(one.claim.repo_id, one.checked, one.claim.key) for one in done]
    add_many(connection, given, foreign=False, now=int(now))
    name_revisions(connection, [(one.claim.repo_id, one.claim.commit, one.checked.subject) for one in done])
    keep(connection, {key: data for one in done for key, data in one.fresh.items()})
    _quarantine(connection, [one.checked for one in done], int(now))
    opened = {one.checked.envelope.digest: one.checked.said.statement.predicate for one in done}
    refresh(connection, *(one.claim.repo_id for one in done), opened=opened)


def condemned(predicate: Mapping[str, JSON]) -> dict[str, str]:
    """Return the contents that nobody may download, by sha256, and why: what surely does harm when it is loaded."""
    digests = {file["path"]: file["sha256"] for file in predicate["files"]}
    found: dict[str, str] = {}
    for path, reason in _harmful(predicate):
        if digests.get(path) is not None:
            found.setdefault(digests[path], reason)
    return found


def _harmful(predicate: Mapping[str, JSON]) -> Iterator[tuple[str, str]]:
    sure = (Axis.SECURE, Outcome.FAIL, Severity.CRITICAL, Confidence.HIGH)
    for one in predicate["findings"]:
        if (one["axis"], one["outcome"], one["severity"], one["confidence"]) == sure and one["file"] is not None:
            yield one["file"], f"{one['rule']}: {one['message']}"[:_LONGEST_REASON]


def _quarantine(connection: Connection, said: Iterable[Checked], now: int) -> None:
    """Shut away what the statements condemn, and let go what earlier ones about the same files condemned wrongly.

    Another revision's statement lets go nothing: the same bytes under a harmless name are still the same bytes.
    """
    listed = [(one, {file["sha256"] for file in one.said.statement.predicate["files"]}) for one in said]
    shut = _shut_away(connection, set().union(*(files for _, files in listed)))
    for one, files in listed:
        reasons = condemned(one.said.statement.predicate)
        about_these = select(envelope.c.digest).where(envelope.c.subject == one.subject)
        for batch in batches(sorted((files & shut) - reasons.keys())):
            gone = (quarantine.c.sha256.in_(batch), quarantine.c.statement.in_(about_these))
            connection.execute(delete(quarantine).where(*gone))
        rows = [
            {"sha256": sha256, "reason": why, "statement": one.envelope.digest, "since": now}
            for sha256, why in sorted(reasons.items())
        ]
        insert_missing(connection, quarantine, rows)


def _shut_away(connection: Connection, digests: set[str]) -> set[str]:
    found: set[str] = set()
    for batch in batches(sorted(digests)):
        found.update(connection.execute(select(quarantine.c.sha256).where(quarantine.c.sha256.in_(batch))).scalars())
    return found

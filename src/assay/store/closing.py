"""The end of an attempt: statement, log leaf, observations, quarantine, listing and its own row, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from assay.canonical import JSON
from assay.errors import StatementError
from assay.finding import Axis, Confidence, Outcome, Severity
from assay.store.attempts import Claim, finish
from assay.store.database import insert_missing
from assay.store.evidence import Checked, add, add_key, name_revision
from assay.store.git.rows import batches
from assay.store.listings import refresh
from assay.store.observations import keep
from assay.store.tables import envelope, quarantine

__all__ = ["Closing", "close", "condemned"]

_LONGEST_REASON = 500


class Closing(NamedTuple):
    """What an attempt came to."""

    checked: Checked
    """The assessment, signed by the hub."""
    isolation: str
    """How the child that judged was confined."""
    fresh: Mapping[str, bytes]
    """Observations to store, as `observations.packed` makes them."""


def close(connection: Connection, claim: Claim, done: Closing, *, now: float) -> None:
    """Write what an attempt came to; `now` is in seconds since 1970.

    Raises:
        ConflictError: the claim was lost; nothing may be written.
        StatementError: the statement is not about the commit that was claimed.
    """
    statement = done.checked.said.statement
    if not any(subject.digest.get("gitCommit") == claim.commit for subject in statement.subjects):
        raise StatementError(f"the assessment is not about commit {claim.commit}")
    finish(connection, claim, now=now, isolation=done.isolation)
    for key in done.checked.keys:
        add_key(connection, key, own=True)
    add(connection, claim.repo_id, done.checked, foreign=False, now=int(now), attempt=claim.key)
    name_revision(connection, claim.repo_id, claim.commit, str(statement.dirhash))
    keep(connection, done.fresh)
    _quarantine(connection, done.checked, int(now))
    refresh(connection, claim.repo_id)


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


def _quarantine(connection: Connection, checked: Checked, now: int) -> None:
    """Shut away what the statement condemns, and let go what an earlier one about the same files condemned wrongly.

    Another revision's statement lets go nothing: the same bytes under a harmless name are still the same bytes.
    """
    statement, digest = checked.said.statement, checked.envelope.digest
    reasons = condemned(statement.predicate)
    about_these = select(envelope.c.digest).where(envelope.c.subject == statement.dirhash)
    digests = {file["sha256"] for file in statement.predicate["files"]} - reasons.keys()
    for batch in batches(sorted(digests)):
        gone = (quarantine.c.sha256.in_(batch), quarantine.c.statement.in_(about_these))
        connection.execute(delete(quarantine).where(*gone))
    rows = [
        {"sha256": sha256, "reason": why, "statement": digest, "since": now} for sha256, why in sorted(reasons.items())
    ]
    insert_missing(connection, quarantine, rows)

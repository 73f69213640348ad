"""What is to be judged, as rows: wanted in a push's transaction, claimed by one update, closed only by who holds it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, case, delete, exists, func, select, update

from assay import __version__
from assay.artifact.readers import reader_versions
from assay.canonical import canonical_json, sha256_hex
from assay.checks import checks
from assay.checks.packs import judged_by
from assay.errors import ConflictError, NotFoundError
from assay.rules import rules_digest
from assay.store.database import insert_missing
from assay.store.git.objects import Oid
from assay.store.packs import pack_digests
from assay.store.tables import attempt, envelope, ref

__all__ = [
    "LEASE",
    "MOST_TRIES",
    "Attempt",
    "Claim",
    "claim",
    "fail",
    "find",
    "finish",
    "key_of",
    "release",
    "renew",
    "unpark",
    "want",
    "want_anew",
    "want_missing",
]

TASK = "assess"
LEASE = 60.0
"""Seconds for which a claim holds unless it is renewed."""
MOST_TRIES = 3
"""Failures that park an attempt."""
_FIRST_PAUSE = 10.0
"""Seconds after the first failure; each further one doubles them."""
_LONGEST_ERROR = 2000
_ALL = 10_000_000
_DIED = "each worker that took it ended before it was done; the last one left no word"


class Claim(NamedTuple):
    """The right to do one attempt, until somebody else gets it."""

    key: str
    repo_id: int
    commit: Oid
    fence: int
    tries: int
    """This one included."""


class Attempt(NamedTuple):
    """An attempt as pages show it."""

    key: str
    state: str
    """`wanted`, `done` or `parked`."""
    tries: int
    error: str | None
    """Why the last try failed."""
    isolation: str | None
    """How the child that judged was confined; None until it is done."""
    present: bool
    """Whether it goes by the code and the rules of this version."""


def version(connection: Connection) -> str:
    """Return what names this version of readers and checks, and that of the rules and rule packs: each 16 digits."""
    return f"{_code()}-{judged_by(rules_digest(), pack_digests(connection))[:16]}"


@cache
def _code() -> str:
    code = [__version__, reader_versions(), [f"{one.rule.id}/{one.version}" for one in checks()]]
    return sha256_hex(canonical_json(code))[:16]


def key_of(connection: Connection, repo_id: int, commit: Oid) -> str:
    """Return the key of the attempt that judges a commit by this version."""
    return f"{TASK}-{repo_id}-{commit}-{version(connection)}"


def want(connection: Connection, repo_id: int, commit: Oid, *, now: float) -> str:
    """Ask for a commit to be judged, unless it was asked before under this version; return the key.

    Times here are in seconds since 1970. Whoever commits calls this in the transaction of the commit.
    """
    _insert(connection, [(repo_id, commit)], now)
    return key_of(connection, repo_id, commit)


def want_missing(connection: Connection, limit: int, *, now: float) -> int:
    """Ask for tips of branches that nobody asked for under this version, at most `limit`; return how many."""
    same = and_(attempt.c.repo_id == ref.c.repo_id, attempt.c.commit == ref.c.target)
    asked = select(attempt.c.key).where(same, attempt.c.key.like(f"{TASK}-%-{version(connection)}"))
    tips = select(ref.c.repo_id, ref.c.target).distinct().where(ref.c.name.like("refs/heads/%"), ~exists(asked))
    rows = connection.execute(tips.limit(limit)).all()
    return _insert(connection, [(row.repo_id, Oid(row.target)) for row in rows], now)


def want_anew(connection: Connection, *, now: float) -> int:
    """Ask for all tips of branches after the rule packs changed; return how many.

    What this version judged at an earlier time is judged again too: what was said since then must not go on deciding.
    """
    present = attempt.c.key.like(f"{TASK}-%-{version(connection)}")
    moved = _move_on(connection, (attempt.c.task == TASK, attempt.c.state == "wanted", ~present), now)
    due = {"state": "wanted", "tries": 0, "lease_until": 0, "not_before": _ms(now), "ended": None}
    again = connection.execute(update(attempt).where(attempt.c.state == "done", present).values(**due)).rowcount
    return moved + again + want_missing(connection, _ALL, now=now)


def _move_on(connection: Connection, stale: Sequence[ColumnElement[bool]], now: float) -> int:
    """Ask under this version for what waits under another: it would be judged by what holds now, under a false name.

    Whoever is at it loses the claim. What was done before, and was only to be done once more, is done as it was.
    """
    said = exists().where(envelope.c.attempt == attempt.c.key)
    as_before = {"state": "done", "fence": attempt.c.fence + 1, "lease_until": 0, "ended": _ms(now)}
    connection.execute(update(attempt).where(*stale, said).values(**as_before))
    rows = connection.execute(delete(attempt).where(*stale).returning(attempt.c.repo_id, attempt.c.commit)).all()
    return _insert(connection, [(row.repo_id, Oid(row.commit)) for row in rows], now)


def claim(connection: Connection, *, now: float, lease: float = LEASE, most: int = 1) -> list[Claim]:
    """Take the newest attempts that are due, at most so many, for `lease` seconds.

    What was claimed and neither closed nor renewed in time is due again; after the third time it is parked instead.
    """
    moment = _ms(now)
    due = (attempt.c.state == "wanted", attempt.c.not_before <= moment, attempt.c.lease_until <= moment)
    spent = update(attempt).where(*due, attempt.c.tries >= MOST_TRIES)
    connection.execute(spent.values(state="parked", ended=moment, error=func.coalesce(attempt.c.error, _DIED)))
    newest = select(attempt.c.key).where(*due).order_by(attempt.c.created.desc(), attempt.c.key).limit(most)
    # Named, so that it is done once: as a mere condition PostgreSQL may do it for each row, and take more than `most`.
    chosen = newest.with_for_update(skip_locked=True).cte("chosen")
    taken = (
        update(attempt)
        .where(attempt.c.key.in_(select(chosen.c.key)), *due)
        .values(fence=attempt.c.fence + 1, tries=attempt.c.tries + 1, lease_until=_ms(now + lease))
        .returning(
            attempt.c.created, attempt.c.key, attempt.c.repo_id, attempt.c.commit, attempt.c.fence, attempt.c.tries
        )
    )
    rows = sorted(connection.execute(taken), key=lambda row: (-row.created, row.key))
    return [Claim(row.key, row.repo_id, Oid(row.commit), row.fence, row.tries) for row in rows]


def renew(connection: Connection, claims: Iterable[Claim], *, now: float, lease: float = LEASE) -> None:
    """Let claims that still stand hold for `lease` seconds from now."""
    for one in claims:
        connection.execute(update(attempt).where(*_held(one)).values(lease_until=_ms(now + lease)))


def release(connection: Connection, one: Claim, *, not_before: float = 0, error: str | None = None) -> None:
    """Give a claim back undone, as if it had never been taken; it is due again at `not_before`."""
    values = {"lease_until": 0, "tries": attempt.c.tries - 1, "not_before": _ms(not_before), "error": _told(error)}
    connection.execute(update(attempt).where(*_held(one)).values(**values))


def fail(connection: Connection, one: Claim, error: str, *, now: float, pause: float = _FIRST_PAUSE) -> bool:
    """Record that a try failed and why; return whether the attempt is parked now.

    The next try waits `pause` seconds, and twice as long after each failure. A claim that was lost changes nothing.
    """
    parked = one.tries >= MOST_TRIES
    values = {
        "state": "parked" if parked else "wanted",
        "lease_until": 0,
        "not_before": _ms(now + pause * 2 ** (one.tries - 1)),
        "ended": _ms(now) if parked else None,
        "error": _told(error),
    }
    return connection.execute(update(attempt).where(*_held(one)).values(**values)).rowcount == 1 and parked


def finish(connection: Connection, done: Sequence[tuple[Claim, str]], *, now: float) -> None:
    """Mark attempts as done, and how what judged them was confined; first in the transaction that writes the rest.

    Raises:
        ConflictError: a claim was lost: somebody else does it, or did it.
    """
    held = (attempt.c.key == bindparam("k"), attempt.c.fence == bindparam("f"), attempt.c.state == "wanted")
    values = {"state": "done", "lease_until": 0, "ended": _ms(now), "error": None, "isolation": bindparam("i")}
    rows = [{"k": one.key, "f": one.fence, "i": isolation} for one, isolation in done]
    if connection.execute(update(attempt).where(*held).values(**values), rows).rowcount != len(rows):
        lost = done[0][0].key if len(done) == 1 else f"one of {len(done)} attempts"
        raise ConflictError(f"the claim on {lost} was lost", hint="Nothing needs doing: another worker has it.")


def unpark(connection: Connection, key: str, *, now: float) -> None:
    """Let a parked attempt be tried anew.

    Raises:
        NotFoundError: nothing is parked under this key.
    """
    values = {"state": "wanted", "tries": 0, "fence": attempt.c.fence + 1, "not_before": _ms(now), "ended": None}
    parked = (attempt.c.key == key, attempt.c.state == "parked")
    if connection.execute(update(attempt).where(*parked).values(**values)).rowcount != 1:
        raise NotFoundError(f"nothing is parked under {key[:200]!r}")


def find(connection: Connection, repo_id: int, commit: Oid) -> Attempt | None:
    """Return the attempt for a commit: that of this version, else the newest of an earlier one, else None."""
    key = key_of(connection, repo_id, commit)
    present = attempt.c.key == key
    query = select(attempt).where(attempt.c.repo_id == repo_id, attempt.c.commit == commit, attempt.c.task == TASK)
    row = connection.execute(query.order_by(case((present, 0), else_=1), attempt.c.created.desc()).limit(1)).first()
    return None if row is None else _attempt(row, key)


def _attempt(row: Row[tuple[object, ...]], present: str) -> Attempt:
    return Attempt(row.key, row.state, row.tries, row.error, row.isolation, row.key == present)


def _insert(connection: Connection, what: Sequence[tuple[int, Oid]], now: float) -> int:
    named = version(connection)
    rows = [
        {
            "key": f"{TASK}-{repo_id}-{commit}-{named}",
            "task": TASK,
            "repo_id": repo_id,
            "commit": commit,
            "state": "wanted",
            "tries": 0,
            "fence": 0,
            "lease_until": 0,
            "not_before": _ms(now),
            "created": _ms(now),
        }
        for repo_id, commit in what
    ]
    return insert_missing(connection, attempt, rows)


def _held(one: Claim) -> tuple[ColumnElement[bool], ...]:
    return (attempt.c.key == one.key, attempt.c.fence == one.fence, attempt.c.state == "wanted")


def _told(error: str | None) -> str | None:
    return None if error is None else error.replace("\0", " ")[:_LONGEST_ERROR]


def _ms(seconds: float) -> int:
    return int(seconds * 1000)

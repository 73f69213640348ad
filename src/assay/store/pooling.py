"""Requests for evaluations and the leases that runners have on their parts, as rows; what is due stands in the hub."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, select, text, update

from assay.errors import ConflictError, NotFoundError
from assay.store.git.objects import Oid
from assay.store.repos import Repo, RepoType
from assay.store.tables import account, evaluation_lease, evaluation_request, repo, runner

__all__ = [
    "OPEN",
    "Asked",
    "Lease",
    "Sent",
    "ask",
    "change",
    "end",
    "find_lease",
    "find_request",
    "had_by",
    "is_open",
    "lease_of",
    "leases_of",
    "log_of",
    "new_lease",
    "next_fence",
    "one_at_a_time",
    "open_commitment",
    "requests",
    "sent_of",
    "served",
]

OPEN = ("waiting", "running")
"""States of a request about which something is still to be done."""
_LIVE = ("offered", "held", "committed", "revealed")
_LARGEST_SENT = 128 * 1024 * 1024


class Asked(NamedTuple):
    """A request, and what it is about."""

    id: str
    repo: Repo
    commit: Oid
    dirhash: str
    weights: str
    benchmark: str
    manifest: str
    asker: int
    member: str
    """Name of who asked."""
    asked: int
    """Seconds since 1970."""
    expected: int
    """Seconds that one run is expected to take."""
    state: str
    ended: int | None
    note: str | None


class Lease(NamedTuple):
    """A part that a runner has or had; times in seconds since 1970."""

    id: int
    request: str
    part: str
    keyid: str
    fence: int
    state: str
    """`offered`, `held`, `committed`, `revealed`, then `public`; or `lost`."""
    until: int
    """When what is due next must be there."""
    taken: int | None
    committed: int | None
    statement: str | None
    commitment: str | None
    result: str | None
    note: str | None

    @property
    def live(self) -> bool:
        """Whether something may still come of it."""
        return self.state in _LIVE


class Sent(NamedTuple):
    """What a runner revealed: two envelopes, byte for byte."""

    result: bytes
    reveal: bytes


def one_at_a_time(connection: Connection) -> None:
    """Let nobody else change leases in this transaction; call it first."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE evaluation_lease IN SHARE ROW EXCLUSIVE MODE"))


def ask(connection: Connection, row: Mapping[str, object]) -> None:
    """Enter a request, whose columns `row` has.

    Raises:
        ConflictError: the same model is waiting for the same benchmark already.
    """
    same = [evaluation_request.c[name] == row[name] for name in ("repo_id", "dirhash", "manifest")]
    open_ = select(evaluation_request.c.id).where(*same, evaluation_request.c.state.in_(OPEN))
    if connection.execute(open_.limit(1)).first() is not None:
        raise ConflictError("this was asked for already, and is not done yet", hint="Its place in the queue stands.")
    connection.execute(insert(evaluation_request).values(**row, state="waiting"))


def requests(
    connection: Connection, seen: ColumnElement[bool], *, state: str = "", repo_id: int | None = None, limit: int
) -> list[Asked]:
    """Return requests about repos that may be seen, newest first; `state` is one of them, or `open`."""
    query = _requests().where(seen)
    if state == "open":
        query = query.where(evaluation_request.c.state.in_(OPEN))
    elif state:
        query = query.where(evaluation_request.c.state == state)
    if repo_id is not None:
        query = query.where(repo.c.id == repo_id)
    newest = query.order_by(evaluation_request.c.asked.desc(), evaluation_request.c.id).limit(limit)
    return [_asked(row) for row in connection.execute(newest)]


def find_request(connection: Connection, request: str) -> Asked:
    """Return a request.

    Raises:
        NotFoundError: there is none.
    """
    row = connection.execute(_requests().where(evaluation_request.c.id == request)).first()
    if row is None:
        raise NotFoundError(f"there is no request {request[:64]}")
    return _asked(row)


def end(connection: Connection, request: str, state: str, *, now: int | None, note: str | None = None) -> None:
    """Set the state of a request that is open; without `now` it goes on."""
    mine = (evaluation_request.c.id == request, evaluation_request.c.state.in_(OPEN))
    connection.execute(update(evaluation_request).where(*mine).values(state=state, ended=now, note=note))


def served(connection: Connection) -> dict[str, float]:
    """Return for each member when a request of theirs was last begun, in seconds since 1970."""
    query = (
        select(account.c.name, func.max(evaluation_lease.c.taken).label("at"))
        .join(evaluation_request, evaluation_request.c.asker == account.c.id)
        .join(evaluation_lease, evaluation_lease.c.request == evaluation_request.c.id)
        .where(evaluation_lease.c.part == "run", evaluation_lease.c.taken.is_not(None))
        .group_by(account.c.name)
    )
    return {row.name: float(row.at) for row in connection.execute(query)}


def next_fence(connection: Connection, request: str) -> int:
    """Return a number above that of each lease of a request."""
    query = select(func.coalesce(func.max(evaluation_lease.c.fence), 0))
    return int(connection.execute(query.where(evaluation_lease.c.request == request)).scalar_one()) + 1


def new_lease(connection: Connection, request: str, part: str, keyid: str, *, until: int) -> None:
    """Offer a part to a runner until a time."""
    row = {"request": request, "part": part, "keyid": keyid, "fence": next_fence(connection, request), "until": until}
    connection.execute(insert(evaluation_lease).values(**row, state="offered"))


def find_lease(connection: Connection, number: int) -> Lease:
    """Return a lease.

    Raises:
        NotFoundError: there is none.
    """
    row = connection.execute(_leases().where(evaluation_lease.c.id == number)).first()
    if row is None:
        raise NotFoundError(f"there is no lease {number}")
    return Lease._make(row)


def leases_of(connection: Connection, request: str) -> list[Lease]:
    """Return the leases of a request, oldest first, lost ones included."""
    query = _leases().where(evaluation_lease.c.request == request).order_by(evaluation_lease.c.id)
    return [Lease._make(row) for row in connection.execute(query)]


def lease_of(connection: Connection, keyid: str) -> Lease | None:
    """Return what is offered to a runner, or what it has and has not committed to; None for nothing."""
    mine = (evaluation_lease.c.keyid == keyid, evaluation_lease.c.state.in_(("offered", "held")))
    row = connection.execute(_leases().where(*mine).order_by(evaluation_lease.c.id).limit(1)).first()
    return None if row is None else Lease._make(row)


def had_by(connection: Connection, operator: str) -> set[str]:
    """Return the requests of which runners of an operator had a part."""
    query = select(evaluation_lease.c.request).join(runner, runner.c.keyid == evaluation_lease.c.keyid)
    return set(connection.execute(query.where(runner.c.operator == operator)).scalars())


def is_open(connection: Connection, request: str) -> bool:
    """Whether there is such a request, and it is not over."""
    mine = (evaluation_request.c.id == request, evaluation_request.c.state.in_(OPEN))
    return connection.execute(select(evaluation_request.c.id).where(*mine)).first() is not None


def open_commitment(connection: Connection, digest: str) -> bool:
    """Whether a commitment was made under a lease, and its round is not over."""
    mine = (evaluation_lease.c.commitment == digest, evaluation_lease.c.state.in_(_LIVE))
    return connection.execute(select(evaluation_lease.c.id).where(*mine).limit(1)).first() is not None


def change(connection: Connection, one: Lease, **values: Any) -> Lease:
    """Change a lease that nobody changed meanwhile, and return it as it is now.

    Raises:
        ConflictError: somebody did.
    """
    same = (evaluation_lease.c.id == one.id, evaluation_lease.c.fence == one.fence,
            evaluation_lease.c.state == one.state)  # fmt: skip
    if "sent" in values and values["sent"] is not None:
        told = {name: data.decode() for name, data in values["sent"]._asdict().items()}
        values["sent"] = zlib.compress(json.dumps(told).encode(), 6)
    if values.get("log") is not None:
        values["log"] = zlib.compress(values["log"], 6)
    if connection.execute(update(evaluation_lease).where(*same).values(**values)).rowcount != 1:
        raise ConflictError(f"the lease {one.id} changed meanwhile", hint="Ask for it again.")
    return find_lease(connection, one.id)


def sent_of(connection: Connection, number: int) -> Sent | None:
    """Return what was revealed under a lease and is not public yet; None where nothing was."""
    packed = connection.execute(select(evaluation_lease.c.sent).where(evaluation_lease.c.id == number)).scalar_one()
    if packed is None:
        return None
    told = json.loads(zlib.decompressobj().decompress(packed, _LARGEST_SENT))
    return Sent(*(told[name].encode() for name in Sent._fields))


def log_of(connection: Connection, number: int) -> bytes | None:
    """Return the sample log that was sent under a lease and is not public yet; None where none was."""
    packed = connection.execute(select(evaluation_lease.c.log).where(evaluation_lease.c.id == number)).scalar_one()
    return None if packed is None else zlib.decompressobj().decompress(packed, _LARGEST_SENT)


def _requests() -> Select[tuple[object, ...]]:
    about = (repo.c.type, repo.c.owner, repo.c.name, repo.c.private, repo.c.created, repo.c.gated)
    return (
        select(evaluation_request, *about, account.c.name.label("member"))
        .join(repo, repo.c.id == evaluation_request.c.repo_id)
        .join(account, account.c.id == evaluation_request.c.asker)
    )


def _leases() -> Select[tuple[object, ...]]:
    return select(*(evaluation_lease.c[name] for name in Lease._fields))


def _asked(row: Row[tuple[object, ...]]) -> Asked:
    return Asked(
        id=row.id,
        repo=Repo(row.repo_id, RepoType(row.type), row.owner, row.name, row.private, row.created, row.gated),
        commit=Oid(row.commit),
        dirhash=row.dirhash,
        weights=row.weights,
        benchmark=row.benchmark,
        manifest=row.manifest,
        asker=row.asker,
        member=row.member,
        asked=row.asked,
        expected=row.expected,
        state=row.state,
        ended=row.ended,
        note=row.note,
    )

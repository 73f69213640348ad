"""Machines of members that run evaluations for others, and the ledger of hours that members gave and received."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, Row, Select, func, select, update

from assay.errors import ConflictError, NotFoundError
from assay.evals.pooling import Entry
from assay.statements.keys import PublicKey
from assay.store.database import insert_missing
from assay.store.evidence import add_key
from assay.store.tables import account, evaluation_lease, evaluation_request, ledger_entry, runner

__all__ = [
    "Registered",
    "earlier_seconds",
    "entries",
    "find_runner",
    "forgive",
    "mark_faulty",
    "note_hours",
    "register",
    "registered",
    "seen",
]

_HOUR = 3600.0


class Registered(NamedTuple):
    """A runner as its member registered it."""

    keyid: str
    user_id: int
    member: str
    """Name of the account that registered it."""
    operator: str
    processor: str
    created: int
    """Seconds since 1970, like the others."""
    seen: int
    faulty: int | None
    """Since when it gets no work; None while it does."""


def register(
    connection: Connection, key: PublicKey, user_id: int, *, operator: str, processor: str, now: int
) -> Registered:
    """Enter a runner by its key, or change its processor; the operator of a key stays what it was.

    Raises:
        ConflictError: the key is another member's, or answers to another operator.
    """
    add_key(connection, key)
    row = {"keyid": key.keyid, "user_id": user_id, "operator": operator, "processor": processor}
    if not insert_missing(connection, runner, [{**row, "created": now, "seen": now}]):
        held = find_runner(connection, key.keyid)
        if (held.user_id, held.operator) != (user_id, operator):
            raise ConflictError(
                f"the key {key.keyid[:12]} is registered for {held.operator}", hint="Use a key of its own per runner."
            )
        connection.execute(update(runner).where(runner.c.keyid == key.keyid).values(processor=processor))
    return find_runner(connection, key.keyid)


def find_runner(connection: Connection, keyid: str) -> Registered:
    """Return the runner with a key.

    Raises:
        NotFoundError: there is none.
    """
    row = connection.execute(_runners().where(runner.c.keyid == keyid)).first()
    if row is None:
        raise NotFoundError(f"no runner has the key {keyid[:64]}", hint="Register it first.")
    return _registered(row)


def registered(connection: Connection) -> list[Registered]:
    """Return all runners, in order of key ids."""
    return [_registered(row) for row in connection.execute(_runners().order_by(runner.c.keyid))]


def seen(connection: Connection, keyid: str, *, now: int) -> None:
    """Note that a runner asked for work."""
    connection.execute(update(runner).where(runner.c.keyid == keyid).values(seen=now))


def mark_faulty(connection: Connection, operator: str, *, now: int) -> None:
    """Give no more work to any runner of an operator."""
    found = (runner.c.operator == operator, runner.c.faulty.is_(None))
    connection.execute(update(runner).where(*found).values(faulty=now))


def forgive(connection: Connection, keyid: str) -> None:
    """Give work to a runner again that was found faulty.

    Raises:
        NotFoundError: there is none.
    """
    if connection.execute(update(runner).where(runner.c.keyid == keyid).values(faulty=None)).rowcount != 1:
        raise NotFoundError(f"no runner has the key {keyid[:64]}")


def note_hours(
    connection: Connection, lease: int, benchmark: str, *, giver: int, receiver: int, seconds: int, now: int
) -> None:
    """Enter what a run took, once for each lease."""
    row = {"lease": lease, "benchmark": benchmark, "giver": giver, "receiver": receiver}
    insert_missing(connection, ledger_entry, [{**row, "seconds": seconds, "at": now}])


def entries(connection: Connection, *, running: bool = True) -> list[Entry]:
    """Return the ledger, by names of members and in hours, oldest first.

    With `running`, also an entry for each run that is under way, of the time expected.
    """
    given, got = account.alias(), account.alias()
    booked = (
        select(ledger_entry.c.at, given.c.name.label("giver"), got.c.name.label("receiver"), ledger_entry.c.seconds)
        .join(given, given.c.id == ledger_entry.c.giver)
        .join(got, got.c.id == ledger_entry.c.receiver)
    )
    asked = evaluation_request.c
    begun = (
        select(evaluation_lease.c.taken.label("at"), given.c.name.label("giver"), got.c.name.label("receiver"),
               asked.expected.label("seconds"))
        .join(evaluation_request, asked.id == evaluation_lease.c.request)
        .join(runner, runner.c.keyid == evaluation_lease.c.keyid)
        .join(given, given.c.id == runner.c.user_id)
        .join(got, got.c.id == asked.asker)
        .where(evaluation_lease.c.state.in_(("held", "committed", "revealed")))
    )  # fmt: skip
    rows = [*connection.execute(booked), *(connection.execute(begun) if running else ())]
    return sorted(Entry(row.at / _HOUR, row.giver, row.receiver, row.seconds / _HOUR) for row in rows)


def earlier_seconds(connection: Connection, benchmark: str) -> int | None:
    """Return what runs of a benchmark took on average; None where none was entered."""
    query = select(func.avg(ledger_entry.c.seconds)).where(ledger_entry.c.benchmark == benchmark)
    found = connection.execute(query).scalar_one()
    return None if found is None else int(found)


def _runners() -> Select[tuple[object, ...]]:
    columns = (column for column in runner.c)
    return select(*columns, account.c.name.label("member")).join(account, account.c.id == runner.c.user_id)


def _registered(row: Row[tuple[object, ...]]) -> Registered:
    return Registered(
        row.keyid, row.user_id, row.member, row.operator, row.processor, row.created, row.seen, row.faulty
    )

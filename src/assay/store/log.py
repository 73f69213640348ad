"""The log of this hub: one leaf for each envelope, in the order in which they were stored, and the root over them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection, func, insert, select, text

from assay.errors import CorruptError, NotFoundError
from assay.statements.envelope import Envelope
from assay.statements.log import Kind, Leaf, commitment, leaf_hash, merkle_root, size_class
from assay.store.tables import log_leaf

__all__ = ["append", "leaf_at", "place_of", "root", "size"]

_SALT_BYTES = 32


def append(connection: Connection, made: Iterable[Envelope], *, now: int) -> None:
    """Record envelopes in this order; `now` is in seconds since 1970."""
    if connection.dialect.name == "postgresql":  # numbers have no gaps, so who takes one makes the others wait
        connection.execute(text("LOCK TABLE log_leaf IN SHARE ROW EXCLUSIVE MODE"))
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = []
    for number, one in enumerate(made, size(connection)):
        salt = secrets.token_bytes(_SALT_BYTES)
        leaf = Leaf(Kind.STATEMENT, commitment(salt, one.digest), size_class(len(one.raw)), stamp)
        rows.append({"number": number, "data": leaf.to_bytes(), "envelope": one.digest, "salt": salt})
    connection.execute(insert(log_leaf), rows)


def size(connection: Connection) -> int:
    """Return how many leaves the log has."""
    return int(connection.execute(select(func.coalesce(func.max(log_leaf.c.number) + 1, 0))).scalar_one())


def leaf_at(connection: Connection, number: int) -> bytes:
    """Return one leaf of the log.

    Raises:
        NotFoundError: the log is not that long.
    """
    data = connection.execute(select(log_leaf.c.data).where(log_leaf.c.number == number)).scalar_one_or_none()
    if data is None:
        raise NotFoundError(f"the log has no leaf {number}")
    return bytes(data)


def place_of(connection: Connection, digest: str) -> int | None:
    """Return the number of the leaf that records an envelope; None where none does."""
    query = select(func.min(log_leaf.c.number)).where(log_leaf.c.envelope == digest)
    number: int | None = connection.execute(query).scalar_one()
    return number


def root(connection: Connection, first: int | None = None) -> str:
    """Return the Merkle root over all leaves, or the first so many, in hex; takes time in proportion to their number.

    Raises:
        CorruptError: a leaf is missing.
    """
    query = select(log_leaf.c.number, log_leaf.c.data).order_by(log_leaf.c.number)
    rows = connection.execute(query if first is None else query.where(log_leaf.c.number < first))
    hashes = []
    for place, row in enumerate(rows):
        if row.number != place:
            raise CorruptError(f"leaf {place} of the log is missing", hint="Restore it from a backup.")
        hashes.append(leaf_hash(row.data))
    return merkle_root(hashes).hex()

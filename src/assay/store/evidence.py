"""Statements as they were signed, whose keys signed them, what they are about, and the log that records each."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, func, insert, select, text, update

from assay.canonical import JSON, sha256_hex
from assay.dossier import Said
from assay.errors import CorruptError, NotFoundError, StatementError
from assay.evals.reproduction import Placed
from assay.statements.envelope import Envelope
from assay.statements.evidence import Evidence, VerifiedStatement
from assay.statements.keys import PublicKey
from assay.statements.log import Kind, Leaf, commitment, leaf_hash, merkle_root, size_class
from assay.statements.predicates import audit, retraction, reveal
from assay.statements.predicates.result import TYPE as RESULT
from assay.statements.statement import Statement
from assay.store import results
from assay.store.database import insert_missing
from assay.store.git.objects import Oid
from assay.store.tables import envelope, evidence, log_leaf, public_key, repo, revision

__all__ = [
    "Checked",
    "Kept",
    "Key",
    "add",
    "add_key",
    "body_of",
    "check",
    "dirhash_of",
    "keys_of",
    "leaf_at",
    "log_root",
    "log_size",
    "name_revision",
    "pin",
    "place_of",
    "placed_about",
    "said",
    "statements_about",
    "subject_of",
    "trusted_keys",
]

_SALT_BYTES = 32
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAMES = {reveal.TYPE: "commitment", audit.TYPE: "commitment", retraction.TYPE: "envelope"}
"""What statements about statements name, by type and key."""


class Key(NamedTuple):
    """A public key that this hub has seen."""

    keyid: str
    pem: bytes
    name: str
    """What people call its holder; empty where nobody said."""
    own: bool
    """A key of this hub."""
    pinned: bool
    """An administrator trusts it."""


class Checked(NamedTuple):
    """An envelope whose signatures hold, by `check`."""

    envelope: Envelope
    said: VerifiedStatement
    keys: tuple[PublicKey, ...]
    """Of the signers."""
    subject: str
    """The dirHash that it is about."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored statement, as lists show it."""

    digest: str
    """SHA-256 of the envelope in hex."""
    predicate_type: str
    subject: str
    """The dirHash it is about."""
    signers: tuple[str, ...]
    """Ids of the keys whose signature holds."""
    own: bool
    """A key of this hub signed it."""
    pinned: bool
    """A key that an administrator trusts signed it."""
    foreign: bool
    """It came from elsewhere."""
    received: int
    """Seconds since 1970."""
    attempt: str | None
    """Key of the attempt that made it, here."""


def check(one: Envelope, keys: Iterable[PublicKey], *, about: str | None = None) -> Checked:
    """Verify an envelope, outside of any transaction.

    `about` is the dirHash that `subject_of` found, for statements that name another statement and no files.

    Raises:
        VerificationError: a signature does not hold, or no signer is among `keys`.
        StatementError: it is no statement about a revision that is named by its files.
    """
    offered = tuple(keys)
    said_ = Evidence((one,), offered).verified()[0]
    subject = said_.statement.dirhash or about
    if subject is None:
        raise StatementError("the statement names no dirHash", hint="Only that says which files it is about.")
    return Checked(one, said_, tuple(key for key in offered if key.keyid in said_.signers), subject)


def subject_of(connection: Connection, statement: Statement) -> str | None:
    """Return the dirHash that a statement is about, by the statement here that it names where it names no files."""
    named = statement.predicate.get(_NAMES.get(statement.predicate_type, ""))
    if statement.dirhash is not None or not isinstance(named, str) or not _DIGEST.fullmatch(named):
        return statement.dirhash
    return connection.execute(select(envelope.c.subject).where(envelope.c.digest == named)).scalar_one_or_none()


def add(
    connection: Connection, repo_id: int, checked: Checked, *, foreign: bool, now: int, attempt: str | None = None
) -> bool:
    """Store a statement with its leaf of the log, shown with a repo; return False where it was stored before.

    `now` is in seconds since 1970; `attempt` is the key of the attempt that made it, of which there is only one.
    """
    made, told = checked.envelope, checked.said
    for key in checked.keys:
        add_key(connection, key)
    row = {
        "digest": made.digest,
        "payload": sha256_hex(made.payload),
        "subject": checked.subject,
        "predicate": told.statement.predicate_type,
        "signers": " ".join(told.signers),
        "foreign": foreign,
        "received": now,
        "attempt": attempt,
        "body": made.raw,
    }
    new = insert_missing(connection, envelope, [row]) == 1
    if new:
        _log(connection, made, now)
        if told.statement.predicate_type == RESULT:
            results.record(connection, made.digest, told.statement.predicate)
    insert_missing(connection, evidence, [{"repo_id": repo_id, "digest": made.digest}])
    return new


def statements_about(connection: Connection, repo_id: int, dirhash: str) -> list[Kept]:
    """Return what was said about a revision to those who read this repo, newest first."""
    query = _shown(repo_id).where(envelope.c.subject == dirhash)
    rows = connection.execute(query.order_by(envelope.c.received.desc(), envelope.c.digest)).all()
    trust = {key.keyid: key for key in keys_of(connection, (name for row in rows for name in row.signers.split()))}
    return [_kept(row, trust) for row in rows]


def placed_about(
    connection: Connection, dirhash: str, where: ColumnElement[bool], types: Iterable[str]
) -> list[Placed]:
    """Return the statements of some types about a revision with their places in the log, in that order.

    `where` is a condition on rows of `repo`: those whose readers may see what comes of it.

    Raises:
        CorruptError: one changed since it was stored.
    """
    query = (
        select(envelope.c.digest, envelope.c.signers, envelope.c.body, log_leaf.c.number)
        .join(log_leaf, log_leaf.c.envelope == envelope.c.digest)
        .where(envelope.c.subject == dirhash, envelope.c.predicate.in_(list(types)))
        .where(exists().where(evidence.c.digest == envelope.c.digest, evidence.c.repo_id == repo.c.id, where))
        .order_by(log_leaf.c.number)
    )
    found = []
    for row in connection.execute(query):
        statement = Envelope.parse(_whole(row.digest, row.body)).statement()
        verified = VerifiedStatement(statement, row.digest, tuple(row.signers.split()), pinned=False, known=True)
        found.append(Placed(verified, row.number))
    return found


def body_of(connection: Connection, repo_id: int, digest: str) -> bytes:
    """Return an envelope, byte for byte as it was signed.

    Raises:
        NotFoundError: the repo was shown none of this digest.
        CorruptError: it changed since it was stored.
    """
    query = _shown(repo_id).add_columns(envelope.c.body).where(envelope.c.digest == digest)
    row = connection.execute(query).first()
    if row is None:
        raise NotFoundError(f"there is no statement {digest[:64]}")
    return _whole(digest, row.body)


def said(connection: Connection, kept: Sequence[Kept]) -> list[Said]:
    """Return statements as the dossier takes them, in the order given, but the hub's own assessments first.

    Those by keys that nobody trusts decide nothing, so they are not even opened: their predicates are empty.

    Raises:
        CorruptError: one changed since it was stored.
    """
    found = []
    for one in sorted(kept, key=lambda one: one.attempt is None):
        trusted = one.own or one.pinned
        predicate = _predicate(connection, one.digest) if trusted else {}
        named = (one.predicate_type, predicate, one.subject, one.digest, one.signers)
        found.append(Said(*named, pinned=one.pinned, own=one.own))
    return found


def add_key(connection: Connection, key: PublicKey, *, name: str = "", own: bool = False) -> None:
    """Store a public key; what was said of it before stays, except that it may turn out to be the hub's own."""
    row = {"keyid": key.keyid, "pem": key.pem, "name": name, "own": own, "pinned": False}
    if not insert_missing(connection, public_key, [row]) and own:
        connection.execute(update(public_key).where(public_key.c.keyid == key.keyid).values(own=True))


def pin(connection: Connection, keyid: str, *, pinned: bool, name: str | None = None) -> None:
    """Trust a key, or trust it no more; `name` says whose it is.

    Raises:
        NotFoundError: no such key is known.
    """
    values = {"pinned": pinned} if name is None else {"pinned": pinned, "name": name}
    if connection.execute(update(public_key).where(public_key.c.keyid == keyid).values(**values)).rowcount != 1:
        raise NotFoundError(f"there is no key {keyid[:64]}")


def keys_of(connection: Connection, keyids: Iterable[str]) -> list[Key]:
    """Return those of the keys that are known, in order of their ids."""
    return _keys(connection, public_key.c.keyid.in_(sorted(set(keyids))))


def trusted_keys(connection: Connection) -> list[Key]:
    """Return the hub's own keys and those that are pinned, in order of their ids."""
    return _keys(connection, public_key.c.own | public_key.c.pinned)


def name_revision(connection: Connection, repo_id: int, commit: Oid, dirhash: str) -> None:
    """Record what names the files of a commit."""
    insert_missing(connection, revision, [{"repo_id": repo_id, "commit": commit, "dirhash": dirhash}])


def dirhash_of(connection: Connection, repo_id: int, commit: Oid) -> str | None:
    """Return what names the files of a commit; None while nobody has looked at them."""
    query = select(revision.c.dirhash).where(revision.c.repo_id == repo_id, revision.c.commit == commit)
    return connection.execute(query).scalar_one_or_none()


def log_size(connection: Connection) -> int:
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


def log_root(connection: Connection, size: int | None = None) -> str:
    """Return the Merkle root over all leaves, or the first `size`, in hex; takes time in proportion to their number.

    Raises:
        CorruptError: a leaf is missing.
    """
    query = select(log_leaf.c.number, log_leaf.c.data).order_by(log_leaf.c.number)
    rows = connection.execute(query if size is None else query.where(log_leaf.c.number < size))
    hashes = []
    for place, row in enumerate(rows):
        if row.number != place:
            raise CorruptError(f"leaf {place} of the log is missing", hint="Restore it from a backup.")
        hashes.append(leaf_hash(row.data))
    return merkle_root(hashes).hex()


def _keys(connection: Connection, where: ColumnElement[bool]) -> list[Key]:
    columns = (public_key.c.keyid, public_key.c.pem, public_key.c.name, public_key.c.own, public_key.c.pinned)
    rows = connection.execute(select(*columns).where(where).order_by(public_key.c.keyid))
    return [Key(row.keyid, bytes(row.pem), *row[2:]) for row in rows]


def _log(connection: Connection, made: Envelope, now: int) -> None:
    if connection.dialect.name == "postgresql":  # numbers have no gaps, so who takes one makes the others wait
        connection.execute(text("LOCK TABLE log_leaf IN SHARE ROW EXCLUSIVE MODE"))
    salt = secrets.token_bytes(_SALT_BYTES)
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    leaf = Leaf(Kind.STATEMENT, commitment(salt, made.digest), size_class(len(made.raw)), stamp)
    row = {"number": log_size(connection), "data": leaf.to_bytes(), "envelope": made.digest, "salt": salt}
    connection.execute(insert(log_leaf).values(**row))


def _shown(repo_id: int) -> Select[tuple[object, ...]]:
    """Select the statements that were made for a repo or sent to it; what others were sent is theirs to show."""
    columns = (column for column in envelope.c if column.name not in ("body", "payload"))
    return select(*columns).join(evidence, (evidence.c.digest == envelope.c.digest) & (evidence.c.repo_id == repo_id))


def _kept(row: Row[tuple[object, ...]], trust: dict[str, Key]) -> Kept:
    signers = tuple(row.signers.split())
    known = [trust[name] for name in signers if name in trust]
    return Kept(
        digest=row.digest,
        predicate_type=row.predicate,
        subject=row.subject,
        signers=signers,
        own=any(key.own for key in known),
        pinned=any(key.pinned for key in known),
        foreign=row.foreign,
        received=row.received,
        attempt=row.attempt,
    )


def _predicate(connection: Connection, digest: str) -> dict[str, JSON]:
    body = connection.execute(select(envelope.c.body).where(envelope.c.digest == digest)).scalar_one()
    return Envelope.parse(_whole(digest, body)).statement().predicate


def _whole(digest: str, body: bytes) -> bytes:
    if sha256_hex(body) != digest:
        raise CorruptError(f"the stored statement {digest[:12]} changed", hint="Restore it from a backup.")
    return bytes(body)

"""Statements as they were signed, whose keys signed them, and what they are about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Select,
    case,
    exists,
    func,
    select,
    tuple_,
    update,
)

from assay.canonical import JSON, sha256_hex
from assay.dossier import Said
from assay.errors import CorruptError, NotFoundError, StatementError
from assay.evals.reproduction import Placed
from assay.statements.envelope import Envelope
from assay.statements.evidence import Evidence, VerifiedStatement
from assay.statements.keys import PrivateKey, PublicKey
from assay.statements.predicates import audit, is_known, retraction, reveal
from assay.statements.predicates.result import TYPE as RESULT
from assay.statements.statement import Statement
from assay.store import log, results
from assay.store.database import insert_missing, inserted
from assay.store.git.objects import Oid
from assay.store.git.rows import batches
from assay.store.tables import envelope, evidence, log_leaf, public_key, repo, revision

__all__ = [
    "Checked",
    "Given",
    "Kept",
    "Key",
    "add",
    "add_key",
    "add_many",
    "body_of",
    "check",
    "dirhash_of",
    "dirhashes_of",
    "keys_of",
    "name_revisions",
    "pin",
    "placed_about",
    "predicates_of",
    "said",
    "signed_here",
    "statements_about",
    "statements_about_each",
    "subject_of",
    "trusted_keys",
]

_NONE: Mapping[str, dict[str, JSON]] = MappingProxyType({})
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAMES = {reveal.TYPE: "commitment", audit.TYPE: "commitment", retraction.TYPE: "envelope"}
"""What statements about statements name, by type and key."""


class _Outside(msgspec.Struct):
    payload: bytes


class _Inside(msgspec.Struct):
    predicate: dict[str, JSON]


_OUTSIDE, _INSIDE = msgspec.json.Decoder(_Outside), msgspec.json.Decoder(_Inside)


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


class Given(NamedTuple):
    """A statement to be stored and shown with a repo."""

    repo_id: int
    checked: Checked
    attempt: str | None = None
    """Key of the attempt that made it, of which there is only one."""


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

    @property
    def trusted(self) -> bool:
        """Whether it may decide anything."""
        return self.own or self.pinned


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


def signed_here(made: Statement, payload: bytes, key: PrivateKey) -> Checked:
    """Sign a statement about a revision that was checked before; `payload` are its bytes.

    Raises:
        StatementError: it is not named by its files.
    """
    if made.dirhash is None:
        raise StatementError("the statement names no dirHash", hint="Only that says which files it is about.")
    one = Envelope.sign(payload, key, parsed=True)
    told = VerifiedStatement(made, one.digest, (key.public.keyid,), pinned=False, known=is_known(made.predicate_type))
    return Checked(one, told, (key.public,), made.dirhash)


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
    return bool(add_many(connection, [Given(repo_id, checked, attempt)], foreign=foreign, now=now))


def add_many(connection: Connection, given: Sequence[Given], *, foreign: bool, now: int) -> set[str]:
    """Store statements as `add` does, logged in the order given; return the digests of those that are new."""
    for key in {key.keyid: key for one in given for key in one.checked.keys}.values():
        add_key(connection, key)
    rows = [
        {
            "digest": one.checked.envelope.digest,
            "payload": sha256_hex(one.checked.envelope.payload),
            "subject": one.checked.subject,
            "predicate": one.checked.said.statement.predicate_type,
            "signers": " ".join(one.checked.said.signers),
            "foreign": foreign,
            "received": now,
            "attempt": one.attempt,
            "body": one.checked.envelope.raw,
        }
        for one in given
    ]
    new = set(inserted(connection, envelope, rows, envelope.c.digest))
    made = {one.checked.envelope.digest: one.checked for one in given if one.checked.envelope.digest in new}
    if made:
        log.append(connection, [one.envelope for one in made.values()], now=now)
    for digest, one in made.items():
        if one.said.statement.predicate_type == RESULT:
            results.record(connection, digest, one.said.statement.predicate)
    for made_here in given:
        same = envelope.c.digest == made_here.checked.envelope.digest
        if made_here.attempt is not None and made_here.checked.envelope.digest not in new:
            # Said before, and now once more: after whatever was said in between, be it within the same second.
            received = _after_all(made_here.checked, now)
            connection.execute(update(envelope).where(same).values(received=received, attempt=made_here.attempt))
    shown = [{"repo_id": one.repo_id, "digest": one.checked.envelope.digest} for one in given]
    insert_missing(connection, evidence, shown)
    return new


def _after_all(one: Checked, now: int) -> ScalarSelect[int]:
    others = envelope.alias()
    last = func.max(others.c.received)
    about = (others.c.subject == one.subject, others.c.digest != one.envelope.digest)
    return select(case((last >= now, last + 1), else_=now)).where(*about).scalar_subquery()


def statements_about(connection: Connection, repo_id: int, dirhash: str) -> list[Kept]:
    """Return what was said about a revision to those who read this repo, newest first."""
    return statements_about_each(connection, [(repo_id, dirhash)])[repo_id, dirhash]


def statements_about_each(
    connection: Connection, named: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], list[Kept]]:
    """Return what was said about revisions, each named by a repo and its dirHash, as `statements_about` does."""
    found: dict[tuple[int, str], list[Kept]] = {one: [] for one in named}
    rows: list[Row[tuple[object, ...]]] = []
    for batch in batches(sorted(found)):
        these = tuple_(evidence.c.repo_id, envelope.c.subject).in_(batch)
        query = _shown(these).add_columns(evidence.c.repo_id)
        query = query.join(log_leaf, log_leaf.c.envelope == envelope.c.digest)
        rows += connection.execute(query.order_by(envelope.c.received.desc(), log_leaf.c.number.desc()))
    trust = {key.keyid: key for key in keys_of(connection, (name for row in rows for name in row.signers.split()))}
    for row in rows:
        found[row.repo_id, row.subject].append(_kept(row, trust))
    return found


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
    shown = _shown(evidence.c.repo_id == repo_id)
    query = shown.add_columns(envelope.c.body).where(envelope.c.digest == digest)
    row = connection.execute(query).first()
    if row is None:
        raise NotFoundError(f"there is no statement {digest[:64]}")
    return _whole(digest, row.body)


def said(connection: Connection, kept: Iterable[Kept], opened: Mapping[str, dict[str, JSON]] = _NONE) -> list[Said]:
    """Return statements as the dossier takes them, in the order given, but the hub's own assessments first.

    Those by keys that nobody trusts decide nothing, so they are not even opened: their predicates are empty. `opened`
    are predicates that the caller has, by digest of envelope.

    Raises:
        CorruptError: one changed since it was stored.
    """
    told = sorted(kept, key=lambda one: one.attempt is None)
    closed = [one.digest for one in told if one.trusted and one.digest not in opened]
    predicates = {**opened, **predicates_of(connection, closed)}
    return [
        Said(one.predicate_type, predicates[one.digest] if one.trusted else {}, one.subject, one.digest, one.signers,
             pinned=one.pinned, own=one.own)
        for one in told
    ]  # fmt: skip


def predicates_of(connection: Connection, digests: Iterable[str]) -> dict[str, dict[str, JSON]]:
    """Return the predicates of stored statements by the digests of their envelopes.

    Raises:
        CorruptError: one changed since it was stored.
    """
    found: dict[str, dict[str, JSON]] = {}
    for batch in batches(sorted(set(digests))):
        rows = select(envelope.c.digest, envelope.c.body).where(envelope.c.digest.in_(batch))
        found.update((row.digest, _predicate(row.digest, row.body)) for row in connection.execute(rows))
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


def name_revisions(connection: Connection, named: Iterable[tuple[int, Oid, str]]) -> None:
    """Record what names the files of commits: repo, commit, dirHash."""
    rows = [{"repo_id": repo_id, "commit": commit, "dirhash": dirhash} for repo_id, commit, dirhash in named]
    insert_missing(connection, revision, rows)


def dirhash_of(connection: Connection, repo_id: int, commit: Oid) -> str | None:
    """Return what names the files of a commit; None while nobody has looked at them."""
    return dirhashes_of(connection, [(repo_id, commit)]).get((repo_id, commit))


def dirhashes_of(connection: Connection, commits: Iterable[tuple[int, Oid]]) -> dict[tuple[int, Oid], str]:
    """Return what names the files of those of the commits, each with its repo, that somebody has looked at."""
    found: dict[tuple[int, Oid], str] = {}
    for batch in batches(sorted(set(commits))):
        rows = select(revision).where(tuple_(revision.c.repo_id, revision.c.commit).in_(batch))
        found.update(((row.repo_id, Oid(row.commit)), row.dirhash) for row in connection.execute(rows))
    return found


def _keys(connection: Connection, where: ColumnElement[bool]) -> list[Key]:
    columns = (public_key.c.keyid, public_key.c.pem, public_key.c.name, public_key.c.own, public_key.c.pinned)
    rows = connection.execute(select(*columns).where(where).order_by(public_key.c.keyid))
    return [Key(row.keyid, bytes(row.pem), *row[2:]) for row in rows]


def _shown(to: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    """Select the statements that were made for a repo or sent to it; what others were sent is theirs to show."""
    columns = (column for column in envelope.c if column.name not in ("body", "payload"))
    return select(*columns).join(evidence, (evidence.c.digest == envelope.c.digest) & to)


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


def _predicate(digest: str, body: bytes) -> dict[str, JSON]:
    # Its digest says that these are the bytes that were read strictly when they came: once is enough.
    return _INSIDE.decode(_OUTSIDE.decode(_whole(digest, body)).payload).predicate


def _whole(digest: str, body: bytes) -> bytes:
    if sha256_hex(body) != digest:
        raise CorruptError(f"the stored statement {digest[:12]} changed", hint="Restore it from a backup.")
    return bytes(body)

"""The evidence beside an artifact: envelopes and public keys in `.assay/`, each named by its own digest."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from assay.canonical import sha256_hex
from assay.errors import StatementError, VerificationError
from assay.statements.envelope import MAX_ENVELOPE, Envelope
from assay.statements.keys import PublicKey
from assay.statements.plain_files import new_file, regular_file, sync_folder
from assay.statements.predicates import is_known, validate
from assay.statements.statement import Statement

__all__ = ["FOLDER", "Evidence", "VerifiedStatement", "is_evidence_name", "read_evidence", "write_envelope"]

FOLDER = ".assay"

_STATEMENTS, _KEYS = "statements", "keys"
_NAME = re.compile(r"statements/[0-9a-f]{64}\.dsse\.json|keys/[0-9a-f]{64}\.pem")
_MAX_KEY = 4096
_MAX_FILES = 2000
_MAX_TOTAL = 256 * 1024 * 1024
_DRAFT = ".draft-"
_HINT = f"{FOLDER} holds only what Assay writes there; move the file elsewhere, or get the evidence again."


@dataclass(frozen=True, slots=True)
class VerifiedStatement:
    """A statement whose signatures hold. Only `pinned` says that the reader trusts a signer."""

    statement: Statement
    digest: str
    """SHA-256 of the envelope."""
    signers: tuple[str, ...]
    """Ids of the keys that signed it."""
    pinned: bool
    """Whether one of the signers was named by the reader; a key that travels with the evidence never is by itself."""
    known: bool
    """Whether the shape of this predicate type was checked."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Envelopes and public keys, as found."""

    envelopes: tuple[Envelope, ...] = ()
    """In order of their digests."""
    keys: tuple[PublicKey, ...] = ()
    """In order of their ids."""

    def with_keys(self, keys: Iterable[PublicKey]) -> Evidence:
        """Return the evidence and further keys to check signatures with."""
        known = {key.keyid: key for key in (*self.keys, *keys)}
        return replace(self, keys=tuple(known[keyid] for keyid in sorted(known)))

    def with_envelope(self, envelope: Envelope, key: PublicKey) -> Evidence:
        """Return the evidence, one more envelope, and its signer's key."""
        known = {one.digest: one for one in (*self.envelopes, envelope)}
        return replace(self, envelopes=tuple(known[digest] for digest in sorted(known))).with_keys((key,))

    def verified(self, pinned: Collection[str] = ()) -> tuple[VerifiedStatement, ...]:
        """Return every statement, in order of envelope digests; `pinned` are the ids of keys the reader trusts.

        Raises:
            VerificationError: a signature does not hold, or the keys of an envelope are not here.
            StatementError: a payload is no statement, or a predicate of a known type has a wrong shape.
        """
        return tuple(_verified(envelope, self.keys, pinned) for envelope in self.envelopes)

    def files(self) -> dict[str, bytes]:
        """Return what `.assay/` holds: path in it, and content, sorted by path."""
        keys = {_key_name(key): key.pem for key in self.keys}
        return {**keys, **{_envelope_name(envelope): envelope.raw for envelope in self.envelopes}}

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> Evidence:
        """Read what `files` wrote; no signature is checked.

        Raises:
            VerificationError: a name does not fit its content.
            StatementError: a name or a content is no evidence.
        """
        envelopes, keys = [], []
        for name, data in sorted(files.items()):
            if not is_evidence_name(name):
                raise StatementError(f"{name!a} is no evidence", hint=_HINT)
            if sha256_hex(data) != name.split("/")[1].split(".")[0]:
                raise VerificationError(f"{name}: the content does not fit the name", hint=_HINT)
            try:
                if name.startswith(_STATEMENTS):
                    envelopes.append(Envelope.parse(data))
                else:
                    keys.append(PublicKey(data))
            except StatementError as error:
                raise StatementError(f"{name}: {error}", hint=error.hint()) from error
        return cls(tuple(envelopes), tuple(keys))


def is_evidence_name(name: str) -> bool:
    """Whether `name` is a path that evidence has: `statements/<sha256>.dsse.json` or `keys/<keyid>.pem`."""
    return _NAME.fullmatch(name) is not None


def read_evidence(folder: Path) -> Evidence:
    """Return the evidence in `folder`, a `.assay`; none when the folder does not exist.

    Raises:
        StatementError: it holds anything else, a link, or more than evidence may be; the message names the file.
    """
    files: dict[str, bytes] = {}
    total = 0
    for name in _list(folder):
        limit = _MAX_KEY if name.startswith(_KEYS) else MAX_ENVELOPE
        files[name] = _read(folder / name, limit)
        total += len(files[name])
        if len(files) > _MAX_FILES or total > _MAX_TOTAL:
            raise StatementError(f"{folder} holds more than {_MAX_FILES:,} files or {_MAX_TOTAL:,} bytes", hint=_HINT)
    return Evidence.from_files(files)


def write_envelope(folder: Path, envelope: Envelope, public_key: PublicKey) -> Path:
    """Store `envelope` and its signer's key in `folder`, a `.assay`, and return the envelope's path.

    Each file appears whole or not at all; one that is there already is left alone.

    Raises:
        VerificationError: the envelope is not signed by that key.
        StatementError: the folder cannot be written.
    """
    envelope.verify((public_key,))
    try:
        _write(folder / _key_name(public_key), public_key.pem)
        return _write(folder / _envelope_name(envelope), envelope.raw)
    except OSError as error:
        raise StatementError(
            f"cannot write to {folder}: {error.strerror}", hint="Check space and permissions."
        ) from error


def _verified(envelope: Envelope, keys: Collection[PublicKey], pinned: Collection[str]) -> VerifiedStatement:
    signers = tuple(key.keyid for key in envelope.verify(keys))
    try:
        statement = envelope.statement()
        validate(statement)
    except StatementError as error:
        raise StatementError(f"envelope {envelope.digest[:12]}: {error}", hint=error.hint()) from error
    trusted = any(keyid in pinned for keyid in signers)
    return VerifiedStatement(statement, envelope.digest, signers, trusted, is_known(statement.predicate_type))


def _key_name(key: PublicKey) -> str:
    return f"{_KEYS}/{key.keyid}.pem"


def _envelope_name(envelope: Envelope) -> str:
    return f"{_STATEMENTS}/{envelope.digest}.dsse.json"


def _list(folder: Path) -> list[str]:
    """Return the names of all evidence files after checking that nothing else is there."""
    found = []
    for kind in _scan(folder):
        if kind.name.startswith(_DRAFT):
            raise StatementError(
                f"{kind.path!a} is half-written evidence",
                hint="Run again when nothing writes there; if it stays, a write was interrupted: delete it.",
            )
        if kind.name not in (_STATEMENTS, _KEYS) or not kind.is_dir(follow_symlinks=False):
            raise StatementError(f"{kind.path!a} is no evidence", hint=_HINT)
        for child in _scan(Path(kind.path)):
            name = f"{kind.name}/{child.name}"
            if not is_evidence_name(name) or not child.is_file(follow_symlinks=False):
                raise StatementError(f"{child.path!a} is no evidence", hint=_HINT)
            found.append(name)
            if len(found) > _MAX_FILES:
                raise StatementError(f"{folder} holds more than {_MAX_FILES:,} files", hint=_HINT)
    return sorted(found)


def _scan(folder: Path) -> list[os.DirEntry[str]]:
    try:
        if folder.is_symlink():
            raise StatementError(f"{folder} is a symbolic link", hint=_HINT)
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StatementError(f"cannot list {folder}: {error.strerror}", hint=_HINT) from error


def _read(path: Path, limit: int) -> bytes:
    try:
        with regular_file(path, follow=False) as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise StatementError(f"cannot read {path}: {error.strerror}", hint="Check the permissions.") from error
    if len(data) > limit:
        raise StatementError(f"{path} is larger than {limit:,} bytes", hint=_HINT)
    return data


def _write(path: Path, data: bytes) -> Path:
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.parent.parent / f"{_DRAFT}{secrets.token_hex(8)}"
    try:
        with new_file(draft) as file:
            file.write(data)
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)
    return path

"""One file that carries an artifact, its evidence and a policy across an air gap: packed, checked, unpacked."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from assay.artifact.blob import Blob, FileBlob, read_exactly
from assay.artifact.sources import Source
from assay.canonical import sha256_hex
from assay.errors import AssayError, BundleError, ReadError, StatementError
from assay.exchange.index import ARTIFACT, CLOSING, EVIDENCE, INDEX, MAX_INDEX, MAX_POLICY, POLICY, Index, Member
from assay.exchange.tar_form import BLOCK, END, header, padding, plain_size
from assay.statements.envelope import MAX_ENVELOPE, Envelope
from assay.statements.evidence import Evidence
from assay.statements.keys import PrivateKey, PublicKey
from assay.statements.predicates import bundle as bundle_predicate
from assay.statements.predicates import validate
from assay.statements.statement import Statement, Subject

__all__ = ["Bundle", "OnMember", "read_bundle", "unbundle", "write_bundle"]

OnMember = Callable[[str, int], None]
"""Is told path and size of each member before it is read."""

_PIECE = 1024 * 1024
_MAX_CLOSING = 64 * 1024
_NO_DIGEST = "0" * 64
_DAMAGED = "The bundle was damaged or changed on its way; get it again."


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle of which every bit was checked."""

    index: Index
    evidence: Evidence
    """All signatures in it hold; which signers to believe is for the reader to say."""
    policy: bytes | None
    """The policy its packer recommends, as YAML."""
    packer: PublicKey
    """Who vouches that nothing was added, left out or changed since packing. Believe it only if you know the key."""

    @property
    def dirhash(self) -> str:
        """The revision it carries."""
        return self.index.dirhash


def write_bundle(
    target: Path,
    source: Source,
    evidence: Evidence,
    key: PrivateKey,
    *,
    policy: bytes | None = None,
    on_member: OnMember | None = None,
) -> Bundle:
    """Pack `source`, `evidence` and `policy` into the new file `target`, closed by a signature of `key`.

    Each file is read once, in pieces of 1 MiB; the file appears whole or not at all.

    Raises:
        SourceError: a file cannot be read, or changed meanwhile.
        StatementError: the evidence does not verify.
        BundleError: something is at `target` already, it cannot be written, or a name cannot be carried.
    """
    evidence = evidence.with_keys((key.public,))
    evidence.verified()
    if policy is not None and len(policy) > MAX_POLICY:
        raise BundleError(f"{POLICY}: has {len(policy):,} bytes; at most {MAX_POLICY:,} are carried")
    _refuse_existing(target)
    draft = _draft(target)
    try:
        with _new_file(draft) as file:
            index = _pack(file, source, _small_members(evidence, policy), key, on_member)
        _sync_rename(draft, target)
    except OSError as error:
        raise _cannot("write", target, error) from error
    finally:
        draft.unlink(missing_ok=True)
    return Bundle(index, evidence, policy, key.public)


def read_bundle(path: Path, *, on_member: OnMember | None = None) -> Bundle:
    """Check every bit of the bundle at `path` and return what it carries.

    Raises:
        BundleError: it cannot be read, or is not exactly what its packer signed; the message names the member.
    """
    with _opened(path) as blob:
        return _unpack(blob, None, on_member)


def unbundle(path: Path, target: Path, *, on_member: OnMember | None = None) -> Bundle:
    """Unpack the bundle at `path` into the new folder `target`, its evidence in `.assay/`.

    The folder appears when all of it was checked, or not at all.

    Raises:
        BundleError: as `read_bundle`, or something is at `target` already, or it cannot be written.
    """
    _refuse_existing(target)
    draft = _draft(target)
    try:
        with _opened(path) as blob:
            draft.mkdir()
            made = _unpack(blob, draft, on_member)
        _sync_rename(draft, target)
    except OSError as error:
        raise _cannot("write", target, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return made


def _small_members(evidence: Evidence, policy: bytes | None) -> dict[str, bytes]:
    made = {f"{EVIDENCE}{name}": data for name, data in evidence.files().items()}
    return made if policy is None else {**made, POLICY: policy}


def _pack(
    file: BinaryIO, source: Source, small: dict[str, bytes], key: PrivateKey, on_member: OnMember | None
) -> Index:
    """Write all members behind an index of the right length, then the index itself, whose digests are known last."""
    entries = {f"{ARTIFACT}{entry.path}": entry for entry in source.entries()}
    sizes = {path: entry.size for path, entry in entries.items()} | {path: len(data) for path, data in small.items()}
    draft = Index.of(Member(path, size, _NO_DIGEST) for path, size in sizes.items())
    room = _framed(INDEX, draft.to_bytes())
    if len(draft.to_bytes()) > MAX_INDEX:
        raise BundleError(f"the index would have more than {MAX_INDEX:,} bytes", hint="Bundle fewer files.")
    file.write(room)
    members = []
    for path, size, _ in draft.members if False else ((one.path, one.size, one.sha256) for one in draft.members):
        if on_member is not None:
            on_member(path, size)
        file.write(header(path, size))
        if path in small:
            file.write(small[path])
            digest = sha256_hex(small[path])
        else:
            with source.open(entries[path]) as blob:
                digest = _copy(blob, 0, size, file, path)
        file.write(padding(size))
        members.append(Member(path, size, digest))
    index = Index.of(members)
    file.write(_framed(CLOSING, _closing(index, key)) + END)
    file.seek(0)
    file.write(_framed(INDEX, index.to_bytes()))
    return index

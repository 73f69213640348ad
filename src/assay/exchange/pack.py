"""Packs an artifact, its evidence and a policy into a bundle, reading each file once."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from assay.artifact.sources import Entry, Source
from assay.canonical import sha256_hex
from assay.errors import BundleError, ChangedError
from assay.exchange.bundle import Bundle
from assay.exchange.closing import sign_closing
from assay.exchange.index import ARTIFACT, CLOSING, EVIDENCE, INDEX, MAX_INDEX, MAX_POLICY, POLICY, Index, Member
from assay.exchange.tar_form import END, framed, header, padding
from assay.statements.evidence import Evidence
from assay.statements.keys import PrivateKey
from assay.statements.plain_files import new_file, sync_folder

__all__ = ["write_bundle"]

_PIECE = 1024 * 1024
_NO_DIGEST = "0" * 64


def write_bundle(
    target: Path,
    source: Source,
    evidence: Evidence,
    key: PrivateKey,
    *,
    policy: bytes | None = None,
    on_member: Callable[[str, int], None] | None = None,
) -> Bundle:
    """Pack `source`, `evidence` and `policy` into the new file `target`, closed by a signature of `key`.

    Each file is read once, in pieces of 1 MiB; `on_member(path, size)` is told before each member. The file appears
    whole or not at all.

    Raises:
        SourceError: a file cannot be read, or changed meanwhile.
        StatementError: the evidence does not verify.
        BundleError: something is at `target` already, it cannot be written, or a name cannot be carried.
    """
    evidence = evidence.with_keys((key.public,))
    evidence.verified()
    if policy is not None and len(policy) > MAX_POLICY:
        raise BundleError(f"{POLICY}: has {len(policy):,} bytes; at most {MAX_POLICY:,} are carried")
    if os.path.lexists(target):
        raise BundleError(f"{target} exists already", hint="Name a new file, or delete this one first.")
    plan = _Plan(source, _small(evidence, policy), on_member)
    draft = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}.tmp")
    try:
        with new_file(draft) as file:
            index = plan.write(file, key)
        draft.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise BundleError(f"cannot write {target}: {error.strerror}", hint="Check space and permissions.") from error
    finally:
        draft.unlink(missing_ok=True)
    return Bundle(index, evidence, policy, key.public)


def _small(evidence: Evidence, policy: bytes | None) -> dict[str, bytes]:
    members = {f"{EVIDENCE}{name}": data for name, data in evidence.files().items()}
    return members if policy is None else {**members, POLICY: policy}


class _Plan:
    """All members of a bundle to be, before a byte of the artifact is read."""

    def __init__(self, source: Source, small: dict[str, bytes], on_member: Callable[[str, int], None] | None) -> None:
        self.source = source
        self.small = small
        self.on_member = on_member
        self.entries = {f"{ARTIFACT}{entry.path}": entry for entry in source.entries()}
        sizes = {path: entry.size for path, entry in self.entries.items()}
        sizes.update((path, len(data)) for path, data in small.items())
        self.draft = Index.of(Member(path, size, _NO_DIGEST) for path, size in sizes.items())
        if len(self.draft.to_bytes()) > MAX_INDEX:
            raise BundleError(f"the index would have more than {MAX_INDEX:,} bytes", hint="Bundle fewer files.")

    def write(self, file: BinaryIO, key: PrivateKey) -> Index:
        """Write the members behind an index of the right length; the index itself last, when all digests are known."""
        file.write(framed(INDEX, self.draft.to_bytes()))
        index = Index.of(Member(one.path, one.size, self._member(one, file)) for one in self.draft.members)
        file.write(framed(CLOSING, sign_closing(index, key)) + END)
        file.seek(0)
        file.write(framed(INDEX, index.to_bytes()))
        return index

    def _member(self, member: Member, file: BinaryIO) -> str:
        """Write one member and return its SHA-256 in hex."""
        if self.on_member is not None:
            self.on_member(member.path, member.size)
        file.write(header(member.path, member.size))
        if member.path in self.small:
            file.write(self.small[member.path])
            digest = sha256_hex(self.small[member.path])
        else:
            digest = self._copy(self.entries[member.path], file)
        file.write(padding(member.size))
        return digest

    def _copy(self, entry: Entry, file: BinaryIO) -> str:
        hasher = hashlib.sha256()
        with self.source.open(entry) as blob:
            for offset in range(0, entry.size, _PIECE):
                length = min(_PIECE, entry.size - offset)
                piece = blob.read_at(offset, length)
                if len(piece) != length:
                    raise ChangedError(f"{entry.path} ended before its {entry.size:,} bytes")
                hasher.update(piece)
                file.write(piece)
        return hasher.hexdigest()

"""One file that carries an artifact, its evidence and a policy across an air gap: every bit checked, then unpacked."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from assay.artifact.blob import Blob, FileBlob, read_exactly
from assay.errors import BundleError, ReadError, StatementError
from assay.exchange.closing import check_closing
from assay.exchange.index import ARTIFACT, CLOSING, EVIDENCE, INDEX, MAX_INDEX, MAX_POLICY, POLICY, Index, Member
from assay.exchange.tar_form import BLOCK, END, framed_size, header, padding, plain_size
from assay.statements.envelope import MAX_ENVELOPE
from assay.statements.evidence import Evidence
from assay.statements.keys import PublicKey
from assay.statements.plain_files import new_file, regular_file, sync_folder

__all__ = ["Bundle", "read_bundle", "unbundle"]

_PIECE = 1024 * 1024
_MAX_CLOSING = 64 * 1024
_MAX_EVIDENCE = 256 * 1024 * 1024
_DAMAGED = "The bundle was damaged or changed on its way; get it again."


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle of which every bit was checked."""

    index: Index
    evidence: Evidence
    """All signatures in it hold; which signers to believe is for the reader to say."""
    policy: bytes | None
    """The policy that its packer encloses, as YAML."""
    packer: PublicKey
    """Who vouches that nothing was added, left out or changed since packing; worth as much as the key is trusted."""

    @property
    def dirhash(self) -> str:
        """The revision it carries."""
        return self.index.dirhash

    def places(self) -> dict[str, tuple[Member, int]]:
        """Return each file of the artifact by its path: its member, and at which byte of the bundle it begins."""
        found = {}
        for member, start in _offsets(self.index, framed_size(INDEX, len(self.index.to_bytes()))).items():
            if member.path.startswith(ARTIFACT):
                path = member.path.removeprefix(ARTIFACT)
                found[path] = (member, start + len(header(member.path, member.size)))
        return found


def read_bundle(path: Path, *, on_member: Callable[[str, int], None] | None = None) -> Bundle:
    """Check every bit of the bundle at `path`; `on_member(path, size)` is told before each file of the artifact.

    Raises:
        BundleError: it cannot be read, or is not exactly what its packer signed; the message names the member.
    """
    with _opened(path) as blob:
        return _Reader(blob, on_member).read(None)


def unbundle(path: Path, target: Path, *, on_member: Callable[[str, int], None] | None = None) -> Bundle:
    """Unpack the bundle at `path` into the new folder `target`, its evidence into `.assay/` there.

    The folder appears when every bit was checked, or not at all. The policy is returned, not written.

    Raises:
        BundleError: as `read_bundle`, or something is at `target` already, or it cannot be written.
    """
    if os.path.lexists(target):
        raise BundleError(f"{target} exists already", hint="Name a folder that does not exist yet.")
    draft = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}.tmp")
    try:
        with _opened(path) as blob:
            draft.mkdir()
            bundle = _Reader(blob, on_member).read(draft)
        draft.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise BundleError(f"cannot write {target}: {error.strerror}", hint="Check space and permissions.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return bundle


@contextmanager
def _opened(path: Path) -> Iterator[Blob]:
    with ExitStack() as stack:
        try:
            file = stack.enter_context(regular_file(path))
        except OSError as error:
            raise BundleError(f"cannot read {path}: {error.strerror}", hint="Check the path.") from error
        try:
            yield FileBlob(file.fileno(), os.fstat(file.fileno()).st_size)
        except ReadError as error:
            raise BundleError(f"{path} {error}", hint=_DAMAGED) from error


class _Reader:
    """Walks through a bundle from its index: nothing is looked for, everything is compared with what must be there."""

    def __init__(self, blob: Blob, on_member: Callable[[str, int], None] | None) -> None:
        self.blob = blob
        self.on_member = on_member

    def read(self, folder: Path | None) -> Bundle:
        """Check everything, cheapest first; write artifact and evidence into `folder` when one is given."""
        index, start = self._index()
        offsets = _offsets(index, start)
        closing = self._end(start + sum(framed_size(member.path, member.size) for member in index.members))
        small = self._small(index, offsets)
        evidence = _evidence(small)
        packer = check_closing(closing, index, evidence.keys)
        for member in index.members:
            if member.path.startswith(ARTIFACT):
                if self.on_member is not None:
                    self.on_member(member.path, member.size)
                with _output(folder, member) as out:
                    self._member(member, offsets[member], out.write)
            elif folder is not None and member.place is not None:
                with _output(folder, member) as out:
                    out.write(small[member.path])
        return Bundle(index, evidence, small.get(POLICY), packer)

    def _index(self) -> tuple[Index, int]:
        """Return the index and where the next member begins."""
        if self.blob.size < BLOCK or not self.blob.read_at(0, BLOCK).startswith(INDEX.encode()):
            raise BundleError("this is no bundle", hint="A bundle is made by: assay bundle FOLDER.")
        data, end = self._plain(INDEX, 0, MAX_INDEX)
        return Index.parse(data), end

    def _end(self, offset: int) -> bytes:
        """Check that the file ends as it must, and return the closing envelope, which begins at `offset`."""
        if offset + BLOCK > self.blob.size:
            raise BundleError(f"cut off: {self.blob.size:,} bytes are fewer than its index needs", hint=_DAMAGED)
        data, end = self._plain(CLOSING, offset, _MAX_CLOSING)
        if self.blob.size != end + len(END):
            raise BundleError(f"{self.blob.size:,} bytes long instead of {end + len(END):,}", hint=_DAMAGED)
        self._expect(END, end, "the end")
        return data

    def _plain(self, path: str, offset: int, limit: int) -> tuple[bytes, int]:
        """Return the contents of a member whose size stands in its header, and where the next one begins."""
        size = plain_size(read_exactly(self.blob, offset, BLOCK, path), path)
        if size > limit:
            raise BundleError(f"{path}: {size:,} bytes, more than the {limit:,} it may have")
        data = read_exactly(self.blob, offset + BLOCK, size, path)
        self._expect(padding(size), offset + BLOCK + size, f"{path}: the padding")
        return data, offset + framed_size(path, size)

    def _small(self, index: Index, offsets: dict[Member, int]) -> dict[str, bytes]:
        """Return evidence and policy."""
        members = [member for member in index.members if not member.path.startswith(ARTIFACT)]
        total = 0
        for member in members:
            limit = MAX_POLICY if member.path == POLICY else MAX_ENVELOPE
            total += member.size
            if member.size > limit or total > _MAX_EVIDENCE:
                raise BundleError(f"{member.path}: {member.size:,} bytes are more than evidence may have")
        small = {}
        for member in members:
            pieces: list[bytes] = []
            self._member(member, offsets[member], pieces.append)
            small[member.path] = b"".join(pieces)
        return small

    def _member(self, member: Member, offset: int, write: Callable[[bytes], object]) -> None:
        """Check one member bit by bit and pass its contents on, in pieces of 1 MiB."""
        head = header(member.path, member.size)
        self._expect(head, offset, f"{member.path}: the header")
        offset += len(head)
        hasher = hashlib.sha256()
        for done in range(0, member.size, _PIECE):
            piece = read_exactly(self.blob, offset + done, min(_PIECE, member.size - done), member.path)
            hasher.update(piece)
            write(piece)
        if hasher.hexdigest() != member.sha256:
            raise BundleError(f"{member.path}: its bytes do not have the digest in the index", hint=_DAMAGED)
        self._expect(padding(member.size), offset + member.size, f"{member.path}: the padding")

    def _expect(self, wanted: bytes, offset: int, what: str) -> None:
        if self.blob.read_at(offset, len(wanted)) != wanted:
            raise BundleError(f"{what} is not as a bundle writes it", hint=_DAMAGED)


def _offsets(index: Index, start: int) -> dict[Member, int]:
    """Return where each member begins, the first one at `start`."""
    offsets = {}
    for member in index.members:
        offsets[member] = start
        start += framed_size(member.path, member.size)
    return offsets


def _evidence(small: dict[str, bytes]) -> Evidence:
    files = {path.removeprefix(EVIDENCE): data for path, data in small.items() if path.startswith(EVIDENCE)}
    try:
        evidence = Evidence.from_files(files)
        evidence.verified()
    except StatementError as error:
        raise BundleError(f"evidence: {error}", hint=error.hint()) from error
    return evidence


class _Nowhere:
    def write(self, data: bytes) -> None:
        """Drop `data`."""


@contextmanager
def _output(folder: Path | None, member: Member) -> Iterator[BinaryIO | _Nowhere]:
    if folder is None or member.place is None:
        yield _Nowhere()
        return
    place = folder / member.place
    place.parent.mkdir(parents=True, exist_ok=True)
    with new_file(place) as file:
        yield file

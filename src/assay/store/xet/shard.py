"""Shards: which chunks of which xorbs make which file; read block by block, within limits.

A header of 48 bytes, then records of 48 bytes: files, an end mark, xorbs, an end mark; at times a footer, not needed.
Source: the Xet protocol specification (huggingface.co/docs/xet/shard) and draft-denis-xet-03.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

from assay.artifact.blob import Blob, read_exactly
from assay.errors import BudgetError, ReadError, VerificationError
from assay.store.xet.hashes import NO_HASH, XetHash, digest_of, hash_of
from assay.store.xet.xorb import MAX_CHUNK, MAX_CHUNKS, Xorb

__all__ = [
    "MAX_CONTENT",
    "MAX_SHARD",
    "MAX_TERMS",
    "ChunkInfo",
    "FileInfo",
    "Term",
    "XorbInfo",
    "check_xorb",
    "read_shard",
    "write_shard",
]

MAX_SHARD = 64 * 1024 * 1024
"""Bytes of a shard."""
MAX_TERMS = 256 * 1024
"""Terms of one file."""
MAX_CONTENT = 1024**4
"""Bytes of all files of a shard: who checks it reads them, and a few MB can name the same GB again and again."""

_TAG = b"HFRepoMetaData\0" + bytes.fromhex("556967456a7b815783a5bdd95ccdd14aa9")
_VERSION = 2
_FOOTER = 200
_RECORD = 48
_HEADER = Struct("<32sQQ")
_FILE = Struct("<32sIIQ")
_TERM = Struct("<32sIIII")
_ALONE = Struct("<32s16x")
_XORB = Struct("<32sIIII")
_CHUNK = Struct("<32sIII4x")
_END = b"\xff" * 32
_WITH_RANGES = 1 << 31
_WITH_SHA256 = 1 << 30
_ELIGIBLE = 1 << 31
"""On a chunk: a client may ask for it in other repos. It changes nothing here."""


class Term(NamedTuple):
    """A run of chunks of one xorb, as part of a file."""

    xorb: XetHash
    first: int
    """Number of the first chunk in the xorb."""
    end: int
    """Number of the chunk after the last."""
    size: int
    """Bytes, unpacked."""


@dataclass(frozen=True, slots=True)
class FileInfo:
    """What a shard claims about a file."""

    hash: XetHash
    terms: tuple[Term, ...]
    ranges: tuple[XetHash, ...] | None
    """The range hash of each term, where given."""
    sha256: str | None
    """In hex, where given."""

    @property
    def size(self) -> int:
        """Length in bytes, as the terms claim it."""
        return sum(term.size for term in self.terms)


class ChunkInfo(NamedTuple):
    """What a shard claims about a chunk."""

    hash: XetHash
    start: int
    """Of the unpacked bytes, counted from the first chunk of the xorb."""
    size: int
    """Bytes, unpacked."""


@dataclass(frozen=True, slots=True)
class XorbInfo:
    """What a shard claims about a xorb."""

    hash: XetHash
    chunks: tuple[ChunkInfo, ...]
    size: int
    """Bytes, unpacked."""
    length: int
    """Bytes, packed; a client may not know it and say 0."""


def read_shard(blob: Blob) -> Iterator[FileInfo | XorbInfo]:
    """Yield the files, then the xorbs of a shard; what it claims is checked for sense, not yet for truth.

    One block is in memory at a time. Only a shard that was read to its end is known to be whole.

    Raises:
        BudgetError: it, or its files, have more bytes, or a file more terms, than is allowed.
        ReadError: it makes no sense as a shard.
    """
    if blob.size > MAX_SHARD:
        raise BudgetError(f"a shard has {blob.size:,} bytes, more than {MAX_SHARD:,}")
    tag, version, footer = _HEADER.unpack(read_exactly(blob, 0, _RECORD, "the header of a shard"))
    if tag != _TAG:
        raise ReadError("this is no shard: its first 32 bytes are others", offset=0)
    if version != _VERSION:
        raise ReadError(f"a shard has version {version}, not {_VERSION}", offset=32)
    if footer not in (0, _FOOTER):
        raise ReadError(f"a shard names a footer of {footer:,} bytes; 0 or {_FOOTER} are possible", offset=40)
    records = _Records(blob)
    content = 0
    while (head := records.head("a file")) is not None:
        file = _file(records, head)
        content += file.size
        if content > MAX_CONTENT:
            raise BudgetError(f"the files of a shard have more than {MAX_CONTENT:,} bytes", offset=records.offset)
        yield file
    while (head := records.head("a xorb")) is not None:
        yield _xorb(records, head)
    behind = blob.size - records.offset
    if behind < _FOOTER if footer else behind:
        raise ReadError(
            f"a shard has {behind:,} bytes behind its last record and names a footer of {footer}", offset=records.offset
        )


def check_xorb(claimed: XorbInfo, xorb: Xorb) -> None:
    """Compare what a shard claims about a xorb with what was computed from the xorb's bytes.

    Raises:
        VerificationError: they differ.
    """
    if claimed.hash != xorb.hash or len(claimed.chunks) != len(xorb.chunks):
        raise VerificationError(f"a shard lists {len(claimed.chunks)} chunks of xorb {claimed.hash}; it has others")
    for index, (said, chunk) in enumerate(zip(claimed.chunks, xorb.chunks, strict=True)):
        if said != (chunk.hash, chunk.start, chunk.size):
            raise VerificationError(f"a shard describes chunk {index} of xorb {xorb.hash} as another than it is")


def write_shard(files: Iterable[FileInfo], xorbs: Iterable[XorbInfo] = ()) -> bytes:
    """Return a shard without footer, as clients send it."""
    parts = [_HEADER.pack(_TAG, _VERSION, 0)]
    for file in files:
        flags = (_WITH_RANGES if file.ranges is not None else 0) | (_WITH_SHA256 if file.sha256 is not None else 0)
        parts.append(_FILE.pack(digest_of(file.hash), flags, len(file.terms), 0))
        parts += [_TERM.pack(digest_of(term.xorb), 0, term.size, term.first, term.end) for term in file.terms]
        parts += [_ALONE.pack(digest_of(value)) for value in file.ranges or ()]
        if file.sha256 is not None:
            parts.append(_ALONE.pack(digest_of(XetHash(file.sha256))))
    parts.append(_ALONE.pack(_END))
    for xorb in xorbs:
        parts.append(_XORB.pack(digest_of(xorb.hash), 0, len(xorb.chunks), xorb.size, xorb.length))
        parts += [_CHUNK.pack(digest_of(chunk.hash), chunk.start, chunk.size, 0) for chunk in xorb.chunks]
    parts.append(_ALONE.pack(_END))
    return b"".join(parts)


class _Records:
    """The records of a shard, from the first on."""

    def __init__(self, blob: Blob) -> None:
        self._blob = blob
        self.offset = _RECORD

    def head(self, what: str) -> bytes | None:
        """Return the record that begins a block, or None when it is an end mark."""
        record = self.take(1, f"the record of {what}, or an end mark,")
        return None if record.startswith(_END) else record

    def take(self, count: int, what: str) -> bytes:
        """Return the bytes of the next `count` records."""
        data = read_exactly(self._blob, self.offset, count * _RECORD, what)
        self.offset += len(data)
        return data

    def wrong(self, message: str) -> ReadError:
        """Return the error that says so of the block just read."""
        return ReadError(message, offset=self.offset)


def _file(records: _Records, head: bytes) -> FileInfo:
    digest, flags, count, _ = _FILE.unpack(head)
    name = hash_of(digest)
    if flags & ~(_WITH_RANGES | _WITH_SHA256):
        raise records.wrong(f"file {name} has flags {flags:#x}, which are not known")
    if count > MAX_TERMS:
        raise BudgetError(f"file {name} has {count:,} terms, more than {MAX_TERMS:,}", offset=records.offset)
    if (count == 0) != (name == NO_HASH):
        raise records.wrong(f"file {name} has {count} terms")
    rows = records.take(count, f"the terms of file {name}")
    terms = tuple(_term(records, row) for row in _TERM.iter_unpack(rows))
    ranges = _alone(records, count, f"the range hashes of file {name}") if flags & _WITH_RANGES else None
    sha256 = _alone(records, 1, f"the sha256 of file {name}")[0] if flags & _WITH_SHA256 else None
    return FileInfo(name, terms, ranges, sha256)


def _term(records: _Records, row: tuple[bytes, int, int, int, int]) -> Term:
    digest, flags, size, first, end = row
    name = hash_of(digest)
    if flags:
        raise records.wrong(f"a term of xorb {name} has flags {flags:#x}, which are not known")
    if not (first < end <= MAX_CHUNKS and end - first <= size <= (end - first) * MAX_CHUNK):
        raise records.wrong(f"a term names chunks {first} to {end} of xorb {name} with {size:,} bytes")
    return Term(name, first, end, size)


def _alone(records: _Records, count: int, what: str) -> tuple[XetHash, ...]:
    return tuple(hash_of(digest) for (digest,) in _ALONE.iter_unpack(records.take(count, what)))


def _xorb(records: _Records, head: bytes) -> XorbInfo:
    digest, flags, count, size, length = _XORB.unpack(head)
    name = hash_of(digest)
    if flags:
        raise records.wrong(f"xorb {name} has flags {flags:#x}, which are not known")
    if not 0 < count <= MAX_CHUNKS:
        raise records.wrong(f"xorb {name} has {count:,} chunks; 1 to {MAX_CHUNKS:,} are possible")
    chunks: list[ChunkInfo] = []
    start = 0
    for chunk, said, unpacked, marks in _CHUNK.iter_unpack(records.take(count, f"the chunks of xorb {name}")):
        if said != start or not 0 < unpacked <= MAX_CHUNK or marks & ~_ELIGIBLE:
            raise records.wrong(f"chunk {len(chunks)} of xorb {name} makes no sense")
        chunks.append(ChunkInfo(hash_of(chunk), said, unpacked))
        start += unpacked
    if size != start:
        raise records.wrong(f"xorb {name} claims {size:,} bytes; its chunks have {start:,}")
    return XorbInfo(name, tuple(chunks), size, length)

"""The digests of a blob's pieces, so that any range can be checked without reading the rest.

What names a blob is its SHA-256. That can only be checked by reading all of it, so a tree of one level is kept
beside every blob of more than one piece: XXH3-128 of each MiB. It guards against what disks and cables do, not
against a person who may write to the store; `BlobStore.verify` goes back to the SHA-256. It costs about a thirtieth
of SHA-256, so every range can be checked every time, and no memory of earlier checks is needed that could be stale.
A tree holds the SHA-256 it belongs to and ends with a digest of itself; one that is lost or damaged is computed anew
from the blob when its SHA-256 still fits.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from assay.errors import CorruptError, MissingExtraError

try:
    from xxhash import xxh3_128_digest
except ModuleNotFoundError as error:
    raise MissingExtraError.of("xxhash", "hub") from error

__all__ = ["PIECE", "Hasher", "Tree"]

PIECE = 1024 * 1024
"""Bytes that are checked together."""

_MAGIC = b"assay tree 1\n"
_DIGEST = 16
_HEAD = len(_MAGIC) + 32 + 8


@dataclass(frozen=True, slots=True)
class Tree:
    """What each piece of one blob must be; a blob of one piece is checked by its SHA-256 and has no digests."""

    sha256: str
    size: int
    """Length of the blob in bytes."""
    digests: bytes = b""
    """XXH3-128 of each piece, 16 bytes each, one after another."""

    def fits(self, index: int, piece: bytes | memoryview) -> bool:
        """Say whether `piece` is the piece number `index`, counted from 0."""
        if self.size <= PIECE:
            return hashlib.sha256(piece).hexdigest() == self.sha256
        return xxh3_128_digest(piece) == self.digests[index * _DIGEST : (index + 1) * _DIGEST]

    def encode(self) -> bytes:
        """Return the form that is stored: magic, SHA-256, size (8 bytes, little-endian), digests, own digest."""
        body = _MAGIC + bytes.fromhex(self.sha256) + self.size.to_bytes(8, "little") + self.digests
        return body + xxh3_128_digest(body)

    @classmethod
    def decode(cls, data: bytes, sha256: str) -> Tree:
        """Return the tree of the blob `sha256` from its stored form.

        Raises:
            CorruptError: it is damaged, or of another blob.
        """
        body, own = data[:-_DIGEST], data[-_DIGEST:]
        if not body.startswith(_MAGIC + bytes.fromhex(sha256)) or xxh3_128_digest(body) != own:
            raise CorruptError(f"the tree of the stored blob {sha256} is damaged")
        size = int.from_bytes(body[_HEAD - 8 : _HEAD], "little")
        digests = body[_HEAD:]
        if len(digests) != -(-size // PIECE) * _DIGEST:
            raise CorruptError(f"the tree of the stored blob {sha256} is of another length than its blob")
        return cls(sha256, size, digests)


class Hasher:
    """SHA-256, size and tree of a blob in one pass."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._digests = bytearray()
        self.size = 0
        """Bytes seen so far."""

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes: whole pieces, except at the end of the blob."""
        if self.size % PIECE:
            raise ValueError("only the last bytes of a blob may be less than a piece")
        self._sha256.update(data)
        with memoryview(data) as view:
            for start in range(0, len(view), PIECE):
                self._digests += xxh3_128_digest(view[start : start + PIECE])
        self.size += len(data)

    def tree(self) -> Tree:
        """Return what was seen."""
        return Tree(self._sha256.hexdigest(), self.size, bytes(self._digests) if self.size > PIECE else b"")

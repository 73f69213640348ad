"""The log's leaf, fixed for good, and the Merkle tree over leaves (RFC 6962): hashes, root, inclusion proofs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from assay.canonical import canonical_json
from assay.errors import StatementError, VerificationError
from assay.statements.fields import Field
from assay.statements.strict_json import parse_canonical

__all__ = [
    "Kind",
    "Leaf",
    "Reason",
    "commitment",
    "inclusion_proof",
    "leaf_hash",
    "merkle_root",
    "node_hash",
    "size_class",
    "verify_inclusion",
]

_VERSION = 1
_MAX_LEAF = 2047
_SALT_BYTES = 32
_HASH_BYTES = 32
_MAX_CLASS = 63
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class Kind(StrEnum):
    """What an entry of the log records."""

    REVISION = "revision"
    STATEMENT = "statement"
    ADVISORY = "advisory"
    REVOCATION = "revocation"
    KEY_ADD = "key-add"
    KEY_REVOKE = "key-revoke"
    TAKEDOWN = "takedown"


class Reason(StrEnum):
    """Why something was withdrawn. A closed list: free text could name a person, and a leaf can never be erased."""

    NONE = "none"
    ERROR = "error"
    SUPERSEDED = "superseded"
    ROTATION = "rotation"
    COMPROMISE = "compromise"
    MALWARE = "malware"
    LICENCE = "licence"
    PRIVACY = "privacy"
    LEGAL = "legal"
    OWNER = "owner"


_WITHDRAWALS = (Kind.REVOCATION, Kind.KEY_REVOKE, Kind.TAKEDOWN)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry: that something was recorded, when and how large; what it was is known only to holders of the salt.

    Raises:
        StatementError: a field is wrong, or a reason stands where none belongs or is missing where one must be.
    """

    kind: Kind
    commitment: str
    """SHA-256(salt || envelope digest) in hex, see `commitment`."""
    size_class: int
    """The smallest k with 2**k >= the size of the envelope in bytes, see `size_class`."""
    time: str
    """UTC in whole seconds, `2026-11-22T10:00:00Z`."""
    reason: Reason = Reason.NONE

    def __post_init__(self) -> None:
        _check(Field(self._document(), "leaf"))

    def to_bytes(self) -> bytes:
        """Return the canonical JSON line, without a newline: what is hashed into the tree."""
        return canonical_json(self._document())

    @classmethod
    def parse(cls, data: bytes) -> Leaf:
        """Read a leaf.

        Raises:
            StatementError: it is not the canonical form of a leaf of version 1.
        """
        field = Field(parse_canonical(data, "the leaf", _MAX_LEAF), "leaf")
        _check(field)
        value = field.value
        return cls(
            Kind(value["kind"]), value["commitment"], value["size_class"], value["time"], Reason(value["reason"])
        )

    def _document(self) -> dict[str, str | int]:
        return {
            "v": _VERSION,
            "kind": str(self.kind),
            "commitment": self.commitment,
            "size_class": self.size_class,
            "time": self.time,
            "reason": str(self.reason),
        }


def commitment(salt: bytes, envelope_digest: str) -> str:
    """Return SHA-256(salt || envelope digest) in hex, over the 32 bytes of each.

    Raises:
        StatementError: salt or digest have another length.
    """
    if len(salt) != _SALT_BYTES:
        raise StatementError(f"a salt has {_SALT_BYTES} bytes, not {len(salt)}")
    digest = bytes.fromhex(Field(envelope_digest, "envelope digest").hex())
    return hashlib.sha256(salt + digest).hexdigest()


def size_class(size: int) -> int:
    """Return the smallest k with 2**k >= `size` bytes."""
    return max(size - 1, 0).bit_length()


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf's bytes (RFC 6962: SHA-256 of 0x00 and the bytes)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (RFC 6962: SHA-256 of 0x01 and both children)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes; that of no leaves is SHA-256 of nothing."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level: Sequence[bytes] = leaves
    while len(level) > 1:
        level = _level_above(level)
    return level[0]


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the hashes that lead from leaf `index` to the root, nearest first.

    Raises:
        StatementError: there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise StatementError(f"there is no leaf {index} in a log of {len(leaves)}")
    proof = []
    level: Sequence[bytes] = leaves
    while len(level) > 1:
        if index ^ 1 < len(level):
            proof.append(level[index ^ 1])
        level = _level_above(level)
        index //= 2
    return tuple(proof)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the hash `leaf` stands at `index` in the log of `size` leaves with this `root`.

    Raises:
        VerificationError: it does not, or the proof has the wrong length.
    """
    if not 0 <= index < size:
        raise VerificationError(f"there is no leaf {index} in a log of {size}")
    if any(len(item) != _HASH_BYTES for item in (leaf, *proof)):
        raise VerificationError(f"a hash in the inclusion proof has not {_HASH_BYTES} bytes")
    left = list(reversed(proof))
    node, last = leaf, size - 1
    while last:
        if index & 1 or index < last:
            if not left:
                raise VerificationError("the inclusion proof is too short")
            other = left.pop()
            node = node_hash(other, node) if index & 1 else node_hash(node, other)
        index, last = index // 2, last // 2
    if left:
        raise VerificationError("the inclusion proof is too long")
    if node != root:
        raise VerificationError("the inclusion proof leads to another root")


def _level_above(level: Sequence[bytes]) -> Sequence[bytes]:
    # A node without a neighbour rises as it is, which gives the same tree as splitting at powers of two.
    paired = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    return [*paired, *level[len(paired) * 2 :]]


def _check(leaf: Field) -> None:
    leaf.object("v", "kind", "commitment", "size_class", "time", "reason")
    if leaf["v"].count() != _VERSION:
        raise leaf["v"].fault(f"expected {_VERSION}; a newer Assay may read this leaf")
    kind = leaf["kind"].choice(tuple(Kind))
    leaf["commitment"].hex()
    if leaf["size_class"].count() > _MAX_CLASS:
        raise leaf["size_class"].fault(f"expected at most {_MAX_CLASS}")
    _check_time(leaf["time"])
    if (leaf["reason"].choice(tuple(Reason)) != Reason.NONE) != (kind in _WITHDRAWALS):
        raise leaf["reason"].fault(f"expected {'a reason' if kind in _WITHDRAWALS else 'none'} for {kind}")


def _check_time(field: Field) -> None:
    text = field.text(most=20)
    try:
        real = _TIME.fullmatch(text) is not None and bool(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z"))
    except ValueError:
        real = False
    if not real:
        raise field.fault("expected UTC in whole seconds, such as 2026-11-22T10:00:00Z")

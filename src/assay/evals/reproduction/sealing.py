"""Commit, then reveal: a salted Merkle root that binds answers to one key and one round, and what opens it.

Each leaf is hashed with the evaluator's key id, the round, the conditions, its place, and a blind of its own
that only the salt gives. So the root tells nothing about answers, however few they could be; a root or answers that
somebody copied open to nothing under another key; and one leaf can be shown without the others.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import NamedTuple

from assay.canonical import JSON, canonical_json
from assay.errors import StatementError, VerificationError
from assay.evals.reproduction.leaves import AnswerLeaf
from assay.statements.fields import Field
from assay.statements.log import inclusion_proof, leaf_hash, merkle_root, verify_inclusion

__all__ = ["SALT_BYTES", "Binding", "Opening", "opening", "sealed_root", "verify_opening", "verify_reveal"]

SALT_BYTES = 32

_DOMAIN = "assay/sealed-leaf/v1"
_MAX_PROOF = 64


class Binding(NamedTuple):
    """What answers are bound to."""

    keyid: str
    """Of the evaluator who signs the commitment."""
    round: str
    """Id of the round, in hex."""
    conditions: str
    """Digest of what all runs of the round share, in hex."""


class Opening(NamedTuple):
    """One leaf shown without the others."""

    place: int
    """From 0, in order of sample id."""
    of: int
    """How many leaves there are."""
    blind: str
    leaf: AnswerLeaf
    proof: tuple[str, ...]
    """Hashes beside the path to the root, nearest first, in hex."""

    def to_json(self) -> dict[str, JSON]:
        """Return the opening as a JSON object."""
        return {**self._asdict(), "leaf": self.leaf.to_json(), "proof": list(self.proof)}

    @classmethod
    def read(cls, field: Field) -> Opening:
        """Read an opening; nothing is proven yet.

        Raises:
            StatementError: a field is wrong; the message begins with its path.
        """
        field.object("place", "of", "blind", "leaf", "proof")
        proof = tuple(item.hex() for item in field["proof"].each(most=_MAX_PROOF))
        leaf = AnswerLeaf.read(field["leaf"])
        return cls(field["place"].count(), field["of"].count(least=1), field["blind"].hex(), leaf, proof)


def sealed_root(leaves: Sequence[AnswerLeaf], binding: Binding, salt: bytes) -> str:
    """Return the root to commit to, in hex; `salt` is 32 random bytes used for this root alone.

    Raises:
        StatementError: the salt has another length, or there are no leaves.
    """
    return merkle_root(_sealed(leaves, binding, salt)).hex()


def opening(leaves: Sequence[AnswerLeaf], binding: Binding, salt: bytes, place: int) -> Opening:
    """Return what shows leaf `place` to stand under the sealed root, and nothing about the other leaves.

    Raises:
        StatementError: there is no such leaf, or the salt has another length.
    """
    hashes = _sealed(leaves, binding, salt)
    proof = tuple(item.hex() for item in inclusion_proof(hashes, place))
    return Opening(place, len(leaves), _blind(salt, place).hex(), leaves[place], proof)


def verify_opening(root: str, binding: Binding, shown: Opening) -> None:
    """Check that a leaf stands under a sealed root of that evaluator and round.

    Raises:
        VerificationError: it does not.
    """
    data = _leaf_data(shown.leaf, binding, shown.place, shown.of, bytes.fromhex(shown.blind))
    proof = [bytes.fromhex(item) for item in shown.proof]
    verify_inclusion(leaf_hash(data), shown.place, shown.of, proof, bytes.fromhex(root))


def verify_reveal(root: str, binding: Binding, salt: bytes, leaves: Sequence[AnswerLeaf]) -> None:
    """Check that salt and leaves are those that were committed to under this key, in this round.

    Raises:
        VerificationError: they are not.
    """
    if sealed_root(leaves, binding, salt) != root:
        raise VerificationError(
            "what was revealed is not what was committed to",
            hint="Another key, another round, or other answers: it counts for nothing.",
        )


def _sealed(leaves: Sequence[AnswerLeaf], binding: Binding, salt: bytes) -> list[bytes]:
    if len(salt) != SALT_BYTES:
        raise StatementError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    if not leaves:
        raise StatementError("there is nothing to commit to: no leaves")
    of = len(leaves)
    return [leaf_hash(_leaf_data(leaf, binding, at, of, _blind(salt, at))) for at, leaf in enumerate(leaves)]


def _leaf_data(leaf: AnswerLeaf, binding: Binding, place: int, of: int, blind: bytes) -> bytes:
    return canonical_json(
        {
            "domain": _DOMAIN,
            **binding._asdict(),
            "place": place,
            "of": of,
            "blind": blind.hex(),
            "leaf": leaf.to_json(),
        }
    )


def _blind(salt: bytes, place: int) -> bytes:
    # From the blind of one leaf nobody can tell that of another, nor the salt (HMAC as a pseudo-random function).
    return hmac.digest(salt, b"%s %d" % (_DOMAIN.encode(), place), hashlib.sha256)

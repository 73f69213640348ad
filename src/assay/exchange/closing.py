"""The last member of a bundle: its packer's signature over the index, and so over every other bit."""

from __future__ import annotations

from collections.abc import Iterable

from assay.errors import BundleError, StatementError
from assay.exchange.index import CLOSING, INDEX, Index
from assay.statements.envelope import Envelope
from assay.statements.keys import PrivateKey, PublicKey
from assay.statements.predicates import bundle
from assay.statements.statement import Statement, Subject, revision_subjects

__all__ = ["check_closing", "sign_closing"]


def sign_closing(index: Index, key: PrivateKey) -> bytes:
    """Return the closing envelope for `index`."""
    return Envelope.sign(_statement(index), key).to_bytes()


def check_closing(data: bytes, index: Index, keys: Iterable[PublicKey]) -> PublicKey:
    """Return the key that closed the bundle; what it must have signed follows from `index` alone.

    Raises:
        BundleError: it is not exactly one good signature, by one of `keys`, over just that.
    """
    hint = "The bundle was damaged or changed on its way; get it again."
    try:
        envelope = Envelope.parse(data)
        signers = envelope.verify(keys)
    except StatementError as error:
        raise BundleError(f"{CLOSING}: {error}", hint=hint) from error
    if envelope.payload != _statement(index):
        raise BundleError(f"{CLOSING}: it was signed for another index", hint=hint)
    if len(envelope.signatures) != 1 or not envelope.is_canonical:
        raise BundleError(f"{CLOSING}: it is not the one signature of a packer, written canonically", hint=hint)
    return signers[0]


def _statement(index: Index) -> bytes:
    predicate = {"members": len(index.members), "bytes": index.size}
    subjects = (Subject(INDEX, {"sha256": index.digest}), *revision_subjects(index.dirhash, None))
    return Statement(bundle.TYPE, subjects, predicate).to_bytes()

"""A DSSE v1 envelope: a statement's bytes as they were signed, and the signatures over them."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from assay.canonical import canonical_json, sha256_hex
from assay.errors import VerificationError
from assay.statements.fields import Field
from assay.statements.keys import PrivateKey, PublicKey
from assay.statements.statement import MAX_STATEMENT, Statement
from assay.statements.strict_json import parse_strict

__all__ = ["MAX_ENVELOPE", "PAYLOAD_TYPE", "Envelope", "Signature", "pae"]

PAYLOAD_TYPE = "application/vnd.in-toto+json"

MAX_ENVELOPE = MAX_STATEMENT // 3 * 4 + 64 * 1024
"""Most bytes of an envelope: the largest statement in base64, and its signatures."""

_MAX_SIGNATURES = 32
_MAX_SIGNATURE = 1024


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature over the payload."""

    keyid: str
    """SHA-256 of the signer's PEM public key in hex. A hint: only the signature itself says who signed."""
    sig: bytes


@dataclass(frozen=True)
class Envelope:
    """Payload and signatures, with the very bytes in which they came."""

    payload: bytes
    signatures: tuple[Signature, ...]
    raw: bytes
    """The envelope as it was received or made; what is stored and hashed."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the envelope's bytes in hex: how other statements and the log name it."""
        return sha256_hex(self.raw)

    @property
    def is_canonical(self) -> bool:
        """Whether its bytes are the canonical JSON of what it holds, as `sign` makes them."""
        return self.raw == _canonical(self.payload, self.signatures)

    def to_bytes(self) -> bytes:
        """Return the envelope's bytes, never re-serialised."""
        return self.raw

    def statement(self) -> Statement:
        """Return what is said, whether or not a signature holds.

        Raises:
            StatementError: the payload is no statement.
        """
        return Statement.parse(self.payload)

    @classmethod
    def sign(cls, payload: bytes, key: PrivateKey, *, parsed: bool = False) -> Envelope:
        """Return an envelope around `payload` signed by `key`, in canonical JSON; `parsed`: the caller has read it.

        Raises:
            StatementError: the payload is no statement.
        """
        if not parsed:
            Statement.parse(payload)
        signature = Signature(key.public.keyid, key.sign(pae(payload)))
        return cls(payload, (signature,), _canonical(payload, (signature,)))

    @classmethod
    def parse(cls, data: bytes) -> Envelope:
        """Read an envelope; no signature is checked.

        Raises:
            StatementError: too long, no strict JSON, an unknown key, another payload type, or sloppy base64.
        """
        root = Field(parse_strict(data, "the envelope", MAX_ENVELOPE), "envelope")
        root.object("payload", "payloadType", "signatures")
        if root["payloadType"].value != PAYLOAD_TYPE:
            raise root["payloadType"].fault(f"expected {PAYLOAD_TYPE!r}")
        payload = _base64(root["payload"], MAX_STATEMENT)
        signatures = tuple(_signature(item) for item in root["signatures"].each(least=1, most=_MAX_SIGNATURES))
        if len({signature.keyid for signature in signatures}) != len(signatures):
            raise root["signatures"].fault("two signatures name the same key")
        return cls(payload, signatures, data)

    def verify(self, keys: Iterable[PublicKey]) -> tuple[PublicKey, ...]:
        """Return those of `keys` that signed the payload, in order of the signatures.

        Signatures by other keys are left aside: nothing can be said about them. One that names a key of `keys`
        and does not hold condemns the envelope, because somebody changed something.

        Raises:
            VerificationError: no signature by one of `keys`, or one that does not hold.
        """
        known = {key.keyid: key for key in keys}
        signed = pae(self.payload)
        signers = []
        for signature in self.signatures:
            key = known.get(signature.keyid)
            if key is None:
                continue
            if not key.holds(signature.sig, signed):
                raise VerificationError(
                    f"envelope {self.digest[:12]}: the signature by key {key.keyid[:12]} does not hold",
                    hint="The statement was changed after it was signed; get it again from its signer.",
                )
            signers.append(key)
        if not signers:
            names = ", ".join(signature.keyid[:12] for signature in self.signatures)
            raise VerificationError(
                f"envelope {self.digest[:12]} is signed by {names}; that public key is not here",
                hint="Get the signer's public key and pass it with --key.",
            )
        return tuple(signers)


def pae(payload: bytes) -> bytes:
    """Return what is signed: DSSE's pre-authentication encoding of payload type and payload."""
    return b"DSSEv1 %d %b %d %b" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


def _canonical(payload: bytes, signatures: Iterable[Signature]) -> bytes:
    named = [{"keyid": one.keyid, "sig": base64.b64encode(one.sig).decode()} for one in signatures]
    document = {"payload": base64.b64encode(payload).decode(), "payloadType": PAYLOAD_TYPE, "signatures": named}
    return canonical_json(document)


def _signature(field: Field) -> Signature:
    field.object("keyid", "sig")
    return Signature(field["keyid"].hex(), _base64(field["sig"], _MAX_SIGNATURE))


def _base64(field: Field, limit: int) -> bytes:
    """Decode standard base64 with padding; only the one text that encoding the result gives again is taken."""
    text = field.text(most=limit // 3 * 4 + 4)
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b""
    if not data or base64.b64encode(data).decode() != text:
        raise field.fault("expected standard base64 with padding")
    return data

"""Who signed a rule pack: the envelope beside it must be about these very bytes, by a key that is trusted."""

from __future__ import annotations

from collections.abc import Sequence

from assay.errors import RulesError
from assay.statements.envelope import Envelope
from assay.statements.keys import PublicKey
from assay.statements.predicates import rule_pack, validate

__all__ = ["signer_of"]


def signer_of(envelope: bytes, digest: str, trusted: Sequence[PublicKey]) -> str:
    """Return the id of the trusted key that signed the pack whose `pack.json` has the SHA-256 `digest`.

    Raises:
        RulesError: the envelope is about something else.
        StatementError: it is no envelope, or what is in it is not well formed.
        VerificationError: none of these keys signed it.
    """
    signed = Envelope.parse(envelope)
    statement = signed.statement()
    validate(statement)
    signers = signed.verify(trusted)
    about = [subject.digest.get("sha256") for subject in statement.subjects]
    if statement.predicate_type != rule_pack.TYPE or about != [digest]:
        raise RulesError(
            "this is not a signature of this pack", hint="Ask its maker for pack.dsse.json of this version."
        )
    return signers[0].keyid

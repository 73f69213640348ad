"""What statements come to, for a reader who has them but did not make them: who said what, and which signers count."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from assay.dossier import Said
from assay.reports import visible
from assay.statements.envelope import Envelope
from assay.statements.evidence import FOLDER, VerifiedStatement, read_evidence, write_envelope
from assay.statements.keys import default_key_path, load_key, load_or_create_key

__all__ = ["about_what", "own_keyid", "said_by", "sign_beside", "statement_lines"]


def own_keyid(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the id of this user's key; None when there is none yet.

    Raises:
        StatementError: the key file is open to others, or no key.
    """
    path = default_key_path(environ)
    return load_key(path).public.keyid if path.exists() else None


def sign_beside(folder: Path, payload: bytes, environ: Mapping[str, str] = os.environ) -> str:
    """Sign a statement with this user's key, made on first use, put it into `folder/.assay`, and say so in a line.

    Raises:
        StatementError: the key or the evidence folder cannot be used.
    """
    read_evidence(folder / FOLDER)  # what is there already must be evidence, or nobody could read ours
    key = load_or_create_key(default_key_path(environ))
    envelope = Envelope.sign(payload, key)
    write_envelope(folder / FOLDER, envelope, key.public)
    kind = kind_of(envelope.statement().predicate_type)
    return f"signed   {kind} {envelope.digest[:16]} by key {key.public.keyid[:16]}, in {visible(folder / FOLDER)}"


def kind_of(predicate_type: str) -> str:
    """Return the word for a predicate type: `assessment` for `urn:assay:assessment:v1`."""
    return visible(predicate_type.removeprefix("urn:assay:").split(":")[0])


def said_by(statements: Iterable[VerifiedStatement], own: str | None) -> list[Said]:
    """Return verified statements as the dossier takes them; `own` is the id of the reader's key."""
    return [
        Said(
            one.statement.predicate_type,
            one.statement.predicate,
            about_what(one),
            one.digest,
            one.signers,
            pinned=one.pinned,
            own=own is not None and own in one.signers,
        )
        for one in statements
    ]


def about_what(one: VerifiedStatement) -> str:
    """Return what names the revision that a statement is about: its dirHash, else its commit, else nothing."""
    commits = (subject.digest["gitCommit"] for subject in one.statement.subjects if "gitCommit" in subject.digest)
    return one.statement.dirhash or next(commits, "")


def statement_lines(statements: Sequence[VerifiedStatement], own: str | None, dirhash: str) -> list[str]:
    """Return one line per statement: what kind, by whom, and whether that signer counts."""
    lines = []
    for one in statements:
        signers = ", ".join(keyid[:16] for keyid in one.signers)
        elsewhere = "" if about_what(one) == dirhash else ", about another revision"
        shape = "" if one.known else ", of a type unknown here"
        lines.append(
            f"  {kind_of(one.statement.predicate_type):11} by key {signers} ({_standing(one, own)}){elsewhere}{shape}"
        )
    return lines


def _standing(one: VerifiedStatement, own: str | None) -> str:
    if one.pinned:
        return "pinned"
    return "your own" if own is not None and own in one.signers else "key not pinned"

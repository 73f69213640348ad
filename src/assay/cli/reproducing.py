"""A signed result, run again here in the same way: found, re-run, committed to, revealed and held against the first."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from assay.artifact.identity import dir_hash
from assay.artifact.sources.local import open_local
from assay.canonical import JSON
from assay.errors import StatementError, UsageError
from assay.evals.journal import Journal, log_place
from assay.evals.reproduction import (
    Agreement,
    AnswerLeaf,
    Held,
    Placed,
    Side,
    Trust,
    agreement_statement,
    by_roots,
    commit,
    compare,
    conditions,
    differences,
    from_log,
    leaves_of,
    open_up,
    plain_root,
    trust,
)
from assay.evals.reproduction.sealing import SALT_BYTES
from assay.evals.runner import Progress
from assay.evals.sampling import read_sampling
from assay.isolate.evaluating import Asking, Evaluated, evaluate_isolated, open_benchmark
from assay.isolate.evaluating_model import Confined
from assay.statements.envelope import Envelope
from assay.statements.evidence import FOLDER, Evidence, VerifiedStatement, read_evidence, write_envelope
from assay.statements.fields import Field
from assay.statements.folder import hash_source
from assay.statements.keys import PrivateKey, PublicKey
from assay.statements.predicates import result, reveal, validate
from assay.statements.statement import Statement

__all__ = [
    "Again",
    "Claim",
    "Settled",
    "decimal_margin",
    "find_claim",
    "first_answers",
    "public_keys",
    "run_again",
    "settle",
]

_MAX_ENVELOPE = 64 * 1024 * 1024


class Claim(NamedTuple):
    """The result that is to be reproduced, and what lies beside it."""

    said: VerifiedStatement
    evidence: Evidence
    folder: Path | None
    """The model's folder, where the result lies in its evidence."""

    @property
    def predicate(self) -> dict[str, JSON]:
        """What was found."""
        return self.said.statement.predicate


class Again(NamedTuple):
    """The second run."""

    done: Evaluated
    leaves: tuple[AnswerLeaf, ...]


class Settled(NamedTuple):
    """What came of it, and what was written."""

    agreement: Agreement
    trust: Trust
    """Of the first result, for whoever ran it again."""
    written: tuple[tuple[str, str], ...]
    """Word and envelope digest of each statement, in the order in which they were made."""


def decimal_margin(text: str) -> Decimal:
    """Return the margin that a person wrote.

    Raises:
        UsageError: it is no number above zero, or not below one.
    """
    try:
        margin = Decimal(text)
    except InvalidOperation:
        margin = Decimal(0)
    if not 0 < margin < 1:
        raise UsageError(f"the margin {text!r} is no number between 0 and 1", hint="One point is 0.01.")
    return margin


def public_keys(paths: Sequence[str]) -> tuple[PublicKey, ...]:
    """Return the public keys in the PEM files at `paths`.

    Raises:
        UsageError: a file cannot be read.
        StatementError: a file holds no public key.
    """
    try:
        return tuple(PublicKey(Path(path).read_bytes()) for path in paths)
    except OSError as error:
        raise UsageError(f"cannot read the key {error.filename}: {error.strerror}") from error


def find_claim(place: Path, keys: tuple[PublicKey, ...]) -> Claim:
    """Return the result in the statement file `place`, or the only one in the evidence of the model folder `place`.

    Raises:
        UsageError: there is no result, or more than one.
        StatementError: it is malformed, or not signed by a key that is here.
    """
    beside = place.parent.parent
    folder: Path | None = beside.parent if beside.name == FOLDER else None
    folder, wanted = (place, None) if place.is_dir() else (folder, _envelope(place))
    evidence = (read_evidence(folder / FOLDER) if folder else Evidence()).with_keys(keys)
    envelopes = evidence.envelopes if wanted is None else (wanted,)
    found = [
        one
        for one in Evidence(envelopes, evidence.keys).verified([key.keyid for key in keys])
        if one.statement.predicate_type == result.TYPE
    ]
    if len(found) > 1:
        found = [one for one in found if "reproduces" not in one.statement.predicate] or found
    if len(found) != 1:
        names = ", ".join(one.digest[:16] for one in found)
        raise UsageError(
            f"{place} holds {f'{len(found)} results ({names})' if found else 'no result'}",
            hint=f"Name one, as MODEL/{FOLDER}/statements/DIGEST.dsse.json." if found else "Make one with assay eval.",
        )
    return Claim(found[0], evidence, folder)


def first_answers(claim: Claim, log: Path | None) -> tuple[AnswerLeaf, ...] | None:
    """Return the answers of the first run, from its sample log or from its reveal; None where neither is here.

    Raises:
        UsageError: `log` cannot be read, or is not the sample log of the result.
        StatementError: it is no sample log.
    """
    root = claim.predicate["samples"]["merkle_root"]
    if log is not None:
        try:
            with log.open("rb") as lines:
                found = from_log(lines)
        except OSError as error:
            raise UsageError(f"cannot read {log}: {error.strerror}") from error
        if plain_root(found) != root:
            raise UsageError(f"{log} is not the sample log of the result", hint="Its root is another.")
        return found
    for one in claim.evidence.verified():
        if one.statement.predicate_type == reveal.TYPE and one.statement.predicate["result"] == claim.said.digest:
            found = leaves_of(Field(one.statement.predicate["leaves"], "leaves"))
            if plain_root(found) == root:
                return found
    return None


def run_again(
    claim: Claim,
    model: Path,
    benchmark: str,
    *,
    confined: Confined,
    relationship: str,
    journal: Path | None,
    on_progress: Callable[[Progress], None],
) -> Again:
    """Run the same benchmark in the same way on the same model; nothing of the first result but its form is used.

    Raises:
        UsageError: model or benchmark are others than those of the result.
        EvaluationError, MissingExtraError, IsolationError: as `evaluate_isolated`.
    """
    said, suite = claim.predicate, open_benchmark(benchmark)
    if "endpoint" in said["model"] or said["sampling"]["mode"] == "predictions":
        raise UsageError(
            "there are no weights to run again: the answers came from an address, or were given in a file",
            hint="Such a result stays at logged.",
        )
    _same("benchmark", suite.digests["manifest_digest"], said["benchmark"]["manifest_digest"])
    _same("model", dir_hash(hash_source(open_local(model))), said["model"]["dirhash"])
    wanted = {name: value for name, value in said["sampling"].items() if name != "epochs"}
    with tempfile.TemporaryDirectory(prefix="assay-reproduce-") as scratch:
        asking = Asking(
            sampling=read_sampling(Field(wanted, "sampling")),
            batch_size=said["environment"].get("batch_size", 1),
            limit=said["samples"]["n_scheduled"],
            journal=Journal(journal or Path(scratch)),
            relationship=relationship,
        )
        done = evaluate_isolated(model, suite, asking, confined=confined, on_progress=on_progress)
        log = log_place(journal or Path(scratch), done.predicate["samples"]["log_digest"])
        with log.open("rb") as lines:
            return Again(done, from_log(lines))


def settle(
    claim: Claim,
    again: Again,
    theirs: tuple[AnswerLeaf, ...] | None,
    *,
    into: Path,
    key: PrivateKey,
    margin: Decimal,
) -> Settled:
    """Commit, reveal, hold the two side by side, and write all of it into `into`, a `.assay`.

    `theirs` are the answers of the first run; where they are not known, its root tells whether they are ours.

    Raises:
        StatementError: what was run cannot be compared, or the folder cannot be written.
    """
    ours = Statement.parse(again.done.statement)
    ours = ours._replace(predicate=ours.predicate | {"reproduces": {"statement_digest": claim.said.digest}})
    if conditions(ours.predicate) != conditions(claim.predicate):
        raise StatementError("the two runs are not comparable: they were not asked or scored alike")
    if theirs is None and plain_root(again.leaves) == claim.predicate["samples"]["merkle_root"]:
        theirs = again.leaves
    keyid, salt = key.public.keyid, secrets.token_bytes(SALT_BYTES)
    fixed = commit(ours.predicate, again.leaves, keyid=keyid, opened_by=claim.said.digest, salt=salt, margin=margin)
    committed = _written(into, fixed, key)
    resulted = _written(into, ours, key)
    opened = open_up(
        fixed.predicate, again.leaves, commitment_digest=committed.digest, result_digest=resulted.digest, salt=salt
    )
    revealed = _written(into, opened, key)
    found = _agreement(claim, again, ours.predicate, theirs, margin)
    said = agreement_statement(
        found,
        fixed.predicate["round"],
        Side(claim.said.digest, claim.predicate["samples"]["merkle_root"]),
        Side(resulted.digest, ours.predicate["samples"]["merkle_root"]),
        copyable=True,
        subjects=fixed.subjects,
    )
    recorded = _written(into, said, key)
    written = {"commitment": committed, "result": resulted, "reveal": revealed, "agreement": recorded}
    level = _trust(claim, [committed, resulted, revealed], key, theirs)
    return Settled(found, level, tuple((word, one.digest) for word, one in written.items()))


def _agreement(
    claim: Claim, again: Again, ours: dict[str, JSON], theirs: tuple[AnswerLeaf, ...] | None, margin: Decimal
) -> Agreement:
    if theirs is None:
        return by_roots(claim.predicate, ours, margin)
    sampled = ours["sampling"]["mode"] == "sampled"
    return compare(theirs, again.leaves, sampled=sampled, differs_in=differences(claim.predicate, ours), margin=margin)


def _trust(claim: Claim, ours: list[Envelope], key: PrivateKey, theirs: tuple[AnswerLeaf, ...] | None) -> Trust:
    """Return the level of the first result for us, who know that we ran it and take its signers for others."""
    keyid, predicate = key.public.keyid, claim.predicate
    mine = [VerifiedStatement(one.statement(), one.digest, (keyid,), pinned=False, known=True) for one in ours]
    placed = [Placed(claim.said), *(Placed(one, own=True) for one in mine)]
    held = Held(
        operators={one: one for one in claim.said.signers} | {keyid: "you"},
        digests={predicate["model"]["dirhash"], predicate["benchmark"]["manifest_digest"]},
        logs={} if theirs is None else {predicate["samples"]["merkle_root"]: theirs},
    )
    return trust(placed[0], placed, held)


def _written(into: Path, statement: Statement, key: PrivateKey) -> Envelope:
    validate(statement)
    envelope = Envelope.sign(statement.to_bytes(), key)
    write_envelope(into, envelope, key.public)
    return envelope


def _envelope(place: Path) -> Envelope:
    try:
        with place.open("rb") as file:
            return Envelope.parse(file.read(_MAX_ENVELOPE + 1))
    except OSError as error:
        raise UsageError(f"cannot read {place}: {error.strerror}", hint="Name a result or a model's folder.") from error


def _same(what: str, here: str, said: str) -> None:
    if here != said:
        raise UsageError(
            f"the {what} here has the digest {here[:16]}, the result is about {said[:16]}",
            hint=f"Get the {what} that was evaluated, bit for bit; another is another result.",
        )

"""An audit as a statement: made from the auditor's own run, and heard only after its lot was drawn again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from assay.canonical import JSON
from assay.errors import VerificationError
from assay.evals.reproduction.audit import DRAWN, Audit, Checkpoint, audit, audit_seed, drawn, first_after, tolerated
from assay.evals.reproduction.conditions import differences
from assay.evals.reproduction.leaves import AnswerLeaf
from assay.evals.reproduction.rounds import Contribution
from assay.statements.predicates.audit import TYPE
from assay.statements.statement import Statement, Subject

__all__ = ["audit_statement", "heard"]


def audit_statement(
    audited: Contribution,
    checkpoint: Checkpoint,
    found: Mapping[str, AnswerLeaf],
    surroundings: Mapping[str, JSON],
    m: int = DRAWN,
) -> Statement:
    """Return what an auditor signs who ran the samples that were drawn, and `found` these leaves by sample id.

    `surroundings` is the auditor's result predicate, or the parts of it that say where it ran.

    Raises:
        VerificationError: the commitment is in no log, or the checkpoint is not later.
        EvaluationError: a drawn sample was not run.
    """
    index, seed = _seed(audited, checkpoint)
    lot = [audited.leaves[place] for place in drawn(seed, len(audited.leaves), m)]
    apart = differences(audited.result.predicate, surroundings)
    outcome = audit(lot, found, same_surroundings=not apart)
    said: dict[str, JSON] = {
        "commitment": audited.commitment.said.digest,
        "result": audited.result.said.digest,
        "index": index,
        "checkpoint": checkpoint._asdict(),
        "seed": seed,
        "outcome": "agreed" if outcome.agreed else "failed",
        "reason": outcome.reason,
        "samples": [{"sample": name, "said": one, "found": two} for name, one, two in outcome.samples],
    }
    return Statement(TYPE, (Subject("result", {"sha256": audited.result.said.digest}),), said)


def heard(predicate: Mapping[str, JSON], audited: Contribution, checkpoints: Iterable[Checkpoint]) -> Audit:
    """Return what an audit shows, after its lot was drawn again from what the reader knows of the log.

    That it failed is taken from it, as any evaluator may dispute; that it agreed must follow from the scores.

    Raises:
        VerificationError: it drew by another checkpoint than the first one after the commitment, other samples than
            those drawn, says that the result holds other scores than it does, or agreed on too few samples.
    """
    checkpoint = Checkpoint(**predicate["checkpoint"])
    index, seed = _seed(audited, checkpoint)
    if first_after(index, checkpoints) != checkpoint:
        raise VerificationError("the lot was not drawn by the first checkpoint after the commitment")
    rows = predicate["samples"]
    lot = [audited.leaves[place] for place in drawn(seed, len(audited.leaves), len(rows))]
    if (predicate["index"], predicate["seed"]) != (index, seed) or not _same(lot, rows):
        raise VerificationError("the samples are not those that were drawn, or not what the result holds")
    apart = sum(row["said"] != row["found"] for row in rows)
    agreed = predicate["outcome"] == "agreed" and apart <= tolerated(len(rows))
    told = f"{apart:,} of {len(rows):,} drawn samples differ"
    if agreed and len(rows) < min(DRAWN, len(audited.leaves)):
        raise VerificationError(f"an audit of {len(rows)} samples is too small to agree")
    return Audit(agreed, told, tuple((row["sample"], row["said"], row["found"]) for row in rows))


def _seed(audited: Contribution, checkpoint: Checkpoint) -> tuple[int, str]:
    index = audited.commitment.place
    if index is None:
        raise VerificationError("the commitment is in no log, so no later checkpoint can draw", hint="Log it first.")
    return index, audit_seed(audited.commitment.predicate["root"], index, checkpoint)


def _same(lot: Sequence[AnswerLeaf], rows: Sequence[Mapping[str, str]]) -> bool:
    return [(leaf.sample, leaf.score) for leaf in lot] == [(row["sample"], row["said"]) for row in rows]

"""Audit by lot: a few samples are run again, drawn by what nobody could choose or know when the answers were fixed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from math import comb
from typing import NamedTuple

from assay.canonical import canonical_json, sha256_hex
from assay.errors import EvaluationError, VerificationError
from assay.evals.reproduction.leaves import AnswerLeaf
from assay.evals.reproduction.sealing import Binding, Opening, verify_opening

__all__ = [
    "DRAWN",
    "Audit",
    "Checkpoint",
    "audit",
    "audit_seed",
    "detection",
    "drawn",
    "first_after",
    "tolerated",
    "verify_drawn",
]

DRAWN = 60
"""Samples per audit: who falsified 5 % is found out with more than 95 %."""


class Checkpoint(NamedTuple):
    """The head of a log at some time."""

    size: int
    """How many leaves it has."""
    root: str
    """In hex."""


class Audit(NamedTuple):
    """What came of running the drawn samples again."""

    agreed: bool
    reason: str
    samples: tuple[tuple[str, str, str], ...]
    """Sample id, the score that was said, the score that was found."""


def first_after(index: int, checkpoints: Iterable[Checkpoint]) -> Checkpoint | None:
    """Return the smallest checkpoint that covers the log's leaf `index` and one more; None when there is none yet.

    It must be this one: who may choose among later checkpoints may choose the lot.
    """
    return min((one for one in checkpoints if one.size > index + 1), default=None)


def audit_seed(root: str, index: int, checkpoint: Checkpoint) -> str:
    """Return the seed, in hex, of the audit of answers whose sealed `root` stands in the log at `index`.

    Raises:
        VerificationError: the checkpoint is not later than the commitment.
    """
    if checkpoint.size <= index + 1:
        raise VerificationError(
            f"the checkpoint of size {checkpoint.size} is not later than leaf {index}",
            hint="Draw with the first checkpoint after it.",
        )
    mixed = {"domain": "assay/audit/v1", "root": root, "index": index, "checkpoint": checkpoint._asdict()}
    return sha256_hex(canonical_json(mixed))


def drawn(seed: str, of: int, m: int = DRAWN) -> tuple[int, ...]:
    """Return the `m` different places among `of` leaves that the seed draws, in order; all when there are no more.

    Raises:
        EvaluationError: there is nothing to draw, or nothing to draw from.
    """
    if of < 1 or m < 1:
        raise EvaluationError(f"{m} of {of} samples cannot be drawn")
    # Each place gets a ticket that only the seed gives; the lowest m are drawn. No draw is more likely than another.
    tickets = sorted((hashlib.sha256(f"{seed} {place}".encode()).digest(), place) for place in range(of))
    return tuple(sorted(place for _, place in tickets[:m]))


def detection(falsified: int, of: int, m: int = DRAWN) -> float:
    """Return the chance that at least one of `falsified` among `of` samples is drawn."""
    m = min(m, of)
    return 1 - comb(of - falsified, m) / comb(of, m)


def verify_drawn(
    root: str, binding: Binding, seed: str, shown: Sequence[Opening], *, of: int, m: int = DRAWN
) -> tuple[AnswerLeaf, ...]:
    """Return the leaves that were opened, after checking that they are just those drawn and stand under `root`.

    An evaluator who shows the drawn leaves alone keeps all the others to themselves.

    Raises:
        VerificationError: another leaf, one too few, or one that is not under the root.
    """
    if [one.place for one in shown] != list(drawn(seed, of, m)) or any(one.of != of for one in shown):
        raise VerificationError("the leaves shown are not those that were drawn")
    for one in shown:
        verify_opening(root, binding, one)
    return tuple(one.leaf for one in shown)


def tolerated(of: int) -> int:
    """Return how many of the drawn scores may differ on another processor: one in a hundred, and always one."""
    return max(1, of // 100)


def audit(said: Sequence[AnswerLeaf], found: Mapping[str, AnswerLeaf], *, same_surroundings: bool) -> Audit:
    """Hold the drawn leaves against those of the auditor's own run, by sample id.

    In the same surroundings every leaf must be the same. Elsewhere a few scores may differ, because a near tie falls
    either way on another processor.

    Raises:
        EvaluationError: a drawn sample was not run.
    """
    missing = [leaf.sample for leaf in said if leaf.sample not in found]
    if missing or not said:
        raise EvaluationError(f"not all drawn samples were run again: {', '.join(missing[:3]) or 'none was drawn'}")
    pairs = [(leaf, found[leaf.sample]) for leaf in said]
    samples = tuple((one.sample, one.score, two.score) for one, two in pairs)
    asked_else = sum(one.input != two.input for one, two in pairs)
    apart = sum(one != two if same_surroundings else one.score != two.score for one, two in pairs)
    allowed = 0 if same_surroundings else tolerated(len(said))
    told = f"{apart:,} of {len(said):,} drawn samples differ"
    if asked_else:
        return Audit(agreed=False, reason=f"{asked_else:,} drawn samples were not asked the same", samples=samples)
    return Audit(agreed=apart <= allowed, reason=told, samples=samples)

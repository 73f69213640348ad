"""What a reader knows beside the statements, and whether an evaluator could have copied what they brought."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from assay.evals.reproduction.audit import Checkpoint
from assay.evals.reproduction.conditions import conditions
from assay.evals.reproduction.leaves import AnswerLeaf
from assay.evals.reproduction.rounds import Contribution, Placed
from assay.statements.predicates import result, reveal

__all__ = ["Held", "copyable"]


@dataclass(frozen=True)
class Held:
    """What the reader knows."""

    operators: Mapping[str, str] = field(default_factory=dict)
    """Key id to the operator who holds the key: only keys of different known operators are independent."""
    digests: Collection[str] = frozenset()
    """dirHashes of models and manifest digests of benchmarks that the reader holds."""
    logs: Mapping[str, Sequence[AnswerLeaf]] = field(default_factory=dict)
    """Plain Merkle root to the leaves of a sample log that the reader holds."""
    disclosed: Mapping[str, int] = field(default_factory=dict)
    """Digest of a result's envelope to the place in the log at which its answers were given out; without it they were
    given out by their reveal, or else with the result."""
    checkpoints: Sequence[Checkpoint] = ()
    """Of the log that gives the places."""
    fresh: Callable[[str], str | None] = lambda _: None
    """Commitment digest to the manifest digest of the benchmark of fresh samples drawn for it; see `fresh_files`."""

    def operator(self, keyid: str) -> str:
        """Return who holds a key; empty when it is not known."""
        return self.operators.get(keyid, "")


def copyable(made: Contribution, placed: Sequence[Placed], held: Held) -> bool:
    """Whether answers to the same questions by the same weights were public when the commitment was made.

    In any round, or in none: a new round about an old result closes nothing. What the reader ran was not copied.
    """
    if made.commitment.own:
        return False
    place, fixed = made.commitment.place, made.commitment.predicate
    shown = {one.predicate["result"]: one for one in placed if one.is_a(reveal.TYPE)}
    for one in placed:
        if not one.is_a(result.TYPE) or one.own or _same_hand(one, made, held):
            continue
        weights = one.predicate["model"].get("weights_digest")
        if (conditions(one.predicate), weights) != (fixed["conditions"], fixed["model"]["weights_digest"]):
            continue
        by = shown.get(one.said.digest)
        by = by if by is not None and set(by.said.signers) & set(one.said.signers) else None
        out = held.disclosed.get(one.said.digest, one.place if by is None else by.place)
        if (place is None or out is None or out <= place) and _could_give(one, by, made, held):
            return True
    return False


def _same_hand(one: Placed, made: Contribution, held: Held) -> bool:
    operator = held.operator(made.keyid)
    return made.keyid in one.said.signers or (bool(operator) and operator in map(held.operator, one.said.signers))


def _could_give(one: Placed, by: Placed | None, made: Contribution, held: Held) -> bool:
    """Whether the answers of a result could be where a contribution has its own from.

    Those of a known operator always could: what differs may have been changed on purpose. Those of strangers only where
    they are alike, or anyone could keep others from being believed by publishing rubbish first.
    """
    root = one.predicate["samples"]["merkle_root"]
    if root == made.result.predicate["samples"]["merkle_root"] or any(map(held.operator, one.said.signers)):
        return True
    if by is not None:
        theirs = [(leaf["output"], leaf["score"]) for leaf in by.predicate["leaves"]]
    else:
        theirs = [(leaf.output, leaf.score) for leaf in held.logs.get(root, ())]
    ours = [(leaf.output, leaf.score) for leaf in made.leaves]
    return len(theirs) == len(ours) and 2 * sum(a == b for a, b in zip(theirs, ours, strict=True)) >= len(ours)

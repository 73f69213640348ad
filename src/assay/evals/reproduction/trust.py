"""How far a result may be trusted: one level with its reasons, recomputed from statements, never taken from one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple

from assay.canonical import JSON
from assay.errors import VerificationError
from assay.evals.reproduction.agreement import Agreement, Kind, compare
from assay.evals.reproduction.audit import Audit
from assay.evals.reproduction.auditing import heard
from assay.evals.reproduction.conditions import conditions, differences, processor
from assay.evals.reproduction.held import Held, copyable
from assay.evals.reproduction.leaves import AnswerLeaf, plain_root
from assay.evals.reproduction.rounds import Contribution, Placed, Round, gather
from assay.evals.statistics import share
from assay.statements.log import Reason
from assay.statements.predicates import audit, commitment, retraction

__all__ = ["Level", "Other", "Trust", "recomputed", "side_by_side", "trust"]


_ROUNDING = Decimal("0.000001")
"""Results and leaves hold scores to six places."""


class Level(IntEnum):
    """From a number with a source to a number that others found too."""

    CLAIMED = 0
    LOGGED = 1
    BOUND = 2
    REPRODUCED = 3
    REPRODUCED_ELSEWHERE = 4
    """By two others or more, on differing hardware."""


class Other(NamedTuple):
    """What one other evaluator's run says about a result."""

    result: str
    """Digest of the envelope of their result."""
    keyid: str
    operator: str
    """Empty when it is not known who they are."""
    agreement: Agreement
    counts: bool
    """Whether it may raise the level or hold it down."""
    why: str
    """Why it does not count; empty when it does."""


@dataclass(frozen=True, slots=True)
class Trust:
    """A level, and all that it rests on."""

    level: Level
    reasons: tuple[str, ...]
    """One sentence per step taken, and one for the step that was not."""
    others: tuple[Other, ...] = ()
    audits: tuple[tuple[str, Audit], ...] = ()
    """Independent operators who ran samples drawn by lot, and what came of it."""
    retracted: Reason | None = None
    """Why its own signer took it back; the result and its level stay, marked."""

    @property
    def agreeing(self) -> frozenset[str]:
        """Independent operators whose runs agree, and none of whose runs disputes it."""
        return self._operators(Kind.EXACT, Kind.ITEM_LEVEL, Kind.EQUIVALENT) - self.disputing

    @property
    def disputing(self) -> frozenset[str]:
        """Independent operators at least one of whose runs disputes it, or whose audit failed."""
        failed = frozenset(operator for operator, one in self.audits if not one.agreed)
        return self._operators(Kind.DISPUTED) | failed

    @property
    def disputed(self) -> bool:
        """Whether someone independent found otherwise; both sides are shown."""
        return bool(self.disputing)

    @property
    def word(self) -> str:
        """The level as people read it: `reproduced x 3`."""
        if self.level is Level.REPRODUCED_ELSEWHERE:
            return f"reproduced x {len(self.agreeing)}"
        return self.level.name.lower()

    def _operators(self, *kinds: Kind) -> frozenset[str]:
        return frozenset(one.operator for one in self.others if one.counts and one.agreement.kind in kinds)


def trust(result: Placed, placed: Sequence[Placed], held: Held) -> Trust:
    """Return the level of `result`, given all statements that the reader has.

    Agreements that somebody signed raise nothing: what counts is computed here from commitments and reveals. Each step
    needs the one before it. As many independent operators must agree as dispute, and one more.
    """
    others, mine = _others(result, placed, held)
    own_leaves = None if mine is None else mine.leaves
    reasons = []
    level = Level.CLAIMED
    missing = _not_logged(result.predicate, own_leaves or held.logs.get(result.predicate["samples"]["merkle_root"]))
    if missing:
        reasons.append(f"Claimed: {missing}.")
    else:
        reasons.append("Logged: its number recomputes from the answers of every sample.")
        level = Level.LOGGED
        missing = _not_bound(result.predicate, held.digests)
        reasons.append(f"Not bound: {missing}." if missing else "Bound: model and benchmark are those held here.")
        level = level if missing else Level.BOUND
    audits = () if mine is None else _audits(mine, placed, held)
    found = Trust(level, (), others, audits, _retraction(result, placed))
    if level is Level.BOUND:
        level, reason = _reproduced(result, found, placed)
        reasons.append(reason)
    reasons += [_told(one) for one in others]
    reasons += [f"Audited by lot by {operator}: {one.reason}." for operator, one in audits]
    return Trust(level, tuple(reasons), others, audits, found.retracted)


def recomputed(leaves: Sequence[AnswerLeaf]) -> Decimal | None:
    """Return the mean score of the samples that were answered, rounded as results are; None when there is none.

    Scores other than right or wrong are summed as decimals.
    """
    values = [leaf.value for leaf in leaves if leaf.value is not None]
    if not values:
        return None
    if all(value in (0, 1) for value in values):
        return share(int(sum(values)), len(values))
    return (sum(values, Decimal()) / len(values)).quantize(Decimal("0.000001"))


def side_by_side(one: Contribution, other: Contribution) -> Agreement:
    """Compare two contributions of one round by the stricter of their margins."""
    return _compare(one.result.predicate, one.leaves, other, min(one.margin, other.margin))


def _others(result: Placed, placed: Sequence[Placed], held: Held) -> tuple[tuple[Other, ...], Contribution | None]:
    """Return what others' runs say, and the part that the result itself had in a round."""
    found: list[Other] = []
    own: Contribution | None = None
    digest, key = result.said.digest, conditions(result.predicate)
    published = held.logs.get(result.predicate["samples"]["merkle_root"])
    for one in _rounds(result, placed):
        mine = next((made for made in one.contributions if made.result.said.digest == digest), None)
        twice = _twice(one, held)
        for made in one.contributions:
            fixed = made.commitment.predicate
            if made is mine:
                own = mine
                continue
            if mine is not None:
                agreement = side_by_side(mine, made)
            elif published is not None and (fixed["opened_by"], fixed["conditions"]) == (digest, key):
                agreement = _compare(result.predicate, published, made, made.margin)
            else:
                continue
            why = _aside(result, made, held, twice)
            if (
                not why
                and agreement.kind.agrees
                and copyable(made, placed, held)
                and not _ran_fresh(made, placed, held)
            ):
                why = "the answers were public before, and could have been copied"
            found.append(Other(made.result.said.digest, made.keyid, held.operator(made.keyid), agreement, not why, why))
    return tuple(found), own


def _twice(one: Round, held: Held) -> frozenset[str]:
    """Return the operators who committed by more than one key, and could have shown whichever fits."""
    keys = [*one.withheld, *(made.keyid for made in one.contributions)]
    often = Counter(map(held.operator, keys))
    return frozenset(operator for operator, times in often.items() if operator and times > 1)


def _aside(result: Placed, made: Contribution, held: Held, twice: Collection[str]) -> str:
    """Say why an evaluator's run does not count for a result, whatever it found; empty when it does."""
    operator, own = held.operator(made.keyid), set(map(held.operator, result.said.signers))
    if made.keyid in result.said.signers or (operator and operator in own):
        return "the same evaluator, which shows that it repeats and no more"
    if not operator or not all(own):
        return "it is not known here who they are"
    return "they committed more than once in this round" if operator in twice else ""


def _audits(mine: Contribution, placed: Sequence[Placed], held: Held) -> tuple[tuple[str, Audit], ...]:
    """Return the audits of a contribution by independent operators, of which the lot holds."""
    found = []
    own = held.operator(mine.keyid)
    for one in placed:
        if one.is_a(audit.TYPE) and one.predicate["commitment"] == mine.commitment.said.digest:
            operators = set(map(held.operator, one.said.signers)) - {"", own}
            with suppress(VerificationError):
                found += [(operator, heard(one.predicate, mine, held.checkpoints)) for operator in sorted(operators)]
    return tuple(found) if own else ()


def _rounds(result: Placed, placed: Sequence[Placed]) -> Iterable[Round]:
    commitments = [one.predicate for one in placed if one.is_a(commitment.TYPE)]
    wanted = result.predicate["model"].get("weights_digest")
    ids = {said["round"] for said in commitments if said["model"]["weights_digest"] == wanted}
    return (gather(id_, placed) for id_ in sorted(ids))


def _compare(
    predicate: Mapping[str, JSON], leaves: Sequence[AnswerLeaf], other: Contribution, margin: Decimal
) -> Agreement:
    found = other.result.predicate
    sampled = predicate["sampling"]["mode"] == "sampled"
    return compare(leaves, other.leaves, sampled=sampled, differs_in=differences(predicate, found), margin=margin)


def _may_be_copied(made: Contribution, placed: Sequence[Placed], held: Held) -> bool:
    return copyable(made, placed, held) and not _ran_fresh(made, placed, held)


def _ran_fresh(made: Contribution, placed: Sequence[Placed], held: Held) -> bool:
    """Whether the evaluator also agreed with someone independent on samples that nobody could have had before."""
    wanted = held.fresh(made.commitment.said.digest)
    if wanted is None:
        return False
    for one in _rounds(made.result, placed):
        fresh = [
            it
            for it in one.contributions
            if it.commitment.predicate["opened_by"] == made.commitment.said.digest
            and it.result.predicate["benchmark"]["manifest_digest"] == wanted
        ]
        theirs = next((it for it in fresh if it.keyid == made.keyid), None)
        if theirs is None or copyable(theirs, placed, held):
            continue
        if any(_vouches(theirs, it, held) for it in fresh):
            return True
    return False


def _vouches(theirs: Contribution, other: Contribution, held: Held) -> bool:
    one, two = held.operator(theirs.keyid), held.operator(other.keyid)
    answered = sum(leaf.value is not None for leaf in theirs.leaves)
    apart = bool(one) and bool(two) and one != two
    return apart and 2 * answered >= len(theirs.leaves) and side_by_side(theirs, other).kind.agrees


def _not_logged(predicate: Mapping[str, JSON], leaves: Sequence[AnswerLeaf] | None) -> str:
    if leaves is None:
        return "the answers to its samples are not here"
    samples = predicate["samples"]
    if plain_root(leaves) != samples["merkle_root"]:
        return "the answers here are not those that it names"
    errors = sum(leaf.value is None for leaf in leaves)
    if (len(leaves), errors) != (samples["n_scheduled"], samples["n_errored"]):
        return "its counts are not those of the answers"
    metric = predicate["metrics"][0]
    name, value, mean = metric["name"], metric["value"], recomputed(leaves)
    if mean is None or abs(mean - Decimal(value)) > _ROUNDING:
        return f"its {name} {value} does not recompute as the mean of the scores, which is {mean}"
    return ""


def _not_bound(predicate: Mapping[str, JSON], digests: Collection[str]) -> str:
    model = predicate["model"]
    if "endpoint" in model:
        return "the model is asked over a network, and nobody can hold its weights"
    if model["dirhash"] not in digests:
        return "the model is not held here"
    return "" if predicate["benchmark"]["manifest_digest"] in digests else "the benchmark is not held here"


def _reproduced(result: Placed, found: Trust, placed: Sequence[Placed]) -> tuple[Level, str]:
    agreeing, disputing = len(found.agreeing), len(found.disputing)
    if agreeing <= disputing:
        if disputing:
            return Level.BOUND, f"Disputed: {disputing} independent evaluators found otherwise, {agreeing} the same"
        return Level.BOUND, "Not reproduced: no independent evaluator's run counts yet"
    by_digest = {one.said.digest: one for one in placed}
    runs = [by_digest[one.result] for one in found.others if one.counts and one.operator in found.agreeing]
    told = f"Reproduced: {agreeing} independent evaluators found the same, {disputing} otherwise"
    if agreeing >= 2 and len({processor(one.predicate) for one in (result, *runs)} - {None}) >= 2:
        return Level.REPRODUCED_ELSEWHERE, f"{told}, on differing hardware"
    return Level.REPRODUCED, told


def _retraction(result: Placed, placed: Sequence[Placed]) -> Reason | None:
    """Return why the result was taken back; only who signed it can do that."""
    for one in placed:
        mine = one.is_a(retraction.TYPE) and one.predicate["envelope"] == result.said.digest
        if mine and set(one.said.signers) & set(result.said.signers):
            return Reason(one.predicate["reason"])
    return None


def _told(one: Other) -> str:
    aside = "" if one.counts else f"; it does not count: {one.why}"
    return f"By key {one.keyid[:12]}: {one.agreement.kind}, {one.agreement.reason}{aside}."

"""Whether two runs of the same benchmark on the same weights agree: bit for bit, item by item, or within a margin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from assay.canonical import JSON
from assay.errors import EvaluationError
from assay.evals.reproduction.conditions import differences
from assay.evals.reproduction.leaves import AnswerLeaf
from assay.evals.statistics import Equivalence, equivalent, mcnemar, paired_p_value
from assay.statements.predicates.agreement import TYPE
from assay.statements.statement import Statement, Subject

__all__ = ["MARGIN", "Agreement", "Discordant", "Kind", "Side", "agreement_statement", "by_roots", "compare", "settled"]

MARGIN = Decimal("0.01")
"""The margin when none was declared: one point."""

_IDENTICAL = Decimal("0.99")
_SAME_WORDS = Decimal("0.5")
"""Long answers part ways after one near tie and still score alike; who invents answers shares none."""
_ONE_SIDED = Decimal("0.01")
"""Below this p-value it is no accident that the samples that differ favour one side."""
_DIFFERENT = Decimal("0.05")
_MOST_LISTED = 10_000


class Kind(StrEnum):
    """How two runs compare."""

    EXACT = "exact"
    ITEM_LEVEL = "item-level"
    EQUIVALENT = "equivalent"
    DISPUTED = "disputed"
    NOT_JUDGED = "not-judged"

    @property
    def agrees(self) -> bool:
        """Whether it is an agreement of any kind."""
        return self in (Kind.EXACT, Kind.ITEM_LEVEL, Kind.EQUIVALENT)


class Discordant(NamedTuple):
    """A sample with two scores."""

    sample: str
    first: str
    second: str


class Side(NamedTuple):
    """One of two results that were held side by side."""

    result: str
    """Digest of its envelope."""
    merkle_root: str


class Agreement(NamedTuple):
    """What came of holding two runs side by side."""

    kind: Kind
    reason: str
    """One sentence for a person."""
    n: int
    identical: int
    """Samples with the same score."""
    discordant: tuple[Discordant, ...]
    """The others, in order of id; at most 10,000 of them."""
    differs_in: tuple[str, ...]
    """In what the surroundings differ."""
    margin: Decimal
    equivalence: Equivalence | None = None

    def to_json(self) -> dict[str, JSON]:
        """Return it as a JSON object."""
        return {
            "kind": str(self.kind),
            "reason": self.reason,
            "n": self.n,
            "identical": self.identical,
            "discordant": [one._asdict() for one in self.discordant],
            "differs_in": list(self.differs_in),
            "margin": str(self.margin),
            "equivalence": None if self.equivalence is None else self.equivalence.to_json(),
        }


def compare(
    first: Sequence[AnswerLeaf],
    second: Sequence[AnswerLeaf],
    *,
    sampled: bool,
    differs_in: Sequence[str] = (),
    margin: Decimal = MARGIN,
) -> Agreement:
    """Hold two runs side by side; `sampled` says that answers were drawn by chance, else each is determined.

    Determined answers agree when all leaves are the same. Where the surroundings differ, they also agree when at least
    99 % of the scores and half of the outputs are the same, what differs does not favour one side, and the means are
    no further apart than `margin`. Statistics alone never make determined answers agree: what was falsified would hide
    in them. Drawn answers agree when a difference as large as `margin`, declared before, is ruled out; not to see one
    is no agreement.

    Raises:
        EvaluationError: the margin is not positive, or there are no samples.
    """
    if not margin > 0 or not first or not second:
        raise EvaluationError("two runs are compared by their samples and a margin above zero")
    if [(leaf.sample, leaf.input) for leaf in first] != [(leaf.sample, leaf.input) for leaf in second]:
        reason = "they did not ask the same questions, which one benchmark should"
        return Agreement(Kind.DISPUTED, reason, max(len(first), len(second)), 0, (), tuple(differs_in), margin)
    pairs = list(zip(first, second, strict=True))
    apart = [Discordant(one.sample, one.score, two.score) for one, two in pairs if one.score != two.score]
    kind, reason, tested = _judged(first, second, apart, sampled=sampled, differs_in=differs_in, margin=margin)
    listed = tuple(apart[:_MOST_LISTED])
    return Agreement(kind, reason, len(pairs), len(pairs) - len(apart), listed, tuple(differs_in), margin, tested)


def settled(found: Agreement, third: Mapping[str, AnswerLeaf]) -> bool:
    """Whether a third run, on the first's kind of processor, gives the first's score wherever the two differ.

    An item-level agreement holds without this; with it, nothing was falsified where two processors may differ.

    Raises:
        EvaluationError: not all samples that differ were run.
    """
    missing = [one.sample for one in found.discordant if one.sample not in third]
    if missing or len(found.discordant) != found.n - found.identical:
        raise EvaluationError(f"not all samples that differ were run: {', '.join(missing[:3]) or 'not all are listed'}")
    return all(third[one.sample].score == one.first for one in found.discordant)


def by_roots(first: Mapping[str, JSON], second: Mapping[str, JSON], margin: Decimal = MARGIN) -> Agreement:
    """Hold two result predicates side by side where the answers of the first are not at hand, only their root."""
    n = second["samples"]["n_scheduled"]
    if first["samples"]["merkle_root"] == second["samples"]["merkle_root"]:
        return Agreement(Kind.EXACT, f"all {n:,} answers are the same, bit for bit", n, n, (), (), margin)
    reason = "the answers are not the same, and those of the first are not here to tell which differ"
    return Agreement(Kind.NOT_JUDGED, reason, n, 0, (), differences(first, second), margin)


def agreement_statement(
    found: Agreement, round_: str, first: Side, second: Side, *, copyable: bool, subjects: tuple[Subject, ...]
) -> Statement:
    """Return the statement that records an agreement; it raises no level by itself, whoever signs it.

    `copyable` says that the answers of the first were public when the second committed.
    """
    sides = {"first": first._asdict(), "second": second._asdict()}
    return Statement(TYPE, subjects, {"round": round_, **sides, **found.to_json(), "copyable": copyable})


class _Judged(NamedTuple):
    kind: Kind
    reason: str
    tested: Equivalence | None = None


def _judged(
    first: Sequence[AnswerLeaf],
    second: Sequence[AnswerLeaf],
    apart: Sequence[Discordant],
    *,
    sampled: bool,
    differs_in: Sequence[str],
    margin: Decimal,
) -> _Judged:
    if first == second:
        return _Judged(Kind.EXACT, f"all {len(first):,} answers are the same, bit for bit")
    if sampled:
        return _drawn(_values(first), _values(second), margin)
    changed = sum(a != b for a, b in zip(first, second, strict=True))
    told = f"{changed:,} of {len(first):,} answers differ, {len(apart):,} of them in score"
    if not differs_in:
        return _Judged(Kind.DISPUTED, f"{told}, in the same surroundings, where none should")
    if Decimal(len(apart)) > (1 - _IDENTICAL) * len(first):
        return _Judged(Kind.DISPUTED, f"{told}; more than 1 % of the scores")
    alike = sum(a.output == b.output for a, b in zip(first, second, strict=True))
    if Decimal(alike) < _SAME_WORDS * len(first):
        return _Judged(Kind.DISPUTED, f"{told}; fewer than half of the outputs are the same")
    gains = [a - b for a, b in zip(_values(first), _values(second), strict=True)] if apart else []
    ups, downs = sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)
    if mcnemar(ups, downs) < _ONE_SIDED:
        return _Judged(Kind.DISPUTED, f"{told}, and they favour one side ({ups:,} to {downs:,}), which chance does not")
    if abs(sum(gains, Decimal())) > margin * len(first):
        return _Judged(Kind.DISPUTED, f"{told}, and the means are further apart than {margin}")
    return _Judged(Kind.ITEM_LEVEL, told)


def _drawn(one: Sequence[Decimal], two: Sequence[Decimal], margin: Decimal) -> _Judged:
    tested = equivalent(one, two, margin)
    if tested.holds:
        return _Judged(Kind.EQUIVALENT, f"a difference of {margin} or more is ruled out (p = {tested.p:.2g})", tested)
    p = paired_p_value(one, two)
    if p < _DIFFERENT:
        return _Judged(Kind.DISPUTED, f"they differ by {tested.difference.value:.4f} (p = {p:.2g})", tested)
    reason = f"{len(one):,} samples neither show a difference nor rule out one of {margin}"
    return _Judged(Kind.NOT_JUDGED, reason, tested)


def _values(leaves: Sequence[AnswerLeaf]) -> list[Decimal]:
    # A sample that could not be answered is worth nothing, so that failing on purpose gains nothing.
    return [Decimal(0) if leaf.value is None else leaf.value for leaf in leaves]

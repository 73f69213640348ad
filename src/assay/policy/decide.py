"""A verdict with its grounds, and the lines that explain it to a person."""

from __future__ import annotations

from assay.dossier import Dossier
from assay.policy.flips import flips
from assay.policy.load import Policy
from assay.policy.verdict import Decision, Flip, Reason, Verdict, judged, worst

__all__ = ["decide", "explain"]

_ORDER = (Decision.REFUSE, Decision.UNDECIDED, Decision.ADMIT)
_WORDS = {Decision.ADMIT: "admits it", Decision.REFUSE: "refuses it", Decision.UNDECIDED: "cannot decide"}


def decide(dossier: Dossier, policy: Policy) -> Verdict:
    """Judge a dossier by a policy: one rule against it refuses, else one unknown leaves it undecided.

    Raises:
        PolicyError: a rule cannot be evaluated on the facts of this dossier.
    """
    reasons = judged(dossier, policy.rules)
    outcome = worst(reason.outcome for reason in reasons)
    against = [reason for step in _ORDER[:2] for reason in reasons if reason.outcome is step]
    return Verdict(policy.name, outcome, tuple(against) or reasons, flips(dossier, policy, reasons, outcome))


def explain(verdict: Verdict) -> list[str]:
    """Return the verdict as lines of plain text: the outcome, why, and what would change it."""
    lines = [f"Policy {verdict.policy} {_WORDS[verdict.outcome]}."]
    if verdict.outcome is Decision.ADMIT:
        lines += [f"  {len(verdict.because)} rules, none against: {', '.join(one.name for one in verdict.because)}"]
    else:
        lines += [_against(reason) for reason in verdict.because]
    if not verdict.would_change_if:
        return [*lines, "No small set of changes is known that would change this."]
    lines.append("This would change if:")
    for flip in verdict.would_change_if:
        lines += _changes(flip)
    return lines


def _against(reason: Reason) -> str:
    if reason.outcome is Decision.REFUSE:
        return f"  refused by {reason.name}: {reason.say}"
    missing = " and ".join(reason.missing) or "something it asks for"
    return f"  undecided by {reason.name}: {missing} not known"


def _changes(flip: Flip) -> list[str]:
    first, *rest = flip.changes
    return [f"  → {flip.verdict}: {first}", *(f"    and {change}" for change in rest)]

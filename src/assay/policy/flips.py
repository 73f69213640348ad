"""The smallest sets of changes that would flip a verdict, found by trying them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations

from assay.dossier import Dossier, settle
from assay.policy.changes import Change, repairs, threats
from assay.policy.load import Policy
from assay.policy.verdict import Decision, Flip, Reason, overall

__all__ = ["after", "flips"]

_MAX_CANDIDATES = 12
_MAX_SIZE = 4
_MAX_SETS = 5

_Set = tuple[int, ...]


def flips(dossier: Dossier, policy: Policy, reasons: Sequence[Reason], outcome: Decision) -> tuple[Flip, ...]:
    """Return at most five smallest sets of changes that lead to a better verdict; for `admit`, single ones for worse.

    Raises:
        PolicyError: a rule cannot be evaluated on the changed facts.
    """
    if outcome is Decision.ADMIT:
        return _losses(dossier, policy)
    open_rules = [rule for rule, reason in zip(policy.rules, reasons, strict=True)
                  if reason.outcome is not Decision.ADMIT]  # fmt: skip
    candidates = repairs(dossier, open_rules)[:_MAX_CANDIDATES]

    @cache
    def tried(chosen: _Set) -> Decision:
        return after(dossier, policy, [candidates[index] for index in chosen])

    goals: list[Callable[[_Set], bool]] = [lambda chosen: tried(chosen) is Decision.ADMIT]
    if outcome is Decision.REFUSE:
        goals.append(lambda chosen: tried(chosen) is not Decision.REFUSE)
    found = next((sets for goal in goals if (sets := _smallest(len(candidates), goal))), [])
    return tuple(Flip(tried(chosen), tuple(candidates[index].sentence for index in chosen)) for chosen in found)


def after(dossier: Dossier, policy: Policy, changes: Sequence[Change]) -> Decision:
    """Return the verdict that `policy` would give once `changes` are made.

    Raises:
        PolicyError: a rule cannot be evaluated on the changed facts.
    """
    evidence = dossier.evidence
    for change in changes:
        evidence = change.apply(evidence)
    return overall(policy, settle(evidence))


def _smallest(count: int, reached: Callable[[_Set], bool]) -> list[_Set]:
    """Return the smallest sets of indexes below `count` that reach the goal, none of them within another.

    Where all changes together reach it, those that cannot be left out are in every set, which keeps the search short.
    Where they do not, changes work against each other and only single ones and pairs are tried.
    """
    everything = tuple(range(count))
    helpful = reached(everything)
    needed = _needed(everything, reached) if helpful else ()
    optional = [index for index in everything if index not in needed]
    sizes = range(max(len(needed), 1), (_MAX_SIZE if helpful else 2) + 1)
    found: list[_Set] = []
    for size in sizes:
        for extra in combinations(optional, size - len(needed)):
            chosen = tuple(sorted({*needed, *extra}))
            if not any(set(smaller) <= set(chosen) for smaller in found) and reached(chosen):
                found.append(chosen)
                if len(found) == _MAX_SETS:
                    return found
    return found or ([_pruned(everything, reached)] if helpful else [])


def _needed(everything: _Set, reached: Callable[[_Set], bool]) -> _Set:
    return tuple(index for index in everything if not reached(_without(everything, index)))


def _pruned(everything: _Set, reached: Callable[[_Set], bool]) -> _Set:
    """Leave out one change after the other as long as the rest reach the goal: minimal, though not the smallest."""
    left = everything
    for index in everything:
        if reached(_without(left, index)):
            left = _without(left, index)
    return left


def _without(chosen: _Set, index: int) -> _Set:
    return tuple(item for item in chosen if item != index)


def _losses(dossier: Dossier, policy: Policy) -> tuple[Flip, ...]:
    found: list[Flip] = []
    for group in threats(dossier, policy):
        for change in group:
            verdict = after(dossier, policy, [change])
            if verdict is not Decision.ADMIT:
                found.append(Flip(verdict, (change.sentence,)))
                break
    return tuple(found[:_MAX_SETS])

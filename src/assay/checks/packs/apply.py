"""Rule packs and what was observed -> what they find: under their own names, in a fixed order, within bounded steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from assay.artifact.revision import Revision, Seen
from assay.canonical import JSON, canonical_json, sha256_hex
from assay.checks import Check, fail, unknown
from assay.checks.packs.match import Steps
from assay.checks.packs.pack import PackRule, RulePack
from assay.errors import BudgetError
from assay.finding import Finding

__all__ = ["apply_packs", "judged_by"]

_STEPS = 2_000_000
"""For one pack and one revision: about a second."""
_MOST, _MOST_IN_ALL = 100, 400
"""Findings of one rule, and of one pack: what a pack says is never so much that it cannot be stated."""


def apply_packs(revision: Revision, packs: Sequence[RulePack]) -> list[JSON]:
    """Return `{id, version, maker, digest, findings}` of each pack, in order of id.

    A pack that takes too many steps says so in an `unknown` finding, and nothing more: with the same observations
    always at the same place.
    """
    return [
        {
            "id": pack.id,
            "version": pack.version,
            "maker": pack.maker,
            "digest": pack.digest,
            "findings": [finding.to_json() for finding in _findings(revision, pack)],
        }
        for pack in sorted(packs, key=lambda pack: pack.id)
    ]


def judged_by(rules: str, packs: Iterable[str]) -> str:
    """Return the digest of all that was judged by: of our rules data, and of packs, given by their digests."""
    digests = sorted(packs)
    return sha256_hex(canonical_json([rules, *digests])) if digests else rules


def _findings(revision: Revision, pack: RulePack) -> Iterator[Finding]:
    steps, told = Steps(_STEPS), 0
    for rule in pack.rules:
        try:
            for finding in _of_rule(revision, rule, min(_MOST, _MOST_IN_ALL - told), steps):
                told += 1
                yield finding
        except BudgetError as error:
            yield unknown(_check(rule), f"the pack {pack.id} {error}")
            return


def _of_rule(revision: Revision, rule: PackRule, most: int, steps: Steps) -> Iterator[Finding]:
    found = 0
    for seen in revision.seen(*rule.formats):
        steps.take(1 + len(seen.problems))
        if rule.condition.holds(_shown(seen), steps):
            found += 1
            if found > most:
                yield fail(_check(rule), f"{rule.rule.title}: in more places than are listed", fix=rule.fix)
                return
            yield fail(
                _check(rule), rule.rule.title, file=seen.file, location=seen.at(), fix=rule.fix,
                confidence=rule.confidence,
            )  # fmt: skip


def _shown(seen: Seen) -> JSON:
    """Return what conditions look at: the observation, and where it stands."""
    return {
        "path": seen.file,
        "member": seen.inner,
        "format": seen.observation.format,
        "complete": seen.observation.complete,
        "facts": seen.facts,
        "problems": [problem.to_json() for problem in seen.problems],
    }


def _check(rule: PackRule) -> Check:
    return Check(rule.rule, 1, rule.formats, lambda _: iter(()))

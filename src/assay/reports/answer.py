"""One assessment and what was said beside it -> dossier, verdict, `assay.scan/v1`: the same for command and hub."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from assay.canonical import JSON
from assay.dossier import Dossier, Said, fold
from assay.policy import Policy, Verdict, decide, waive
from assay.reports.scan import scan_report

__all__ = ["Folded", "folded"]


class Folded(NamedTuple):
    """What statements about one revision come to."""

    dossier: Dossier
    verdict: Verdict
    scan: dict[str, JSON]
    """The `assay.scan/v1` object."""


def folded(
    name: str,
    source: str,
    assessment: Said,
    beside: Sequence[Said],
    policy: Policy,
    *,
    isolation: str,
    git_commit: str | None = None,
    keyid: str | None = None,
    today: dt.date | None = None,
) -> Folded:
    """Fold an assessment with the statements beside it and decide by `policy`.

    What the policy suppresses until `today` or later stays among the findings, marked, and does not decide; without a
    day everything decides.

    `name` and `source` say what was judged, as people call it; `keyid` is the key that signed the assessment.

    Raises:
        PolicyError: a rule cannot be evaluated on these facts.
    """
    dossier = fold(assessment.subject, [assessment, *beside])
    digests = {file["path"]: file["sha256"] for file in assessment.predicate["files"]}
    waived = waive(dossier, policy.suppress, policy.name, digests=digests, today=today or dt.date.max)
    verdict = decide(waived.dossier, policy)
    findings = [
        item.finding.to_json() | ({"suppression": mark} if mark else {})
        for item, mark in zip(dossier.evidence.standing, waived.marks, strict=True)
    ]
    axes = {
        state.axis.value: {
            "outcome": state.outcome.value,
            "reason": state.reason,
            "statements": list(state.statements),
        }
        for state in dossier.axes
    }
    scan = scan_report(
        name,
        source,
        {**assessment.predicate, "findings": findings},
        axes,
        verdict.to_json(),
        isolation=isolation,
        git_commit=git_commit,
        statement={"digest": assessment.digest, "keyid": keyid},
    )
    if dossier.evidence.packs:
        scan["packs"] = list(dossier.evidence.packs)
    return Folded(dossier, verdict, scan)

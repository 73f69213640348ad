"""Findings that an adopter has looked at and lives with for a while: with a reason, and until a day.

Only a policy may say so, never the artifact; what is suppressed stays in every report, and in the evidence. What is
unknown cannot be suppressed: nobody has looked at it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from assay.canonical import JSON
from assay.dossier import Dossier, Sourced, settle
from assay.finding import Finding, Outcome

__all__ = ["Suppression", "Waived", "waive"]


class Suppression(NamedTuple):
    """One finding, or several alike, that shall not decide."""

    rule: str
    """Id of the rule, `SEC201-code-reach`, or its short form."""
    path: str
    """Which files, as a pattern of the shell in which `*` also stands for `/`."""
    reason: str
    until: dt.date
    """The last day on which it counts, in UTC."""
    sha256: str | None = None
    """Only for this content."""

    def covers(self, finding: Finding, sha256: str | None) -> bool:
        """Say whether `finding`, in a file of this content, is meant; whatever the day."""
        named = self.rule in (finding.rule, finding.rule.split("-", 1)[0])
        content = self.sha256 is None or self.sha256 == sha256
        return named and content and finding.outcome is Outcome.FAIL and fnmatchcase(finding.file or "", self.path)

    def to_json(self, policy: str, *, active: bool) -> dict[str, JSON]:
        """Return it as reports show it beside a finding."""
        return {"state": "active" if active else "expired", "reason": self.reason, "until": self.until.isoformat(),
                "policy": policy}  # fmt: skip


class Waived(NamedTuple):
    """A dossier as a policy sees it, and what was said about each of its standing findings."""

    dossier: Dossier
    """Without the findings that are suppressed."""
    marks: tuple[dict[str, JSON] | None, ...]
    """For each of `evidence.standing` of the whole dossier: its suppression, active or expired; None where none is."""


def waive(
    dossier: Dossier,
    suppressions: Sequence[Suppression],
    policy: str,
    *,
    digests: Mapping[str, str | None],
    today: dt.date,
) -> Waived:
    """Leave out of `dossier` what `suppressions` of the policy named `policy` cover on this day.

    `digests` is the sha256 of each file by its path.
    """
    standing = dossier.evidence.standing
    marks = tuple(_mark(item, suppressions, policy, digests, today) for item in standing)
    gone = {item for item, mark in zip(map(id, standing), marks, strict=True) if mark and mark["state"] == "active"}
    if not gone:
        return Waived(dossier, marks)
    left = tuple(item for item in dossier.evidence.findings if id(item) not in gone)
    return Waived(settle(dossier.evidence._replace(findings=left)), marks)


def _mark(
    item: Sourced,
    suppressions: Sequence[Suppression],
    policy: str,
    digests: Mapping[str, str | None],
    today: dt.date,
) -> dict[str, JSON] | None:
    """Return the suppression that counts, or else the one that expired last."""
    meant = [one for one in suppressions if one.covers(item.finding, digests.get(item.finding.file or ""))]
    if not meant:
        return None
    last = max(meant, key=lambda one: one.until)
    return last.to_json(policy, active=today <= last.until)

"""SEC208: packages in versions with known holes."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail, unknown
from assay.checks.code_flow import limited
from assay.checks.requirements import Requirement, highest, release, requirements, unread_requirements
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity
from assay.rules import load

__all__ = ["vulnerable_requirement"]


@check("SEC208-vulnerable-requirement", severity=Severity.MEDIUM)
@limited
def vulnerable_requirement(revision: Revision) -> Iterator[Finding | Fact]:
    """No package is asked for in a version that is known to be unsafe for what models need it for.

    A requirement that allows old versions only makes everybody who follows it install the hole along with the model.
    The table is dated and short: packages that load models and data, and what serves them. `>=` is no fault, since it
    allows the mended version.

    Sample: `torch==2.0.1` in `requirements.txt`.

    Fix: raise the version to the one that is named, or leave out the upper bound.

    References: CVE-2025-32434, CVE-2024-34359, CVE-2023-47248, CVE-2025-1550, CWE-1395.
    """
    for path in unread_requirements(revision):
        yield unknown(vulnerable_requirement, "not judged: the requirements could not be read whole", file=path)
    for requirement in requirements(revision):
        allowed = highest(requirement.text) if requirement.name else None
        if allowed is None:
            continue
        worst = _worst(requirement, allowed)
        if worst is not None:
            yield fail(
                vulnerable_requirement, f"{requirement.name} before {worst['fixed']} has a known hole: {worst['what']} "
                f"({worst['id']})", file=requirement.seen.file, location=requirement.at(),
                severity=Severity(worst["severity"]),
                detail={"requirement": shown(requirement.text), "id": worst["id"]},
                fix=f"Ask for {requirement.name}>={worst['fixed']}.",
            )  # fmt: skip


def _worst(requirement: Requirement, allowed: tuple[tuple[int, ...], bool]) -> dict[str, str] | None:
    """Return the worst hole that all versions a requirement allows have; among equals the one mended last."""
    version, included = allowed
    found = [
        entry
        for entry in load("vulnerable_packages")["entries"]
        if entry["name"] == requirement.name
        and (version < release(entry["fixed"]) or (not included and version == release(entry["fixed"])))
    ]
    return max(found, key=lambda entry: (Severity(entry["severity"]).rank, release(entry["fixed"])), default=None)

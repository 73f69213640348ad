"""OPN116: a MOF file against what lies beside it; states the fact `framework`."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.canonical import JSON
from assay.checks import check, fail, unknown
from assay.checks.components import seen_components
from assay.checks.licences import licence
from assay.checks.wording import shown
from assay.errors import ReadError
from assay.finding import Fact, Finding, Severity
from assay.mof import UNLICENSED, Interval, MofFile, Presence, Seen, evaluate, interval, label, mof_of

__all__ = ["framework_claim_unproven"]

_FILES = ("mof.yml", "mof.yaml", "MOF.yml", "MOF.yaml")


@check("OPN116-framework-claim-unproven", severity=Severity.MEDIUM, claims=("card", "yaml"), version=2)
def framework_claim_unproven(revision: Revision) -> Iterator[Finding | Fact]:
    """What a Model Openness Framework file claims is borne out by the files beside it.

    The framework sorts releases into three classes by the components they come with and their licences. Its files are
    written by the makers, and audits found most to be wrong. The class found here rests on the files alone and is an
    interval: from what is proven to what is possible, because papers, data and code may lie elsewhere.

    Sample: a `mof.yml` that lists "Model parameters (Final)" under Apache-2.0, in a repo whose card says
    CC-BY-NC-4.0.

    Fix: correct the file, or add what it lists; `assay explain` on the fact `framework` shows the place of each.

    References: Model Openness Framework 1.0; lfai/model_openness_tool, issue 80 (9 of 10 audited listings wrong).
    """
    found = interval(seen_components(revision))
    path = next((name for name in _FILES if name in revision.by_path), None)
    claimed = None
    if path is not None:
        try:
            claimed = mof_of(revision.facts(path).get("document"))
        except ReadError as error:
            yield unknown(framework_claim_unproven, f"no MOF file can be made of it: {error}", file=path,
                          fix="Write it as the framework's schema asks.")  # fmt: skip
    yield Fact("framework", _fact(found, claimed))
    if path is not None and claimed is not None:
        yield from _contradictions(path, claimed, {one.name: one for one in found.seen})


def _fact(found: Interval, claimed: MofFile | None) -> dict[str, JSON]:
    level = found.next_level
    fact: dict[str, JSON] = {
        "class": found.text,
        "proven": found.proven.reached,
        "possible": found.possible.reached,
        "components": [one.to_json() for one in found.seen],
        "conditional": list(found.proven.conditional),
        "wanting": [] if level is None else [f"{label(level)}: {name}" for name in found.wanting(level)],
    }
    return fact if claimed is None else fact | {"claimed": evaluate(claimed.to_release()).reached}


def _contradictions(path: str, claimed: MofFile, seen: dict[str, Seen]) -> Iterator[Finding]:
    fix = "Correct the file, or add what it lists."
    release = claimed.to_release()
    for one in claimed.components:
        here = seen[one.name]
        if here.presence is Presence.ABSENT:
            yield fail(
                framework_claim_unproven, f"lists {one.name!r}, which is not here: {here.reason}", file=path, fix=fix,
                location=f"component {one.name}", detail={"component": one.name, "evidence": here.evidence},
            )  # fmt: skip
            continue
        said = one.licence or release.licences.get("distribution", "")
        if here.presence is Presence.PRESENT and _differ(said, here.licence):
            yield fail(
                framework_claim_unproven, f"lists {one.name!r} under {shown(said)}, yet it is under {here.licence}",
                file=path, fix=fix, location=f"component {one.name}",
                detail={"component": one.name, "claimed": said[:200], "found": here.licence, "evidence": here.evidence},
            )  # fmt: skip


def _differ(said: str, found: str | None) -> bool:
    """Say whether two names stand for two licences; one that is not known differs from none."""
    if not said or said == UNLICENSED or found is None or found == UNLICENSED:
        return False
    one, other = licence(said), licence(found)
    return one is not None and other is not None and one.id != other.id

"""PRV103: parents of which nothing is known."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, unknown
from assay.checks.parents import declared_parents, family, is_name
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity

__all__ = ["parent_unknown"]


@check("PRV103-parent-unknown", severity=Severity.LOW, claims=("card",))
def parent_unknown(revision: Revision) -> Iterator[Finding | Fact]:
    """Every declared parent is of a family whose licence is known.

    What a model inherits can only be told where its parents are known. A parent that is private, gone, or named in a
    way that names nothing leaves its terms open, and what is open is not allowed.

    Sample: `base_model: ../checkpoints/run-7` in the card.

    Fix: name the parent as ORG/NAME on a hub. If its family is missing from the table, assess the parent itself: a
    hub joins the evidence of parents it holds.

    References: arXiv 2509.09873 (licence drift along lineage); table `model_families`.
    """
    for parent in declared_parents(revision):
        known = family(parent.name)
        if known is not None:
            continue
        what = "has no known licence" if is_name(parent.name) else "is no name of a model"
        yield unknown(
            parent_unknown, f"the parent {shown(parent.name)!r} {what}, so what it passes on is not known",
            file=parent.file, location=f"key {parent.key}", severity=Severity.LOW,
            fix="Name the parent as ORG/NAME, and assess it as well.", detail={"parent": parent.name[:200]},
        )  # fmt: skip

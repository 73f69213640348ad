"""OPN113: a parent whose terms nobody knows leaves the child's open as well."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, unknown
from assay.checks.parents import declared_parents, family, hinted_parents
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity

__all__ = ["parent_unresolved"]

_FIX = "Name the parent as ORG/NAME, and assess it as well; or ask its owner under which licence it is."


@check("OPN113-parent-unresolved", severity=Severity.MEDIUM, claims=("card",))
def parent_unresolved(revision: Revision) -> Iterator[Finding | Fact]:
    """The terms of every parent are known, so that what binds this model is settled.

    A licence on the child cannot give what the parent withholds. Where the parent is private, gone, or under terms
    that nobody knows, it may withhold anything, and the child cannot be called open, whatever it declares.

    Sample: `license: apache-2.0` and `base_model: someone/private-model`.

    Fix: name the parent as ORG/NAME and assess it; a hub joins the terms of parents that it holds.

    References: rule L7; arXiv 2509.09873 (conflicts that are inherited cannot be mended downstream).
    """
    hinted = (parent for parent in hinted_parents(revision) if parent.relation == "adapter")
    for parent in (*declared_parents(revision), *hinted):
        known = family(parent.name)
        if known is not None and known.licence.is_clear:
            continue
        what = "is not known" if known is None else f"{known.licence.name}, is not clear"
        yield unknown(
            parent_unresolved, f"made from {shown(parent.name)}, whose licence {what}: unresolved, and so never open",
            file=parent.file, location=f"key {parent.key}", severity=Severity.MEDIUM, fix=_FIX,
            detail={"rule": "L7", "parent": parent.name[:200], "relation": parent.relation},
        )  # fmt: skip

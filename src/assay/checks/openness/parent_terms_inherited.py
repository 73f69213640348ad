"""OPN114: caps, territories and changeable terms that come from a parent, said or not."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.licences import declared_licence
from assay.checks.parents import declared_parents, family, hinted_parents
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity
from assay.openness import conflicts

__all__ = ["parent_terms_inherited"]


@check("OPN114-parent-terms-inherited", severity=Severity.INFO, claims=("card",))
def parent_terms_inherited(revision: Revision) -> Iterator[Finding | Fact]:
    """No limit on users, revenue or territory, and no changeable term, comes down from a parent under another licence.

    Whoever reads only the child's licence misses what the parent's holds beyond it: a limit on users, a country left
    out, a licensor who may change the terms or shut the model off. None of it is a fault of the child. All of it binds
    whoever uses it.

    Sample: `license: gemma`, and `base_model` lists a model under the Llama 4 licence, whose use policy grants nothing
    in the European Union.

    Fix: nothing is wrong; name these terms in the card, so that nobody has to find out.

    References: rule L9; Llama 4 Acceptable Use Policy; Gemma Terms of Use section 3.2.
    """
    declared = declared_licence(revision)
    own = declared.licence if declared else None
    for parent in (*declared_parents(revision), *hinted_parents(revision)):
        known = family(parent.name)
        if known is None or (own is not None and own.id == known.licence.id):
            continue
        found = conflicts(own.to_fact() if own else None, known.licence.to_fact(), parent.relation)
        along = [one.restriction for one in found if one.rule == "L9" and one.restriction is not None]
        if not along:
            continue
        told = "; ".join(one.told for one in along)
        yield fail(
            parent_terms_inherited, f"from {shown(parent.name)}, under {known.licence.name}, come {shown(told, 400)}",
            file=parent.file, location=f"key {parent.key}", fix="Name these terms in the card.",
            detail={"rule": "L9", "parent": parent.name[:200], "licence": known.licence.id,
                    "clauses": {one.kind: one.told for one in along}},
        )  # fmt: skip

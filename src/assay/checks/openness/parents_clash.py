"""OPN111: a merge of parents whose licences exclude each other."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.parents import declared_parents, family
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity
from assay.openness import Part, clashes, common_licence

__all__ = ["parents_clash"]


@check("OPN111-parents-clash", severity=Severity.HIGH, claims=("card",))
def parents_clash(revision: Revision) -> Iterator[Finding | Fact]:
    """The licences of all parents can be kept at once.

    A merge is a work made from each of its parents. Where one wants the whole under itself without further
    restrictions, and another has some or wants the whole under itself too, no licence for the merge keeps both, and
    nobody may pass it on.

    Sample: `base_model` lists a model under GPL-3.0 and one under the Llama 2 licence.

    Fix: leave one of the two parents out, or get its owner to license it otherwise.

    References: GPL-3.0 sections 5(c) and 10; CC-BY-SA-4.0 section 3(b); table `licence_compatibility`.
    """
    parts = [
        Part(parent.name, known.licence.to_fact())
        for parent in declared_parents(revision)
        if parent.relation != "distillation" and (known := family(parent.name)) is not None
    ]
    for one in clashes(parts):
        yield fail(
            parents_clash, f"made from {shown(one.first)} and {shown(one.second)}: {one.says} ({one.where})",
            file="README.md", location="key base_model",
            fix=f"Leave {shown(one.first)} or {shown(one.second)} out, or get other terms from its owner.",
            detail={"first": one.first[:200], "second": one.second[:200], "clause": one.where,
                    "common": common_licence(parts)},
        )  # fmt: skip

"""OPN110: what a parent's licence forbids, or wants kept, and the declared licence lets go."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.licences import Licence, declared_licence
from assay.checks.parents import Parent, declared_parents, family, hinted_parents
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity
from assay.openness import Conflict, conflicts

__all__ = ["parent_terms_dropped"]

_HERE = frozenset({"L1", "L2", "L3", "L4"})


@check("OPN110-parent-terms-dropped", severity=Severity.HIGH, claims=("card",))
def parent_terms_dropped(revision: Revision) -> Iterator[Finding | Fact]:
    """The declared licence keeps what each parent's licence forbids or wants kept.

    Three terms survive every fine-tuning, merge and quantisation: no commercial use, no derivatives, and the duty to
    stay under the same licence. A child that drops one promises what its maker had no right to promise. An adapter
    holds none of the parent's weights, but nobody can run it without them. A model trained on what another says is
    bound where that one's licence reaches for outputs.

    Sample: `license: llama2`, and `base_model` names a model under CC-BY-NC-4.0.

    Fix: declare the parent's licence, or one that it may become; where derivatives may not be shared, only consent
    of the parent's owner helps.

    References: CC-BY-NC-4.0 section 2(a)(1); CC-BY-ND-4.0 section 2(a)(1)(B); GPL-3.0 section 5(c); arXiv 2509.09873.
    """
    declared = declared_licence(revision)
    own = declared.licence if declared else None
    if own is None:
        return
    for parent in (*declared_parents(revision), *hinted_parents(revision)):
        known = family(parent.name)
        if known is None:
            continue
        # An open child that holds a restricted parent's weights is OPN103's, which names the clauses of L1 and L2.
        elsewhere = {"L1", "L2"} if own.is_open and parent.relation != "distillation" else set()
        for one in conflicts(own.to_fact(), known.licence.to_fact(), parent.relation):
            if one.rule in _HERE and one.rule not in elsewhere:
                yield _finding(own, parent, known.licence, one, sure=known.sure and parent.key == "base_model")


def _finding(own: Licence, parent: Parent, theirs: Licence, one: Conflict, *, sure: bool) -> Finding:
    clause = one.restriction.clause if one.restriction else None
    where = f" ({clause.where})" if clause else ""
    message = f"declared {own.name}, made from {shown(parent.name)}: it {one.says}{where}"
    return fail(
        parent_terms_dropped, message, file=parent.file, location=f"key {parent.key}", fix=one.change,
        severity=Severity(one.severity), confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
        detail={"rule": one.rule, "declared": own.id, "parent": parent.name[:200], "licence": theirs.id,
                "relation": parent.relation, "clause": clause.cited if clause else None},
    )  # fmt: skip

"""OPN103: openness that the parents, or the licence's own name, contradict."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.licence_texts import licence_texts
from assay.checks.licences import Licence, declared_licence, denials, licence, tagged_open
from assay.checks.parents import Parent, declared_parents, family, hinted_parents
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity
from assay.openness import licence_facts, restrictions

__all__ = ["called_open_but_restricted"]


@check("OPN103-called-open-but-restricted", severity=Severity.HIGH, claims=("card",), version=2)
def called_open_but_restricted(revision: Revision) -> Iterator[Finding | Fact]:
    """Nothing that is called open is bound by a restricted licence, its own or a parent's.

    Terms do not vanish by fine-tuning, merging or quantising: a model made from Llama 2 stays under the Llama 2
    licence, whatever its tag says. Whoever relies on the tag uses it in ways that the parent's makers never allowed.

    Sample: `license: mit` and `base_model: meta-llama/Llama-2-7b-hf` in the same card.

    Fix: declare the parent's licence, add its text and notices, and keep its naming rules; or start from a parent
    whose licence allows what you want to allow.

    References: arXiv 2509.09873 (35.5 % of steps drop restrictive clauses); OSI on Llama 2 (OSD 5 and 6).
    """
    declared = declared_licence(revision)
    own = declared.licence if declared else None
    if own is not None and own.is_open:
        yield from _by_name(revision, own)
        for parent in (*declared_parents(revision), *hinted_parents(revision)):
            yield from _by_parent(own, parent)
    tag = tagged_open(revision)
    for one in (own, *(text.licence for text in licence_texts(revision))):
        if tag and one is not None and not one.is_open:
            message = f"tagged {shown(tag)!r}, yet {one.name} is no open licence: {_words(one)}"
            yield fail(
                called_open_but_restricted, message, file="README.md", location="key tags", fix="Remove the tag.",
                severity=Severity.MEDIUM, detail={"licence": one.id},
            )  # fmt: skip
            return


def _by_name(revision: Revision, own: Licence) -> Iterator[Finding]:
    name = revision.card().get("license_name")
    named = licence(name) if isinstance(name, str) else None
    if named is not None and not named.is_open:
        yield fail(
            called_open_but_restricted, f"declared {own.name}, yet license_name says {named.name}: {_words(named)}",
            file="README.md", location="key license_name", detail={"declared": own.id, "named": named.id},
            fix="Declare the licence it is under: `license: other` and its name.",
        )  # fmt: skip


def _by_parent(own: Licence, parent: Parent) -> Iterator[Finding]:
    known = family(parent.name)
    if known is None or known.licence.is_open or parent.relation == "distillation":
        return
    sure = known.sure and parent.key == "base_model"
    those = restrictions(known.licence.terms)
    rests_on = {item.kind: item.clause.cited for item in those if item.clause}
    yield fail(
        called_open_but_restricted,
        f"declared {own.name}, yet made from {shown(parent.name)}, which is under {known.licence.name}: "
        f"{_words(known.licence)}",
        file=parent.file, location=f"key {parent.key}",
        confidence=Confidence.HIGH if sure else Confidence.MEDIUM, severity=_severity(parent, known.licence),
        fix=f"Declare `license: {known.licence.id}`, add its text and notices.",
        detail={"declared": own.id, "parent": parent.name[:200], "family": known.name, "licence": known.licence.id,
                "relation": parent.relation, "clauses": dict(denials(known.licence)), "rests_on": rests_on},
    )  # fmt: skip


def _severity(parent: Parent, theirs: Licence) -> Severity:
    """An adapter holds no weights of its parent; only licences that define derivatives broadly reach it itself."""
    facts = licence_facts(theirs.id)
    soft = parent.relation == "adapter" and not (facts is not None and facts.adapters)
    return Severity.MEDIUM if soft else Severity.HIGH


def _words(one: Licence) -> str:
    told = "; ".join(item.told for item in restrictions(one.terms) if item.denies or item.kind == "naming_or_branding")
    return shown(told, 400) or one.openness

"""OPN105: what the licence does not allow."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.canonical import JSON
from assay.checks import check, fail, unknown
from assay.checks.licence_texts import licence_texts
from assay.checks.licences import declared_licence, denials, multimodal
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity
from assay.openness import Restriction, restrictions

__all__ = ["use_restricted"]


@check("OPN105-use-restricted", severity=Severity.MEDIUM, claims=("card", "licence"), version=2)
def use_restricted(revision: Revision) -> Iterator[Finding | Fact]:
    """The declared licence lets everybody use, study, change and share this, for any purpose.

    A restricted licence that is declared honestly is no fault, and for many uses no hindrance. It is not an open one
    either: whoever builds on it should know the clauses first. Each one found names the field of the rules it comes
    from, so that a policy can ask for it (`licence.non_commercial`, `licence.user_cap` …).

    Sample: `license: llama2`, which asks for a separate licence from 700 million users on.

    Fix: nothing, if the clauses do not touch you; admit the model by a policy that names them. Otherwise choose a
    model under an open licence.

    References: the Open Source Definition, clauses 5 and 6; the Open Source AI Definition 1.0.
    """
    declared = declared_licence(revision)
    texts = (text.licence for text in licence_texts(revision) if text.licence)
    one = (declared.licence if declared else None) or next(texts, None)
    if one is None:
        yield unknown(use_restricted, "no licence is known here, so neither is what it allows")
        return
    if not one.is_clear:
        yield unknown(use_restricted, f"what {one.name} allows is not clear", detail={"licence": one.id})
        return
    if one.is_open:
        return
    those = restrictions(one.terms, multimodal=multimodal(revision))
    kinds = {item.kind for item in those}
    clauses = {field: words for field, words in denials(one) if field in kinds or field == "inherits"}
    # Where nothing is denied outright, a duty to show a name is what keeps it from being open.
    decisive = tuple(item for item in those if item.denies) or those[:1]
    told = "; ".join(item.told for item in decisive)
    yield fail(
        use_restricted, f"{one.name} is no open licence: {shown(told, 400) or one.openness}",
        detail={"licence": one.id, "openness": one.openness, "clauses": clauses, "rests_on": _cited(those)},
        fix=_way_out(decisive),
    )  # fmt: skip
    for item in those:
        if item not in decisive and item.kind != "copyleft":
            yield fail(
                use_restricted, f"{one.name} asks for more: {shown(item.told, 300)}", severity=Severity.INFO,
                detail={"licence": one.id, "clauses": {item.kind: item.says}, "rests_on": _cited((item,))},
                fix="Keep to it, or choose a model under an open licence.",
            )  # fmt: skip


def _way_out(decisive: tuple[Restriction, ...]) -> str:
    """What would have to change for it to be open, and what to do as long as it does not."""
    meanwhile = "check that your use is within these terms, or choose a model under an open licence."
    places = dict.fromkeys(item.clause.where for item in decisive if item.clause)
    if not places:
        return meanwhile.capitalize()
    return f"It would be open without {'; '.join(places)}. Until its owner drops them, {meanwhile}"


def _cited(those: tuple[Restriction, ...]) -> dict[str, JSON]:
    return {item.kind: item.clause.cited for item in those if item.clause}

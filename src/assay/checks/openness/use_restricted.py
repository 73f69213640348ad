"""OPN105: what the licence does not allow."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail, unknown
from assay.checks.licence_texts import licence_texts
from assay.checks.licences import declared_licence, denials, duties
from assay.finding import Fact, Finding, Severity

__all__ = ["use_restricted"]


@check("OPN105-use-restricted", severity=Severity.MEDIUM, claims=("card", "licence"))
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
    clauses = dict(denials(one))
    if not one.is_open:
        yield fail(
            use_restricted, f"{one.name} is no open licence: {'; '.join(clauses.values()) or one.openness}",
            detail={"licence": one.id, "openness": one.openness, "clauses": clauses},
            fix="Check that your use is within these terms, or choose a model under an open licence.",
        )  # fmt: skip
    for field, words in duties(one):
        yield fail(
            use_restricted, f"{one.name} asks for more: {words}", severity=Severity.INFO,
            detail={"licence": one.id, "clauses": {field: words}},
        )  # fmt: skip

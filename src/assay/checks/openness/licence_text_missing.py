"""OPN102: whether the licence's own words come along."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail, unknown
from assay.checks.licence_texts import licence_texts
from assay.checks.licences import declared_licence
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity

__all__ = ["licence_text_missing"]


@check("OPN102-licence-text-missing", severity=Severity.LOW, claims=("licence",))
def licence_text_missing(revision: Revision) -> Iterator[Finding | Fact]:
    """The text of the declared licence lies beside the files, or in the card.

    Nearly every licence asks that its text goes with each copy; without it whoever passes the model on breaks the
    licence without knowing, and nobody can tell which version of the terms was meant. Use-restricted licences ask for
    a copy of the agreement expressly, so its absence weighs more there.

    Sample: `license: apache-2.0` in the card, and no `LICENSE` file.

    Fix: add the unchanged text as `LICENSE`; `assay fix` does it for licences whose text it carries.

    References: arXiv 2602.08816 (95.8 % of permissively tagged models lack the text).
    """
    declared = declared_licence(revision)
    if declared is None:
        yield unknown(licence_text_missing, "no licence is declared whose text could be looked for")
        return
    if any(not text.policy for text in licence_texts(revision)):
        return
    name = declared.licence.name if declared.licence else shown(declared.text)
    bound = declared.licence is not None and not declared.licence.is_open
    yield fail(
        licence_text_missing, f"the text of {name} is missing", fix="Add it, unchanged, as LICENSE.",
        severity=Severity.MEDIUM if bound else Severity.LOW,
    )  # fmt: skip

"""OPN104: the licence file against the declared licence."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail, unknown
from assay.checks.licence_texts import LicenceText, further_texts, licence_texts
from assay.checks.licences import Licence, declared_licence
from assay.finding import Confidence, Fact, Finding, Severity

__all__ = ["licence_text_differs"]

_FIX = "Declare what the text is, or replace the text by that of the declared licence, unchanged."
_STUB = 120
"""Words; a file below is a pointer to a licence rather than one that was cut."""


@check("OPN104-licence-text-differs", severity=Severity.HIGH, claims=("licence", "card"))
def licence_text_differs(revision: Revision) -> Iterator[Finding | Fact]:
    """A licence text that lies here is that of the declared licence: nothing missing, nothing added.

    Where tag and text disagree, the text binds and the tag misleads. One added sentence, such as "not for commercial
    use" below the MIT text, makes another licence of it, and is what tools that compare by likeness overlook.

    Sample: `license: mit`, and a `LICENSE` with the MIT text followed by "The Model may not be used commercially."

    Fix: declare what the text is; or restore the text and remove what was added.

    References: LicenseDB; reports on tags and files that disagree (ImageBind 5, DiffRhythm 76, Kimi K2's licence).
    """
    declared = declared_licence(revision)
    texts = list(licence_texts(revision))
    # Either of two licences may be taken where both texts lie there and one is the declared one.
    matched = declared is not None and any(_same(text, declared.licence) for text in texts)
    bound = declared is not None and declared.licence is not None and not declared.licence.is_open
    further = further_texts(revision)
    if further:
        yield unknown(licence_text_differs, f"{further} more licence texts were not compared")
    for text in texts:
        if text.added and (text.licence is not None or not bound):
            yield _added(text)
        elif text.truncated:
            yield unknown(licence_text_differs, "the licence text is too long to be compared", file=text.path)
        elif text.licence is None:
            if not matched and not text.policy:
                yield unknown(licence_text_differs, "the text is of no licence whose clauses are known", file=text.path)
        elif declared is not None and declared.licence is not None and not matched:
            yield _different(text, text.licence, declared.licence)
        elif text.missing:
            yield _cut(text, text.licence)


def _same(text: LicenceText, one: Licence | None) -> bool:
    return text.licence is not None and one is not None and text.licence.id == one.id


def _added(text: LicenceText) -> Finding:
    what = f"the {text.licence.name} text" if text.licence else "the text"
    words = ", ".join(repr(words) for words in text.added[:3])
    return fail(
        licence_text_differs, f"{what} has words that restrict and that no open licence has: {words}", file=text.path,
        confidence=Confidence.HIGH if text.licence else Confidence.MEDIUM, fix=_FIX, detail={"added": list(text.added)},
    )  # fmt: skip


def _different(text: LicenceText, found: Licence, declared: Licence) -> Finding:
    stricter = declared.is_open and not found.is_open
    return fail(
        licence_text_differs, f"declared {declared.name}, yet the text is that of {found.name}", file=text.path,
        severity=Severity.HIGH if stricter else Severity.MEDIUM, fix=_FIX,
        detail={"declared": declared.id, "text": found.id},
    )  # fmt: skip


def _cut(text: LicenceText, found: Licence) -> Finding:
    stub = text.words < _STUB
    what = "only names" if stub else "lacks clauses of"
    return fail(
        licence_text_differs, f"the file {what} {found.name}", file=text.path,
        severity=Severity.LOW if stub else Severity.MEDIUM,
        fix="Replace it by the whole, unchanged text.", detail={"missing": list(text.missing)},
    )  # fmt: skip

"""OPN104: the licence file against the declared licence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.artifact.revision import Revision
from assay.canonical import JSON
from assay.checks import check, fail, unknown
from assay.checks.licence_texts import LicenceText, further_texts, licence_texts
from assay.checks.licences import Licence, declared_licence
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity

if TYPE_CHECKING:
    from assay.licences import Difference

__all__ = ["licence_text_differs"]

_FIX = "Declare what the text is, or replace the text by that of the declared licence, unchanged."
_STUB = 120
"""Words; a file below is a pointer to a licence rather than one that was cut."""
_QUOTED = 160
"""Characters of added words that are shown whole."""
_MOST = 8
"""Differences in a finding's detail."""


@check("OPN104-licence-text-differs", severity=Severity.HIGH, claims=("licence", "card"), version=2)
def licence_text_differs(revision: Revision) -> Iterator[Finding | Fact]:
    """A licence text that lies here is that of the declared licence: nothing missing, nothing added.

    Where tag and text disagree, the text binds and the tag misleads. One added sentence, such as "not for commercial
    use" below the MIT text, makes another licence of it, and is what tools that compare by likeness overlook. The text
    is compared word by word; layout, spelling, copyright notices, headings and what the licence itself leaves open do
    not count.

    Sample: `license: mit`, and a `LICENSE` with the MIT text followed by "The Model may not be used commercially."

    Fix: declare what the text is; or restore the text and remove what was added. `assay licence LICENSE` shows where.

    References: SPDX matching guidelines; ScanCode LicenseDB; reports on tags and files that disagree (ImageBind 5,
    DiffRhythm 76, Kimi K2's licence).
    """
    declared = declared_licence(revision)
    texts = list(licence_texts(revision))
    if texts:
        yield Fact("licence_texts", [text.to_fact() for text in texts])
    # Either of two licences may be taken where both texts lie there and one is the declared one.
    matched = declared is not None and any(_same(text, declared.licence) for text in texts)
    bound = declared is not None and declared.licence is not None and not declared.licence.is_open
    further = further_texts(revision)
    if further:
        yield unknown(licence_text_differs, f"{further} more licence texts were not compared")
    for text in texts:
        one = text.licence
        if text.added and (one.is_open if one is not None else not bound):
            yield _added(text)
        elif text.closed and (one is None or one.is_open) and not bound:
            yield _closed(text)
        elif text.truncated:
            yield unknown(licence_text_differs, "the licence text is too long to be compared", file=text.path)
        elif one is None:
            if not matched and not text.policy:
                yield unknown(licence_text_differs, _why_unknown(text), file=text.path)
        elif declared is not None and declared.licence is not None and not matched:
            for_code = one.is_open and bound and _tells_code_from_weights(revision)
            yield (_code_only if for_code else _different)(text, one, declared.licence)
        elif text.named_only or text.found.grade == "partial":
            if one.is_open or not text.named_only:
                yield _cut(text, one)
        elif text.found.grade == "modified":
            yield _changed(text, one)


def _same(text: LicenceText, one: Licence | None) -> bool:
    return text.licence is not None and one is not None and text.licence.id == one.id


def _why_unknown(text: LicenceText) -> str:
    main = text.found.main
    if main is None:
        return "the text is of no licence whose words are known"
    return f"the text is that of {main.name}, and what it allows is not described here"


def _added(text: LicenceText) -> Finding:
    """Phrases that restrict weigh more than words such as "must", which may ask for no more than a citation."""
    first = text.added[0]
    what = f"the {text.licence.name} text" if text.licence else "the text"
    words = repr(first.added)
    if len(words) > _QUOTED:
        words = ", ".join(repr(phrase) for one in text.added for phrase in (one.restricts or one.conditions)[:3])
    said = "restrict and that no open licence has" if first.restricts else "set a condition beside it"
    sure = text.licence is not None and bool(first.restricts)
    return fail(
        licence_text_differs, f"{what} has words that {said}: {shown(words, 200)}",
        file=text.path, location=f"line {first.line}", fix=_FIX, detail=_detail(text),
        severity=Severity.HIGH if first.restricts else Severity.MEDIUM,
        confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
    )  # fmt: skip


def _closed(text: LicenceText) -> Finding:
    """An open licence beside one that is not, or beside a use policy: code and weights may stand apart."""
    what = f"beside {text.licence.name} the file holds" if text.licence else "the file is"
    return fail(
        licence_text_differs, f"{what} {', '.join(text.closed)}, which restricts", file=text.path,
        fix="Say in the card which files stand under which licence, and declare the stricter one.",
        detail={"closed": list(text.closed), "words_sha256": text.found.digest},
    )  # fmt: skip


def _different(text: LicenceText, found: Licence, declared: Licence) -> Finding:
    stricter = declared.is_open and not found.is_open
    return fail(
        licence_text_differs, f"declared {declared.name}, yet the text is that of {found.name}", file=text.path,
        severity=Severity.HIGH if stricter else Severity.MEDIUM, fix=_FIX,
        detail={"declared": declared.id, "text": found.id, "grade": text.found.grade},
    )  # fmt: skip


def _tells_code_from_weights(revision: Revision) -> bool:
    """Say whether the card's words about its licence name both, as those of many audio and vision models do."""
    sections = [str(seen.facts.get("licence_section") or "").lower() for seen in revision.seen("card")]
    return any("code" in said and "weights" in said for said in sections)


def _code_only(text: LicenceText, found: Licence, declared: Licence) -> Finding:
    """Code and weights under licences of their own, and only the text of the code's lies here."""
    return fail(
        licence_text_differs,
        f"the text is that of {found.name}, which by the card covers the code; that of {declared.name}, for the"
        " weights, is missing",
        file=text.path, severity=Severity.LOW, detail={"declared": declared.id, "text": found.id},
        fix=f"Add the text of {declared.name}, as LICENSE-weights, and say so in the card.",
    )  # fmt: skip


def _cut(text: LicenceText, found: Licence) -> Finding:
    stub = text.words < _STUB or text.named_only
    what = "only names" if stub else "has only a part of"
    return fail(
        licence_text_differs, f"the file {what} {found.name}", file=text.path,
        severity=Severity.LOW if stub else Severity.MEDIUM,
        fix="Replace it by the whole, unchanged text.", detail=_detail(text),
    )  # fmt: skip


def _changed(text: LicenceText, found: Licence) -> Finding:
    """Words that grant weigh more than others, of which somebody may only have mistyped one."""
    unlike = _differences(text)
    first = (text.missing or unlike)[0]
    what = f"lacks {first.removed!r}" if first.removed and not first.added else f"says {first.added!r}"
    if first.added and first.removed:
        what += f" for {first.removed!r}"
    granted = " in what it grants" if text.missing else ""
    return fail(
        licence_text_differs, f"the text differs from that of {found.name}{granted}: it {shown(what, 160)}",
        file=text.path, location=f"line {first.line}", severity=Severity.MEDIUM if text.missing else Severity.LOW,
        fix="Replace it by the whole, unchanged text.", detail=_detail(text),
    )  # fmt: skip


def _differences(text: LicenceText) -> tuple[Difference, ...]:
    return tuple(one for match in text.found.matches for one in match.differences)


def _detail(text: LicenceText) -> dict[str, JSON]:
    unlike = (*_differences(text), *text.found.around)
    return {
        "grade": text.found.grade, "words_sha256": text.found.digest,
        "differences": [one.to_json() | {"added": one.added[:400], "removed": one.removed[:400]}
                        for one in unlike[:_MOST]],
    }  # fmt: skip

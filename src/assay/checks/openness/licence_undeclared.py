"""OPN101: whether anybody may use the artifact at all; states the fact `licence`."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.canonical import JSON
from assay.checks import check, fail, unknown
from assay.checks.licence_texts import LicenceText, licence_texts
from assay.checks.licences import Declared, declared_licence
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity

__all__ = ["licence_undeclared"]


@check("OPN101-licence-undeclared", severity=Severity.MEDIUM, claims=("card", "licence"))
def licence_undeclared(revision: Revision) -> Iterator[Finding | Fact]:
    """The card declares a licence that is known by its terms.

    Without a licence nobody but the makers may use, change or share a work: "published" does not mean "free to use".
    A name that stands for no known terms, such as `other` without `license_name`, decides nothing.

    Sample: a `README.md` without `license:` in its front matter.

    Fix: write `license: apache-2.0`, or what it really is, into the front matter of `README.md`; for a licence
    without a slug use `license: other`, `license_name` and `license_link`.

    References: arXiv 2602.08816 (permissive-washing); https://huggingface.co/docs/hub/repositories-licenses.
    """
    declared = declared_licence(revision)
    texts = list(licence_texts(revision))
    yield Fact("licence", _fact(declared, texts))
    fix = "Write `license:` into the front matter of README.md."
    if declared is None and any(text.licence for text in texts):
        named = next(text for text in texts if text.licence)
        assert named.licence is not None
        message = f"only {named.path} names the licence, {named.licence.name}; no card declares it"
        yield fail(licence_undeclared, message, file=named.path, severity=Severity.LOW, fix=fix)
    elif declared is None:
        yield fail(licence_undeclared, "no licence is declared, so nobody may use this", fix=fix)
    elif declared.licence is None:
        yield unknown(
            licence_undeclared, f"the terms of the declared licence, {shown(declared.text)}, are not known here",
            file="README.md", location="key license", fix="Declare it by its SPDX identifier or slug.",
        )  # fmt: skip


def _fact(declared: Declared | None, texts: list[LicenceText]) -> dict[str, JSON]:
    """What is declared; where a text here is stricter, that, for a text binds whatever the card says."""
    whole = [text for text in texts if not text.policy]
    fact: dict[str, JSON] = {"text_present": bool(texts)}
    one = declared.licence if declared else next((text.licence for text in whole if text.licence), None)
    if declared is not None:
        fact["declared"] = declared.text[:200]
        fact |= {"id": None, "spdx": None}
    if one is not None and one.is_open:
        stricter = (text.licence for text in whole if text.licence and text.licence.is_clear)
        one = next((licence for licence in stricter if not licence.is_open), one)
        if one.is_open and any(text.added for text in whole):
            # The words of an open licence with more below them: how open that is, nobody has said yet.
            return fact | {"id": None, "spdx": None}
    return fact if one is None else fact | one.to_fact()

"""SEC107: pickles that swell when what they share is written out."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.finding import Fact, Finding, Severity

__all__ = ["pickle_expansion"]


@check("SEC107-pickle-expansion", severity=Severity.MEDIUM, claims=("pickle",))
def pickle_expansion(revision: Revision) -> Iterator[Finding | Fact]:
    r"""No pickle stands for more values than anybody could have stored.

    A pickle can name one object again and again, and objects that hold such names may be named again themselves, so
    that a few hundred bytes stand for billions of values. Loading shares them; whatever then walks through the result,
    prints, compares, copies or hashes it does not, and uses up the machine.

    Sample: sixty lists, each of ten times the one before: `](` + `h\x00` ten times + `e`.

    Fix: do not load the file; ask for safetensors.

    References: fickling issue 211, CWE-776.
    """
    for seen in revision.seen("pickle"):
        if "unfolds" in seen.facts:
            yield fail(
                pickle_expansion, f"a small pickle stands for {seen.facts['unfolds']:,} values or more", file=seen.file,
                location=seen.at(), detail={"unfolds": seen.facts["unfolds"]},
                fix="Do not load it; ask for safetensors.",
            )  # fmt: skip

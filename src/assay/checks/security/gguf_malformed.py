"""SEC401: GGUF files that break their own format."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.finding import Fact, Finding, Severity

__all__ = ["gguf_malformed"]

_UNREAD = frozenset({"budget", "template-too-long"})
"""Problems of reading; `judge` says that the file was not read to its end."""
_MILD = frozenset({"unknown-type", "trailing-bytes", "unaligned"})
"""What newer writers may do; worth knowing, no danger in itself."""


@check("SEC401-gguf-malformed", severity=Severity.HIGH, claims=("gguf",))
def gguf_malformed(revision: Revision) -> Iterator[Finding | Fact]:
    """Every GGUF file keeps to its format: counts, lengths and tensors lie inside the file and apart from each other.

    Loaders in C take counts and lengths from the header and allocate, multiply and copy by them. Numbers that do not
    fit the file have led to writes beyond the heap in such loaders. Names that stand twice are taken differently by
    different programs.

    Sample: a header of 24 bytes that announces 2^61 metadata, or a string of 2^63 bytes.

    Fix: fetch the file again and compare its sha256; if it stays so, convert the model anew from its safetensors.

    References: CVE-2024-21825, CVE-2024-21836, CVE-2024-23496, CVE-2024-23605 (Talos, 2024), CVE-2025-53630, CWE-190.
    """
    for seen in revision.seen("gguf"):
        for problem in seen.problems:
            if problem.code in _UNREAD:
                continue
            yield fail(
                gguf_malformed, f"not a well formed GGUF file: {problem.message}", file=seen.file,
                location=seen.at(problem.offset), detail={"problem": problem.code},
                severity=Severity.LOW if problem.code in _MILD else None,
                fix="Fetch the file again and compare its digest, or convert the model anew.",
            )  # fmt: skip

"""SEC504: bytes that are two formats at once."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.finding import Fact, Finding, Severity

__all__ = ["polyglot"]


@check("SEC504-polyglot", severity=Severity.HIGH)
def polyglot(revision: Revision) -> Iterator[Finding | Fact]:
    """No file is valid as two formats, so that every program reads the same in it.

    A zip archive is found from its end, most other formats from their start, so one file can be both. A scanner goes
    by one, a loader by the other. Both contents are read and judged here, but no honest tool writes such a file.

    Sample: a GGUF file with a zip archive at its end, which `python model.gguf` would run as a program.

    Fix: do not load it. Take out the part you need with a tool you trust, or fetch the file from its first publisher.

    References: CWE-436 (interpretation conflict), CWE-646; Trail of Bits, "Never a dill moment" (2021).
    """
    for seen in revision.seen():
        for problem in seen.problems:
            if problem.code == "polyglot":
                yield fail(
                    polyglot, problem.message, file=seen.file, location=seen.at(),
                    detail={"format": seen.observation.format},
                    fix="Do not load it; build it anew from the part you need.",
                )  # fmt: skip

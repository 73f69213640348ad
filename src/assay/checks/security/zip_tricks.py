"""SEC103: archives that two programs would read differently."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.finding import Fact, Finding, Severity

__all__ = ["zip_tricks"]

_UNREAD = frozenset({"budget", "over-budget", "member-unread", "unknown-method", "polyglot"})
"""Problems of reading; `judge` says that the file was not read to its end."""


@check("SEC103-zip-tricks", severity=Severity.HIGH, claims=("zip",))
def zip_tricks(revision: Revision) -> Iterator[Finding | Fact]:
    """Zip archives say one thing only: both directories agree, and no member leaves the archive.

    A zip archive names its members twice. Where the two places differ, or flags and checksums lie, a scanner may read
    one file and the framework another. A member name with `..` writes outside the folder it is unpacked in, and a
    few kilobytes may unpack to terabytes.

    Sample: a PyTorch checkpoint whose central directory says `data.pkl` where the local header says `notes.txt`.

    Fix: unpack what you need with a tool you trust and build the archive anew; do not load it as it is.

    References: CVE-2025-1944, CVE-2025-1945, CVE-2025-10156, GHSA-w8jq-xcqf-f792, GHSA-7q5r-7gvp-wc82.
    """
    for seen in revision.seen("zip"):
        for problem in seen.problems:
            if problem.code not in _UNREAD:
                yield fail(
                    zip_tricks, f"the archive can be read in two ways: {problem.message}", file=seen.file,
                    location=seen.at(problem.offset), detail={"problem": problem.code},
                    severity=Severity.LOW if problem.code == "alike-name" else Severity.HIGH,
                    fix="Do not load it; build the archive anew from members you trust.",
                )  # fmt: skip

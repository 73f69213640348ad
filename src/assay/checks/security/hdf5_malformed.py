"""SEC442: HDF5 files that break their own format."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.finding import Fact, Finding, Severity

__all__ = ["hdf5_malformed"]

_UNREAD = frozenset({"budget", "member-unread", "too-many-pickles", "unread-objects", "shared-message", "shared-type"})
"""Problems of reading; `judge` says that the file was not read to its end."""


@check("SEC442-hdf5-malformed", severity=Severity.MEDIUM, claims=("hdf5",))
def hdf5_malformed(revision: Revision) -> Iterator[Finding | Fact]:
    """Every HDF5 file is whole: headers, trees and heaps lie inside the file and do not go round in circles.

    The library that reads these files is large, written in C and has had many faults in how it follows addresses and
    lengths. A file cut off on its way, or one made to reach those faults, shows in structures that make no sense.

    Sample: an object header that goes on at an offset beyond the end of the file.

    Fix: fetch the file again and compare its sha256; if it stays so, ask for safetensors.

    References: CVE-2024-29157, CVE-2025-2153, CVE-2025-6269, the HDF5 File Format Specification, CWE-787.
    """
    for seen in revision.seen("hdf5"):
        for problem in seen.problems:
            if problem.code not in _UNREAD:
                yield fail(
                    hdf5_malformed, f"not a well formed HDF5 file: {problem.message}", file=seen.file,
                    location=seen.at(problem.offset), detail={"problem": problem.code},
                    fix="Fetch the file again and compare its digest, or ask for safetensors.",
                )  # fmt: skip

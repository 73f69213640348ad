"""SEC501: tar archives, 7z archives and compressed streams that unpack where or to what they should not."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity

__all__ = ["archive_tricks"]

_WEIGHT = {
    "traversal": Severity.HIGH,
    "link-leaves": Severity.HIGH,
    "through-link": Severity.HIGH,
    "device": Severity.HIGH,
    "bomb": Severity.HIGH,
    "size-differs": Severity.HIGH,
    "bad-name": Severity.MEDIUM,
    "duplicate-name": Severity.MEDIUM,
    "trailing-bytes": Severity.MEDIUM,
    "encrypted": Severity.MEDIUM,
}


@check("SEC501-archive-tricks", severity=Severity.HIGH, claims=("tar", "compressed", "sevenzip"))
def archive_tricks(revision: Revision) -> Iterator[Finding | Fact]:
    """Archives unpack inside their folder, to what their headers say, and to no more than they should.

    A member named `../../.bashrc`, or a link that points outside followed by a member that is written through it,
    changes files of whoever unpacks. Two sizes or two members of one name let a scanner see one file and the loader
    another. A few kilobytes may unpack to terabytes. NeMo, TorchServe, MLflow and many download scripts unpack
    archives of models without a look.

    Sample: a `.nemo` file, which is a tar, with the members `link -> /home` and `link/user/.profile`.

    Fix: do not unpack it. Ask for the plain files, or build the archive anew from members you trust; in Python unpack
    with `tarfile.extractall(filter="data")`.

    References: CVE-2007-4559 (tarfile), CVE-2025-4517 (tarfile filters), CVE-2025-62518 (two sizes in pax),
    CVE-2025-12060 (Keras), CWE-22, CWE-59, CWE-409.
    """
    for seen in revision.seen("tar", "compressed", "sevenzip"):
        for problem in seen.problems:
            severity = _WEIGHT.get(problem.code)
            if severity is not None:
                yield fail(
                    archive_tricks, f"the archive hides or harms: {shown(problem.message, 200)}", file=seen.file,
                    location=seen.at(problem.offset), severity=severity, detail={"problem": problem.code},
                    fix="Do not unpack it; build the archive anew from members you trust.",
                )  # fmt: skip

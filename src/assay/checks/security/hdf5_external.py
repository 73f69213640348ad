"""SEC440: HDF5 files that read other files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from assay.artifact.revision import Revision, Seen
from assay.canonical import JSON
from assay.checks import check, fail
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity

__all__ = ["hdf5_external"]

_HOW = {
    "link": "links to", "storage": "keeps its data in", "virtual": "is put together from",
    "user-defined": "links in a way of its own to",
}  # fmt: skip


@check("SEC440-hdf5-external", severity=Severity.HIGH, claims=("hdf5",))
def hdf5_external(revision: Revision) -> Iterator[Finding | Fact]:
    """HDF5 files keep all that is in them to themselves.

    A dataset may say that its bytes lie in another file, and a link may lead into one. The library opens that file
    when the dataset is read, with the rights of whoever loads the model: weights that are the content of a private
    file then leave with the next upload or answer. A file of the same revision, named beside, weighs less.

    Sample: a dataset of a weights file whose external storage is `/etc/passwd`.

    Fix: do not load it where other files can be read. Copy the data in (`h5repack` does so) and remove the link.

    References: CVE-2026-1669, https://docs.hdfgroup.org/hdf5/ (External File List, External Links), CWE-73.
    """
    for seen in revision.seen("hdf5"):
        for one in seen.facts["external"]:
            inside = _is_beside(revision, seen, one)
            yield fail(
                hdf5_external, f"{shown(one['at'], 80)} {_HOW[one['kind']]} {shown(one['file']) or 'another file'}",
                file=seen.file, location=seen.at(f"object {shown(one['at'], 80)}"), detail=dict(one),
                severity=Severity.LOW if inside else None,
                fix="Do not load it; copy the data into the file and remove the link.",
            )  # fmt: skip


def _is_beside(revision: Revision, seen: Seen, one: dict[str, JSON]) -> bool:
    name = str(one["file"])
    if not name or seen.inner or name.startswith("/") or "\\" in name or ".." in name.split("/"):
        return False
    return posixpath.normpath(posixpath.join(posixpath.dirname(seen.file), name)) in revision.by_path

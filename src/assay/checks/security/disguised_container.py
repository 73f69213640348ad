"""SEC502: an archive of another kind under the name of weights."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision, Seen
from assay.checks import check, fail
from assay.checks.disguise import stands_as_model
from assay.finding import Fact, Finding, Severity

__all__ = ["disguised_container"]

_ARCHIVERS = frozenset({"rar", "cab"})


@check("SEC502-disguised-container", severity=Severity.HIGH, claims=("sevenzip", "compressed"))
def disguised_container(revision: Revision) -> Iterator[Finding | Fact]:
    r"""No file named as weights is an archive that no framework writes.

    PyTorch and its kin write zip archives. The same content in 7z or RAR does not load, or loads only after somebody
    unpacks it; its use is that scanners which expect a zip see nothing in it.

    Sample: `pytorch_model.bin` that begins with `7z\xbc\xaf\x27\x1c`.

    Fix: do not unpack or load it. Ask for safetensors, or fetch the file from where it was first published.

    References: nullifAI (ReversingLabs, February 2025); CWE-434, CWE-646.
    """
    for seen in revision.seen("sevenzip", "compressed"):
        kind = _kind(seen)
        if kind is not None and stands_as_model(seen.place):
            yield fail(
                disguised_container, f"named as a model, it is a {kind} archive, which no framework writes",
                file=seen.file, location=seen.at(), fix="Do not load or unpack it; ask for safetensors.",
                detail={"kind": kind},
            )  # fmt: skip


def _kind(seen: Seen) -> str | None:
    if seen.observation.format == "sevenzip":
        return "7z"
    method = str(seen.facts.get("method"))
    return method.upper() if method in _ARCHIVERS else None

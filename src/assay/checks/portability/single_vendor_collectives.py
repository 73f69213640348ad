"""POR106: a process group fixed to NVIDIA's collectives."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.accelerator_uses import collectives
from assay.checks.portable import Harm
from assay.checks.roles import aside, is_inference
from assay.finding import Fact, Finding, Severity

__all__ = ["single_vendor_collectives"]


@check("POR106-single-vendor-collectives", severity=Severity.MEDIUM, claims=("python",))
def single_vendor_collectives(revision: Revision) -> Iterator[Finding | Fact]:
    """Processes that work together choose their transport by what is there.

    `nccl` exists where NVIDIA's library, or AMD's double of it, was built into torch. On a CPU, on Apple and on Intel
    the very first call stops with an error; `gloo` does the same work there, and torch picks it when asked for none.

    Sample: `torch.distributed.init_process_group("nccl")` in `generate.py`.

    Fix: leave the backend out, or `"nccl" if torch.cuda.is_available() else "gloo"`.

    References: torch documentation, "Distributed communication package", backends.
    """
    harm = Harm(revision)
    for seen in revision.seen("python"):
        for use in collectives(seen):
            severity = Severity.MEDIUM if is_inference(seen.place) else aside(Severity.MEDIUM)
            yield fail(
                single_vendor_collectives, f"the code needs {use.needs}: {use.what}", file=seen.file,
                location=seen.at(f"line {use.line}"), severity=harm(severity), detail={"use": use.what},
                fix="Leave the backend out, or take gloo where torch.cuda.is_available() says no.",
            )  # fmt: skip

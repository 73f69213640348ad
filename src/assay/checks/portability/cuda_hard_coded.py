"""POR103: code that says `cuda` where it could ask."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.accelerator_uses import cuda_uses
from assay.checks.portable import Harm
from assay.checks.roles import aside, is_inference
from assay.finding import Confidence, Fact, Finding, Severity

__all__ = ["cuda_hard_coded"]


@check("POR103-cuda-hard-coded", severity=Severity.MEDIUM, claims=("python",), version=2)
def cuda_hard_coded(revision: Revision) -> Iterator[Finding | Fact]:
    """The code takes the device it is given, or asks which there is.

    `.cuda()` and `device="cuda"` stop on a CPU, on Apple and on Intel with an error, though nothing else in the code
    needs that vendor. What stands behind `torch.cuda.is_available()` does no harm.

    Sample: `mask = torch.ones(n, n).cuda()` in a forward pass.

    Fix: take the device from a tensor at hand (`x.device`), or `"cuda" if torch.cuda.is_available() else "cpu"`.

    References: torch documentation, "Device-agnostic code".
    """
    harm = Harm(revision)
    for seen in revision.seen("python"):
        for use in cuda_uses(seen):
            severity = Severity.MEDIUM if is_inference(seen.place) else aside(Severity.MEDIUM)
            yield fail(
                cuda_hard_coded, f"the code needs CUDA without asking for it: {use.what}", file=seen.file,
                location=seen.at(f"line {use.line}"), severity=harm(severity), confidence=Confidence.MEDIUM,
                detail={"use": use.what}, fix="Take the device from a tensor at hand, or test "
                "torch.cuda.is_available() first.",
            )  # fmt: skip

"""POR105: kernels written for a GPU, without which the code does not load."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.accelerator_uses import builds, kernel_files, kernels_have_fallback
from assay.checks.needed_code import needed_code
from assay.checks.portable import Harm
from assay.checks.roles import aside, is_inference
from assay.finding import Fact, Finding, Severity

__all__ = ["custom_kernel"]


@check("POR105-custom-kernel", severity=Severity.MEDIUM, claims=("python",))
def custom_kernel(revision: Revision) -> Iterator[Finding | Fact]:
    """The code needs no kernel of its own for a GPU, or goes on without it.

    CUDA and HIP sources are compiled on the user's machine by one vendor's tool chain; binaries such as `.cubin` run
    on one generation of its hardware. A kernel that only makes things faster does no harm where plain code stands in
    for it; a model whose loading compiles one loads nowhere else.

    Sample: `kernel = torch.utils.cpp_extension.load(name="wkv", sources=["wkv.cu"])` at the top of a modelling file.

    Fix: compile inside `try`, and compute the same in plain torch where that fails.

    References: torch documentation, `torch.utils.cpp_extension`; CUDA C++ programming guide, binary compatibility.
    """
    harm = Harm(revision)
    said = False
    for seen in revision.seen("python"):
        for use in builds(seen):
            said = True
            severity = Severity.MEDIUM if is_inference(seen.place) else aside(Severity.MEDIUM)
            yield fail(
                custom_kernel, f"loading this compiles a kernel for a GPU: {use.what}", file=seen.file,
                location=seen.at(f"line {use.line}"), severity=harm(severity), detail={"call": use.what},
                fix="Compile it inside try, and compute the same in plain torch where that fails.",
            )  # fmt: skip
    kernels = kernel_files(revision)
    if kernels and not said and not kernels_have_fallback(revision, _inference(revision)):
        others = f", and {len(kernels) - 1} more" if len(kernels) > 1 else ""
        needed = needed_code(revision).any or not any(file.format == "safetensors" for file in revision.files)
        yield fail(
            custom_kernel, f"a kernel for a GPU{others}, and nothing here goes on without it", file=kernels[0].path,
            severity=harm(Severity.MEDIUM if needed else Severity.LOW), detail={"files": len(kernels)},
            fix="Import what is built from it inside try … except ImportError, with the same in plain torch.",
        )  # fmt: skip


def _inference(revision: Revision) -> list[str]:
    return [file.path for file in revision.files if file.format == "python" and is_inference(file.path)]

"""SEC411: ONNX models that break their own format."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.finding import Fact, Finding, Severity

__all__ = ["onnx_malformed"]


@check("SEC411-onnx-malformed", severity=Severity.MEDIUM, claims=("onnx",))
def onnx_malformed(revision: Revision) -> Iterator[Finding | Fact]:
    """Every ONNX file is one whole model: messages inside their bounds, tensors as long as their shapes say.

    Runtimes in C++ allocate by the shape and copy by the length of the data. Where the two differ, a loader that does
    not compare them reads or writes beyond its memory. A file cut off on its way is no model either.

    Sample: an initializer of shape 1000 x 1000 with four bytes of data.

    Fix: fetch the file again and compare its sha256; if it stays so, export the model anew.

    References: https://github.com/onnx/onnx (onnx.proto, TensorProto), CWE-125 (out-of-bounds read), CWE-787.
    """
    for seen in revision.seen("onnx"):
        for problem in seen.problems:
            if problem.code != "budget":
                yield fail(
                    onnx_malformed, f"not a well formed ONNX model: {problem.message}", file=seen.file,
                    location=seen.at(problem.offset), detail={"problem": problem.code},
                    fix="Fetch the file again and compare its digest, or export the model anew.",
                )  # fmt: skip

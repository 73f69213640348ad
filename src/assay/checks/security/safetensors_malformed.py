"""SEC104: safetensors files that break their own format."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.finding import Fact, Finding, Severity

__all__ = ["safetensors_malformed"]


@check("SEC104-safetensors-malformed", severity=Severity.HIGH, claims=("safetensors",))
def safetensors_malformed(revision: Revision) -> Iterator[Finding | Fact]:
    """Every safetensors file keeps to its format: tensors side by side, no holes, no overlaps, sizes that add up.

    The format is safe because a loader need trust nothing: lengths, types and shapes must agree with the bytes. A file
    that breaks this was written by a faulty program, cut off on its way, or made to reach the memory of a loader that
    does not check. Holes can carry content that no listing shows.

    Sample: two tensors whose `data_offsets` overlap, or a header that names the same tensor twice.

    Fix: fetch the file again and compare its sha256; if it stays so, load it with the reference library, which
    refuses it, and ask its maker to save it anew.

    References: https://github.com/huggingface/safetensors (section Format), the audit by Trail of Bits (2023).
    """
    for seen in revision.seen("safetensors"):
        for problem in seen.problems:
            yield fail(
                safetensors_malformed, f"not a well formed safetensors file: {problem.message}", file=seen.file,
                location=seen.at(problem.offset), detail={"problem": problem.code},
                fix="Fetch the file again and compare its digest, or save the tensors anew.",
            )  # fmt: skip

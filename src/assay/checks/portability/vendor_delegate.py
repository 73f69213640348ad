"""POR112: ExecuTorch and TFLite models handed to one vendor's accelerator when they were made."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.portable import Harm
from assay.checks.runtimes import delegates
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity

__all__ = ["vendor_delegate"]


@check("POR112-vendor-delegate", severity=Severity.MEDIUM, claims=("executorch", "tflite"))
def vendor_delegate(revision: Revision) -> Iterator[Finding | Fact]:
    """Programs for phones and small boards keep their graph readable for every back end.

    Lowering a graph to a delegate replaces its operators by a blob that one accelerator understands. The file is open
    around it; what computes is not.

    Sample: an ExecuTorch program with the delegate `QnnBackend`, a TFLite model with `edgetpu-custom-op`.

    Fix: publish the program lowered to XNNPACK, or not lowered at all, beside it.

    References: ExecuTorch documentation, "Backends"; Coral documentation, Edge TPU compiler.
    """
    harm = Harm(revision)
    for need in delegates(revision):
        vendor = need.runs == "vendor"
        words = f"was compiled for {need.on}'s accelerator" if vendor else f"needs {need.on}"
        yield fail(
            vendor_delegate, f"part of it {words}: {shown(need.name, 80)}", file=need.seen.file,
            location=need.seen.at(), severity=harm(Severity.MEDIUM if vendor else Severity.LOW),
            detail={"name": shown(need.name, 80)}, fix="Publish it lowered to XNNPACK, or not lowered, beside this.",
        )  # fmt: skip

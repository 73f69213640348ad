"""POR109: ONNX operators that one vendor's runtime alone has."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail, unknown
from assay.checks.portable import Harm
from assay.checks.runtimes import operators
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity

__all__ = ["vendor_operator"]

_WORDS = {"vendor": "runs with the stack of {} only", "extras": "needs {}"}
_FIX = "Export with standard operators, and let the runtime fuse them when it loads the model."


@check("POR109-vendor-operator", severity=Severity.MEDIUM, claims=("onnx",))
def vendor_operator(revision: Revision) -> Iterator[Finding | Fact]:
    """ONNX graphs use operators that open runtimes have.

    The format is open, yet a graph may name operators of any domain. Plug-ins of TensorRT and compiled contexts of NPUs
    stand in an ONNX file like any other operator, and run with one vendor's software alone.

    Sample: an operator `EfficientNMS_TRT` of the domain `trt`, or `com.microsoft::EPContext`.

    Fix: export with standard operators and optimise on the machine that runs it; publish that graph beside the other.

    References: ONNX docs/Operators.md; ONNX Runtime docs/ContribOperators.md and "EP context design".
    """
    harm = Harm(revision)
    for need in operators(revision):
        name, file, where = shown(need.name), need.seen.file, need.seen.at()
        if need.runs == "unknown":
            message = f"the operator {name} is of {need.on}"
            yield unknown(vendor_operator, message, file=file, location=where, detail={"operator": name}, fix=_FIX)
            continue
        severity = Severity.MEDIUM if need.runs == "vendor" else Severity.LOW
        yield fail(
            vendor_operator, f"the operator {name} {_WORDS[need.runs].format(need.on)}", file=file, location=where,
            severity=harm(severity), detail={"operator": name}, fix=_FIX,
        )  # fmt: skip

"""SEC412: ONNX operators that run Python or a library of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity
from assay.rules import load

__all__ = ["onnx_custom_op"]


@check("SEC412-onnx-custom-op", severity=Severity.HIGH, claims=("onnx",))
def onnx_custom_op(revision: Revision) -> Iterator[Finding | Fact]:
    """ONNX models use operators of the standard and of known runtimes, and none that calls Python.

    Besides its standard operators, a model may name operators of any domain. Some of them call a Python function by
    the name that stands in the model; all that no runtime brings need a library that somebody must load as native code.

    Sample: an operator `PyOp` of the domain `ai.onnx.contrib`, whose attribute names a function.

    Fix: export the model with standard operators; load no library for it whose source you do not know.

    References: https://github.com/microsoft/onnxruntime-extensions (PyOp), ONNX Runtime's PythonOp, CWE-829.
    """
    entries = load("onnx_domains")["entries"]
    for seen in revision.seen("onnx"):
        local = set(seen.facts["functions"])
        for name, count in seen.facts["operators"].items():
            verdict = next((one for one in entries if any(fnmatchcase(name, form) for form in one["names"])), None)
            if name in local or "::" not in name or (verdict is not None and verdict["verdict"] == "allow"):
                continue
            if verdict is not None:
                yield fail(
                    onnx_custom_op, f"the operator {shown(name)} {verdict['what']}", file=seen.file, location=seen.at(),
                    detail={"operator": name, "count": count}, fix="Do not run it; export with standard operators.",
                )  # fmt: skip
            else:
                yield fail(
                    onnx_custom_op, f"the operator {shown(name)} is of no known runtime: it needs a library of its own",
                    file=seen.file, location=seen.at(), severity=Severity.MEDIUM, confidence=Confidence.MEDIUM,
                    detail={"operator": name, "count": count}, fix="Export the model with standard operators.",
                )  # fmt: skip

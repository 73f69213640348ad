"""SEC451: TensorFlow Lite models that ask for code beside the runtime."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.tensorflow_ops import weigh_op
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity
from assay.rules import load

__all__ = ["tflite_custom_op"]

_FLEX = "Flex"


@check("SEC451-tflite-custom-op", severity=Severity.MEDIUM, claims=("tflite",))
def tflite_custom_op(revision: Revision) -> Iterator[Finding | Fact]:
    """TensorFlow Lite models use built-in operators and custom ones that runtimes bring.

    A custom operator is native code that the application must load for the model; whoever wrote the model decides
    which. Operators with `Flex` before their name run as TensorFlow's own, those that read and write files too.

    Sample: a custom operator `FlexWriteFile`, or one that no runtime has, such as `RunShell`.

    Fix: convert the model with built-in operators only; load no library for it whose source you do not know.

    References: https://ai.google.dev/edge/litert/conversion/tensorflow/ops_custom, CWE-829.
    """
    known = load("tflite_custom_ops")["entries"][0]["names"]
    for seen in revision.seen("tflite"):
        for name, count in seen.facts["custom"].items():
            detail = {"operator": name, "count": count}
            if name.startswith(_FLEX):
                weight = weigh_op(name.removeprefix(_FLEX))
                if weight is not None:
                    yield fail(
                        tflite_custom_op, f"the operator {shown(name)} {weight.what}", file=seen.file, detail=detail,
                        location=seen.at(), severity=weight.severity, fix="Do not run it; convert the model anew.",
                    )  # fmt: skip
            elif not any(fnmatchcase(name, form) for form in known):
                yield fail(
                    tflite_custom_op, f"the custom operator {shown(name) or 'without a name'} needs native code of its "
                    "own", file=seen.file, location=seen.at(), confidence=Confidence.MEDIUM, detail=detail,
                    fix="Convert the model with built-in operators only.",
                )  # fmt: skip

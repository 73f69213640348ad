"""SEC521: skops files that name what scikit-learn does not need."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity
from assay.rules import load

__all__ = ["skops_type"]

_MOST = 20
_JOBLIB = "named as skops it is a {}, which skops before 0.13 hands to joblib, and that runs what it says"


@check("SEC521-skops-type", severity=Severity.HIGH, claims=("skops", "zip"))
def skops_type(revision: Revision) -> Iterator[Finding | Fact]:
    """Files of skops name only types and functions that scikit-learn models are made of.

    skops keeps a model as a zip with `schema.json`, which names the classes and functions to build it from. It asks for
    trust by name, but releases before 0.13 could be shown one name and made to use another, or fell back to joblib
    when the file was no zip. `operator.methodcaller` calls any method of any object.

    Sample: a node with the loader `OperatorFuncNode` and the class `methodcaller`.

    Fix: do not load it, and never trust all of `get_untrusted_types()` unread. Ask for ONNX, or a file that names
    scikit-learn types alone. Use skops 0.13 or newer.

    References: CVE-2025-54412 (OperatorFuncNode), CVE-2025-54413 (MethodNode), CVE-2025-54886 (joblib), CWE-351.
    """
    for seen in revision.seen("skops"):
        found = sorted(filter(None, (_problem(*node[:3]) for node in seen.facts["nodes"])))
        for severity, message in [(severity, message) for _, severity, message in found][:_MOST]:
            yield fail(
                skops_type, message, file=seen.file, location=seen.at(), severity=severity,
                confidence=Confidence.MEDIUM if severity is Severity.MEDIUM else Confidence.HIGH,
                fix="Do not load it; ask for a file that names scikit-learn types alone.",
            )  # fmt: skip
    yield from _joblib(revision)


def _problem(loader: str, type_: str, detail: str | None) -> tuple[int, Severity, str] | None:
    rules = load("skops_types")["entries"]
    module = type_.rpartition(".")[0]
    name = f"{module}.{detail}" if loader == "FunctionNode" and detail else type_
    if _listed(name, rules["deny"]) or _listed(type_, rules["deny"]):
        return 0, Severity.CRITICAL, f"names {shown(name)}, which runs code or reaches files"
    if detail is not None and loader == "MethodNode" and ("__" in detail or "." in detail):
        return 0, Severity.CRITICAL, f"reaches for {shown(detail)} of {shown(type_)}"
    if loader not in rules["plain_loaders"]:
        return 1, Severity.MEDIUM, f"uses the loader {shown(loader)}, which skops does not write"
    if loader == "OperatorFuncNode" and module not in ("operator", "_operator"):
        return 0, Severity.HIGH, f"says that {shown(type_)} is a function of operator"
    if not _listed(name, rules["allow"]):
        return 1, Severity.MEDIUM, f"names {shown(name)}, which scikit-learn models do not need"
    return None


def _listed(name: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _joblib(revision: Revision) -> Iterator[Finding]:
    for file in revision.files:
        if file.path.lower().endswith(".skops") and file.format in ("pickle", "compressed"):
            yield fail(
                skops_type, _JOBLIB.format("pickle" if file.format == "pickle" else "compressed stream"),
                file=file.path, fix="Do not load it; ask for a real skops file.",
            )  # fmt: skip

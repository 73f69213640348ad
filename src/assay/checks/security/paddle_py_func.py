"""SEC454: Paddle programs that call Python."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity
from assay.rules import load

__all__ = ["paddle_py_func"]


@check("SEC454-paddle-py-func", severity=Severity.HIGH, claims=("paddle",))
def paddle_py_func(revision: Revision) -> Iterator[Finding | Fact]:
    """Paddle programs compute, and neither call Python nor touch files or the network.

    A program is a list of operators that the runtime carries out. One of them calls Python functions that the
    process has registered, others load and save files by names that stand in the program, or talk to servers.

    Sample: an operator of the type `py_func`, or `save` with `file_path` `/etc/cron.d/job`.

    Fix: do not run it; export the model again with `paddle.jit.save`, which keeps what computes only.

    References: CVE-2024-0521, CVE-2024-0817, https://www.paddlepaddle.org.cn/documentation (static.py_func), CWE-829.
    """
    entries = load("paddle_ops")["entries"]
    for seen in revision.seen("paddle"):
        for name, count in seen.facts["operators"].items():
            one = next((entry for entry in entries if any(fnmatchcase(name, form) for form in entry["names"])), None)
            if one is None:
                continue
            texts = [f"{key}={text}" for type_, key, text in seen.facts["texts"] if type_ == name]
            said = f" ({shown(', '.join(texts))})" if texts else ""
            yield fail(
                paddle_py_func, f"the operator {shown(name)} {one['what']}{said}", file=seen.file, location=seen.at(),
                severity=Severity(one["severity"]), detail={"operator": name, "count": count, "texts": texts[:16]},
                fix="Do not run it; export the model again with what computes only.",
            )  # fmt: skip

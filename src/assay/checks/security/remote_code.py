"""SEC106: Python code that comes with a model."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache

from assay.artifact.revision import Revision, Seen
from assay.canonical import JSON
from assay.checks import check, fail
from assay.checks.roles import aside, is_inference
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity
from assay.rules import load

__all__ = ["remote_code"]


@check("SEC106-remote-code", severity=Severity.HIGH, claims=("python", "json"))
def remote_code(revision: Revision) -> Iterator[Finding | Fact]:
    """No code of this repo runs by loading the model, and none of it starts processes, code or connections.

    `auto_map` in a config makes `transformers`, with `trust_remote_code`, import Python files of the repo, or of
    another repo that may change at any time. What stands at the top of a module runs on import, before anybody calls
    the model. Every Python file is looked at, since any of them may be imported by another.

    Sample: `import subprocess; subprocess.run(["id"])` as the first lines of `modeling_x.py`.

    Fix: use an architecture that the library has, and remove `auto_map`. Otherwise read the code, pin the revision,
    and move what fetches or starts anything out of the files that loading imports.

    References: CVE-2026-4372, CVE-2025-23304, CWE-94 (code injection), CWE-829 (code from an untrusted sphere).
    """
    for seen in revision.seen("json"):
        yield from _auto_map(seen)
    for seen in revision.seen("python"):
        yield from _calls(seen)


def _auto_map(seen: Seen) -> Iterator[Finding]:
    document = seen.facts["document"]
    if not isinstance(document, dict) or not document.get("auto_map"):
        return
    targets = sorted(set(_strings(document["auto_map"])))
    elsewhere = sorted({target.split("--", 1)[0] for target in targets if "--" in target})
    detail: dict[str, JSON] = {"auto_map": targets[:16]}
    if elsewhere:
        yield fail(
            remote_code, f"loading this imports code of another repo, {shown(elsewhere[0])}, which may change at any "
            "time", file=seen.file, location=seen.at("key auto_map"), detail=detail,
            fix="Copy the code here and point auto_map at it, or use an architecture that the library has.",
        )  # fmt: skip
    else:
        yield fail(
            remote_code, "loading this imports Python code of the repo", file=seen.file, severity=Severity.MEDIUM,
            location=seen.at("key auto_map"), detail=detail,
            fix="Use an architecture that the library has, or read the code and pin the revision.",
        )  # fmt: skip


def _strings(value: JSON) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _calls(seen: Seen) -> Iterator[Finding]:
    said = set()
    for call in seen.facts["calls"]:
        what = _what(call["name"])
        if what is None or (call["name"], call["scope"]) in said:
            continue
        said.add((call["name"], call["scope"]))
        on_import = call["scope"] in ("module", "class")
        when = "on import" if on_import else "when it is called"
        severity = Severity.HIGH if on_import else Severity.MEDIUM
        yield fail(
            remote_code, f"the code {what} {when}: {shown(call['name'])}", file=seen.file,
            location=seen.at(f"line {call['line']}"),
            severity=severity if is_inference(seen.place) else aside(severity),
            confidence=Confidence.HIGH if on_import else Confidence.LOW,
            detail={"call": call["name"], "arguments": call["args"], "scope": call["scope"]},
            fix="Read what it does; move it out of what loading imports, or remove it.",
        )  # fmt: skip


@lru_cache(4096)
def _what(name: str) -> str | None:
    """Return what a call of `name` does, if that is on the list."""
    for entry in load("code_calls")["entries"]:
        if any(fnmatchcase(name, pattern) for pattern in entry["names"]):
            return str(entry["what"])
    return None

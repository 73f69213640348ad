"""SEC302: paths that whoever sends a request, or makes an archive, can choose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.code_flow import Given, Site, calls, limited, listed, matches, steps, weight
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity

__all__ = ["path_traversal"]


class _Problem(NamedTuple):
    what: str
    fix: str
    severity: Severity


@check("SEC302-path-traversal", severity=Severity.MEDIUM, claims=("python",))
@limited
def path_traversal(revision: Revision) -> Iterator[Finding | Fact]:
    """No path in the code can be led out of its folder by a request or an archive.

    A name such as `../../.ssh/authorized_keys`, or one that begins with a slash, leaves the folder it is joined to.
    It may come from a request, from a command line, or from the names inside a tar archive, which `extractall`
    follows unless it is given a filter.

    Sample: `tarfile.open(path).extractall(target)`; `open(os.path.join("files", request.args["name"]))`;
    `file.save(os.path.join(folder, file.filename))`.

    Fix: `extractall(target, filter="data")`. Take `os.path.basename` of a name, or resolve the joined path and compare
    it with the folder by `Path.is_relative_to`.

    References: CWE-22, CVE-2007-4559, PEP 706, CVE-2025-12060.
    """
    for seen in revision.seen("python"):
        filtered = any(name.endswith(".extraction_filter") for record in seen.facts["sets"] for name in record["names"])
        for site in calls(seen):
            found = (None if filtered else _archive(site)) or _file(site)
            if found is not None:
                yield fail(
                    path_traversal, found.what, file=seen.file, location=seen.at(f"line {site.line}"),
                    severity=weight(found.severity, seen), confidence=Confidence.MEDIUM, fix=found.fix,
                    detail={"cwe": 22, **site.evidence},
                )  # fmt: skip


def _archive(site: Site) -> _Problem | None:
    names = site.names
    whole = matches(names, listed("path", "tar-all"))
    one = matches(names, listed("path", "tar-one"))
    unpack = matches(names, listed("path", "unpack"))
    if whole is None and one is None and unpack is None:
        return None
    chosen = site.given("filter", 3 if whole is None and one is None else None)
    if chosen.present and (not chosen.is_known or chosen.literal in listed("path", "safe-filters")):
        return None
    checked = (*site.receiver().origins, *site.given(position=0).origins)
    if any(step in listed("path", "checked") for origin in checked for step in steps(origin)):
        return None
    members = site.given("members", 1)
    if whole is not None and members.present and members.literal is not None and not _only_listing(members):
        return None
    if unpack is not None and _is_zip(site):
        return None
    method = "unpack_archive" if unpack is not None else "extractall" if whole is not None else "extract"
    return _Problem(
        f"{method} without a filter writes wherever the archive says", 'Pass filter="data".', Severity.MEDIUM
    )


def _only_listing(members: Given) -> bool:
    """Whether `members` are all that the archive lists."""
    return all(steps(origin)[-1].endswith(("getmembers", "getnames")) for origin in members.origins)


def _is_zip(site: Site) -> bool:
    kind, file = site.given("format", 2), site.given(position=0)
    return kind.literal == "zip" or (isinstance(file.literal, str) and file.literal.endswith((".zip", ".whl")))


def _file(site: Site) -> _Problem | None:
    names = site.names
    name = matches(names, listed("path", "files"))
    given = site.given(position=0) if site.record["args"] else site.given("path")
    if name is None and (name := matches(names, listed("path", "methods"))) is not None:
        given = site.receiver()
    elif name is None and (name := matches(names, listed("path", "savers"))) is not None:
        given = given if _from_upload(given) else Given(present=False)
    if name is None or not given.present:
        return None
    for origin in given.origins:
        who = _who(origin, given.built)
        if who is not None:
            return _Problem(
                f"{shown(name)} opens a path that {who} can lead out of its folder",
                "Take os.path.basename of the name, or resolve the path and compare it with the folder first.",
                Severity.HIGH if who == "a request" else Severity.MEDIUM,
            )
    return None


def _from_upload(given: Given) -> bool:
    return any(".filename" in steps(origin) or ".filename" in origin for origin in given.origins)


def _who(origin: str, built: str | None) -> str | None:
    """Return who chooses a path with this origin; None when nobody can do harm by it."""
    way = steps(origin)
    if matches(way[1:], listed("path", "clean")) is not None:
        return None
    combined = matches(way[1:], listed("path", "combined")) is not None
    if matches(way, listed("path", "members")) is not None and (combined or built is not None):
        return "an archive"
    if matches(way[:1], listed("path", "requests")) is not None:
        return "a request"
    if ".filename" in way[1:2] and (combined or built is not None) and matches(way[:1], listed("path", "uploads")):
        return "a request"
    named = matches(way[:1], listed("path", "request-names")) is not None
    if named and matches(way[1:2], listed("path", "request-fields")) is not None:
        return "a request"
    combined = combined or (built is not None and "/" in built.partition("{")[0].partition("%")[0])
    return "the command line" if combined and matches(way[:1], listed("path", "arguments")) is not None else None

"""SEC312: pages that show what a request says as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.artifact.revision import Revision, Seen
from assay.canonical import JSON
from assay.checks import check, fail
from assay.checks.code_flow import Given, Site, calls, limited, listed, matches, named, steps, weight
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity

__all__ = ["html_from_input"]

_HTML = re.compile(r"<[a-zA-Z!/]")
_MARKS = ("Markup", "mark_safe")
"""These say of any text that it is safe as HTML."""
_OTHER_TYPES = re.compile(r"(?:application|image|audio|video)/(?!xhtml)|text/(?!html)")


@check("SEC312-html-from-input", severity=Severity.MEDIUM, claims=("python",))
@limited
def html_from_input(revision: Revision) -> Iterator[Finding | Fact]:
    """No text of a request becomes part of a page unless it is escaped.

    A link to the page can then carry a script, which runs in the browser of whoever follows it, in their name.
    Templates of Jinja escape by themselves; text that is put together in Python does not. It is looked for in what
    views of Flask, Quart and Bottle return, and in what is given to a response, to `Markup` and to Gradio's `HTML`.

    Sample: `return f"<h1>Hello {request.args['name']}</h1>"`.

    Fix: `html.escape(name)`, or a template file with `render_template`.

    References: CWE-79, CWE-80, OWASP "Cross Site Scripting Prevention Cheat Sheet".
    """
    for seen in revision.seen("python"):
        for site in calls(seen):
            name = matches(site.names, listed("html", "calls"))
            if name is not None and not _other_type(site):
                sink, page = name.rsplit(".", 1)[-1], _page(site)
                if (origin := _chosen(page, marked=sink in _MARKS)) is not None:
                    yield _finding(seen, site.line, f"{shown(name)} makes", origin, site.evidence)
        for record in seen.facts.get("returns", ()) if _returns_pages(seen) else ():
            value = record["value"]
            if (origin := _chosen(Given(origins=tuple(value["from"]), built=value["built"]), marked=False)) is not None:
                yield _finding(seen, record["line"], "a view returns", origin, {"at": record["at"]})


def _finding(seen: Seen, line: int, what: str, origin: str, evidence: dict[str, JSON]) -> Finding:
    return fail(
        html_from_input, f"{what} HTML with {shown(named(origin), 60)} in it, which a request can choose",
        file=seen.file, location=seen.at(f"line {line}"), severity=weight(Severity.MEDIUM, seen),
        confidence=Confidence.MEDIUM, fix="Pass the text through html.escape, or use render_template.",
        detail={"cwe": 79, "from": origin, **evidence},
    )  # fmt: skip


def _returns_pages(seen: Seen) -> bool:
    """Whether what a view returns is HTML unless it says otherwise."""
    modules = {str(record["module"]).split(".")[0] for record in seen.facts["imports"]}
    return not modules.isdisjoint(listed("html", "frameworks"))


def _page(site: Site) -> Given:
    if site.record["args"]:
        return site.given(position=0)
    return next((site.given(key) for key in ("content", "response", "value", "body") if site.given(key).present),
                Given(present=False))  # fmt: skip


def _other_type(site: Site) -> bool:
    """Whether the response says that it is no HTML."""
    kinds = (site.given(key).literal for key in ("mimetype", "content_type", "media_type"))
    return any(isinstance(kind, str) and _OTHER_TYPES.match(kind) for kind in kinds)


def _chosen(page: Given, *, marked: bool) -> str | None:
    """Return where a part of the page comes from that a request chooses and nothing escapes."""
    if not page.present or not (marked or _HTML.search(page.built or "")):
        return None
    for origin in page.origins:
        way = steps(origin)
        harmless = matches(way[:2], listed("html", "harmless-fields")) is not None
        asked = matches(way[:1], (*listed("path", "requests"), *listed("html", "events"))) is not None
        field = matches(way[:1], listed("path", "request-names")) is not None
        asked = asked or (field and matches(way[1:2], listed("path", "request-fields")) is not None)
        harmless = harmless or way[0].startswith("self:") or matches(way[1:], listed("html", "clean")) is not None
        if asked and not harmless:
            return origin
    return None

"""SEC307: XML from others read by a parser that follows what it says."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.code_flow import Site, calls, limited, listed, matches, steps, weight
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity

__all__ = ["unsafe_xml_parser"]


@check("SEC307-unsafe-xml-parser", severity=Severity.MEDIUM, claims=("python",))
@limited
def unsafe_xml_parser(revision: Revision) -> Iterator[Finding | Fact]:
    """XML from others is read by a parser that expands no entities.

    An entity in a document may stand for a file of the machine that reads it, or for ten others that each stand for ten
    more until memory is full. The parsers of the standard library do not fetch files, but expand the latter; lxml did
    both until version 5.

    Sample: `lxml.etree.fromstring(request.data)`; `xml.dom.minidom.parseString(text)`.

    Fix: `defusedxml`, which has the same functions; for lxml a parser with `resolve_entities=False, no_network=True`.

    References: CWE-611, CWE-776, Python documentation, "XML vulnerabilities".
    """
    for seen in revision.seen("python"):
        for site in calls(seen):
            found = _problem(site)
            if found is not None:
                what, severity = found
                yield fail(
                    unsafe_xml_parser, f"{shown(what)} reads XML of others and expands its entities", file=seen.file,
                    location=seen.at(f"line {site.line}"), severity=weight(severity, seen),
                    confidence=Confidence.MEDIUM, fix="Use defusedxml, or an lxml parser with resolve_entities=False.",
                    detail={"cwe": 611, **site.evidence},
                )  # fmt: skip


def _problem(site: Site) -> tuple[str, Severity] | None:
    names = site.names
    if (name := matches(names, listed("xml", "lxml-parser"))) is not None:
        entities, network = site.given("resolve_entities"), site.given("no_network")
        return (name, Severity.MEDIUM) if entities.literal is True or network.literal is False else None
    if matches(names, listed("xml", "features")) is not None:
        external = site.given(position=0).last_names() & set(listed("xml", "external"))
        return ("setFeature", Severity.MEDIUM) if external and site.given(position=1).literal in (True, 1) else None
    if (name := matches(names, listed("xml", "lxml"))) is not None:
        return (name, Severity.MEDIUM) if _from_others(site) and not site.given("parser", 1).present else None
    if (name := matches(names, listed("xml", "parsers"))) is None or not _from_others(site):
        return None
    return name, Severity.MEDIUM if _from_request(site) else Severity.LOW


def _from_others(site: Site) -> bool:
    """Whether what is parsed is more than constants and files that are named by constants."""
    given = next(site.all_given(), None)
    return given is not None and any(
        steps(origin)[0] not in ("call:open", "call:os.path.join") for origin in given.origins
    )


def _from_request(site: Site) -> bool:
    requests = listed("path", "requests")
    return any(matches(steps(origin)[:1], requests) for given in site.all_given() for origin in given.origins)

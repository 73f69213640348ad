"""SEC309: text from outside that is run as code."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.code_flow import Given, Site, calls, limited, listed, matches, named, steps, weight
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity

__all__ = ["code_from_input"]


@check("SEC309-code-from-input", severity=Severity.MEDIUM, claims=("python",))
@limited
def code_from_input(revision: Revision) -> Iterator[Finding | Fact]:
    """No text from outside is run as code.

    What `eval` and `exec` are given is a whole program. A name from a config, a formula from a user or an answer of a
    model is enough to start anything.

    Sample: `eval(f"torch.nn.{config.activation}")`; `exec(request.form["code"])`.

    Fix: `ast.literal_eval` for plain values, `getattr` or a dictionary for names; run code of others in a sandbox.

    References: CWE-94, CWE-95, CVE-2023-29374.
    """
    for seen in revision.seen("python"):
        for site in calls(seen):
            name = matches(site.names, listed("evaluated", "calls"))
            given = site.given("source", 0) if name is not None else Given(present=False)
            if name is not None and given.present and (origin := _chosen(given, site)) is not None:
                yield fail(
                    code_from_input, f"{shown(name)} runs text that comes from {shown(_described(origin))}",
                    file=seen.file, location=seen.at(f"line {site.line}"), severity=weight(Severity.MEDIUM, seen),
                    confidence=Confidence.MEDIUM, fix="Use ast.literal_eval for values, or a table of names.",
                    detail={"cwe": 94, "from": origin, **site.evidence},
                )  # fmt: skip


def _chosen(given: Given, site: Site) -> str | None:
    """Return where text comes from that others may choose."""
    if isinstance(given.literal, str):
        return None
    if any(name.endswith("compile") for name in site.names) and "from" in str(site.record.get("to", "")):
        return None
    clean, quiet, told = (listed("evaluated", key) for key in ("clean", "quiet", "outside"))
    for origin in given.origins:
        way = steps(origin)
        outside = matches(way, told) is not None
        if matches(way[1:], clean) is None and (outside or matches(way[:1], quiet) is None):
            return origin
    return None


def _described(origin: str) -> str:
    kind = origin.partition(":")[0]
    return {"param": "the parameter ", "call": "what is given by "}.get(kind, "") + named(origin)

"""SEC305: connections whose other end is not checked."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision, Seen
from assay.canonical import JSON
from assay.checks import check, fail
from assay.checks.code_flow import Given, Site, calls, limited, listed, matches, weight
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity

__all__ = ["certificate_unchecked"]

_NONE = ("CERT_NONE", "ssl.CERT_NONE", "CERT_OPTIONAL")


@check("SEC305-certificate-unchecked", severity=Severity.MEDIUM, claims=("python",))
@limited
def certificate_unchecked(revision: Revision) -> Iterator[Finding | Fact]:
    """The code checks the certificate of every server that it connects to.

    Without that check anybody on the way can answer in place of the server: hand out another model, or read the token
    that is sent along.

    Sample: `requests.get(url, verify=False)`; `ssl._create_unverified_context()`.

    Fix: leave out `verify=False`; for a server with a certificate of your own give `verify="ca.pem"`, or
    `ssl.create_default_context(cafile="ca.pem")`.

    References: CWE-295, PEP 476, RFC 6125.
    """
    for seen in revision.seen("python"):
        for site in calls(seen):
            what = _call(site)
            if what is not None:
                yield _finding(seen, site.line, what, site.evidence)
        for record in seen.facts["sets"]:
            what = _set(record)
            if what is not None:
                yield _finding(seen, record["line"], what, {"sets": record["names"][0]})


def _finding(seen: Seen, line: int, what: str, evidence: dict[str, JSON]) -> Finding:
    return fail(
        certificate_unchecked, f"the certificate of the server is not checked: {shown(what)}", file=seen.file,
        location=seen.at(f"line {line}"), severity=weight(Severity.MEDIUM, seen), detail={"cwe": 295, **evidence},
        fix="Leave the check on; give the certificate of your own authority as a file where it needs one.",
    )  # fmt: skip


def _call(site: Site) -> str | None:
    names = site.names
    if (name := matches(names, listed("certificates", "unverified"))) is not None:
        return name
    if any(name.endswith("set_missing_host_key_policy") for name in names):
        policy = next(site.all_given(), Given())
        called = policy.last_names() | {origin.rsplit(".", 1)[-1] for origin in policy.origins}
        return "AutoAddPolicy" if called & set(listed("certificates", "policies")) else None
    known = matches(names, listed("certificates", "clients"))
    if known is None and matches(names, listed("certificates", "methods")) is None:
        return None
    for keyword in listed("certificates", "keywords"):
        given = site.given(keyword)
        if given.present and _off(given) and (known is not None or keyword.startswith(("verify", "ssl_v"))):
            return f"{keyword}={'CERT_NONE' if given.literal is not False else 'False'}"
    return None


def _off(given: Given) -> bool:
    return given.literal is False or given.literal in _NONE or bool(given.last_names() & {"CERT_NONE"})


def _set(record: dict[str, JSON]) -> str | None:
    value = record["value"]
    given = Given(value.get("is", {"unknown": True}), tuple(value.get("from", ())), None, tuple(value.get("names", ())))
    for name in map(str, record["names"]):
        if name == "ssl._create_default_https_context" and "_create_unverified_context" in given.last_names():
            return name
        if name in listed("certificates", "variables") and given.literal in ("", "0", "1", "true"):
            return name
        if name.rsplit(".", 1)[-1] in listed("certificates", "attributes") and _off(given):
            return name
    return None

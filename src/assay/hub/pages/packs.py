"""The rule packs by which this hub judges beside its own rules: whose they are, what they find, how well they did."""

from __future__ import annotations

from starlette.responses import Response

from assay.canonical import JSON
from assay.hub.call import Call
from assay.hub.page import page
from assay.hub.routing import Needs, Route
from assay.store.packs import Enabled, listed

__all__ = ["routes"]


def packs(call: Call) -> Response:
    """List the packs that an administrator has enabled, each with its rules."""
    with call.node.database.read() as connection:
        found = listed(connection)
    return page(call, "packs.html", packs=[_shown(one) for one in found])


def _shown(one: Enabled) -> dict[str, JSON]:
    pack = one.pack
    return {
        "id": pack.id,
        "version": pack.version,
        "maker": pack.maker,
        "licence": pack.licence,
        "digest": pack.digest,
        "keyid": one.keyid,
        "measured": one.measured,
        "since": one.since,
        "rules": [
            {
                "id": rule.rule.id,
                "title": rule.rule.title,
                "severity": rule.rule.severity.value,
                "confidence": rule.confidence.value,
                "why": rule.why,
                "fix": rule.fix,
            }
            for rule in pack.rules
        ],
    }


routes = [Route("GET", "/packs", packs, Needs.ANYONE)]

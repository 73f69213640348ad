"""The rule packs by which this hub judges beside its own rules: whose they are, what they find, how well they did."""

from __future__ import annotations

from starlette.responses import Response

from assay.canonical import JSON
from assay.errors import AssayError, ConflictError, NotFoundError, RequestError
from assay.hub import rule_packs
from assay.hub.accounts.roles import Role
from assay.hub.answers import status_of
from assay.hub.call import Call
from assay.hub.forms import fields, wrong
from assay.hub.page import page, see_other
from assay.hub.routing import Needs, Route
from assay.store.packs import Enabled, listed

__all__ = ["routes"]

_LIMIT = 16 * 1024


def packs(call: Call) -> Response:
    """List the packs that an administrator has enabled, each with its rules."""
    return _page(call)


def change(call: Call) -> Response:
    """Switch a pack on or off, or remove it, as one of the page's forms asks."""
    sent = fields(call)
    do, name = sent.get("do", ""), sent.get("pack", "")
    try:
        if do == "remove":
            rule_packs.remove(call.node, name)
        elif do in ("on", "off"):
            rule_packs.switch(call.node, name, active=do == "on")
        else:
            raise RequestError(400, "This page has no such form.", hint="Load it again.")
    except (NotFoundError, ConflictError) as error:
        return _page(call, error)
    return see_other("/packs")


def part(call: Call) -> Response:
    """Return a pack as it was signed, or its signature: whoever doubts what it found can judge by it too."""
    name, file = call.params["pack"], call.params["file"]
    with call.node.database.read() as connection:
        one = next((one for one in listed(connection) if one.pack.id == name), None)
    parts = {} if one is None else {"pack.json": one.pack.raw, "pack.dsse.json": one.envelope}
    if file not in parts:
        raise NotFoundError("no such rule pack is kept here", hint="All of them stand at /packs.")
    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    return Response(parts[file], media_type="application/json", headers=headers)


def _page(call: Call, error: AssayError | None = None) -> Response:
    with call.node.database.read() as connection:
        found = listed(connection)
    status = status_of(error) if error else 200
    return page(
        call, "packs.html", packs=[_shown(one) for one in found], wrong=wrong(error) if error else "", status=status
    )


def _shown(one: Enabled) -> dict[str, JSON]:
    pack = one.pack
    return {
        "id": pack.id,
        "version": pack.version,
        "maker": pack.maker,
        "licence": pack.licence,
        "about": pack.about,
        "digest": pack.digest,
        "keyid": one.keyid,
        "measured": one.measured,
        "since": one.since,
        "active": one.active,
        "rules": [
            {
                "id": rule.rule.id,
                "title": rule.rule.title,
                "severity": rule.rule.severity.value,
                "confidence": rule.confidence.value,
                "why": rule.why,
                "fix": rule.fix,
                "references": list(rule.references),
            }
            for rule in pack.rules
        ],
    }


routes = [
    Route("GET", "/packs", packs, Needs.ANYONE),
    Route("GET", "/packs/{pack}/{file}", part, Needs.ANYONE),
    Route("POST", "/packs", change, Needs.HUB_ADMIN, Role.ADMIN, limit=_LIMIT),
]

"""The evidence about a revision: who said what and when, what was found, what nobody could judge, how to check it."""

from __future__ import annotations

from starlette.responses import Response

from assay.canonical import JSON
from assay.errors import NotFoundError
from assay.hub.call import Call
from assay.hub.page import page
from assay.hub.routing import Needs, Route
from assay.hub.shown import about, judgement_of
from assay.reports.story import counts_text, findings_text, groups, pack_groups, pack_text
from assay.store.evidence import keys_of

__all__ = ["routes"]

_MOST = 200
_STATEMENTS = 100


def evidence(call: Call) -> Response:
    """Return the page of everything that was said about a revision."""
    with call.node.database.read() as connection:
        told = about(call, connection)
    one, judgement = judgement_of(call, told.commit)
    scan = one.scan
    found = groups(scan) if scan else []
    said = judgement.pop("statements")
    return page(
        call,
        "evidence.html",
        {**told.values, **judgement},
        statements=said[:_STATEMENTS],
        deciding=one.assessment.digest if one.assessment else None,
        left=max(0, len(said) - _STATEMENTS),
        attempt=one.attempt if call.caller.admin else None,
        aside=list(one.dossier.evidence.aside)[:_MOST],
        findings=[{**group._asdict(), "word": group.word} for group in found[:_MOST]],
        told=None if scan is None else f"{findings_text(found) or 'nothing failed'} ({counts_text(scan)})",
        packs=[_pack(one) for one in scan.get("packs", ())] if scan else [],
        isolation=scan["isolation"] if scan else None,
        not_judged=_first(scan, "not_judged"),
        not_examined=_first(scan, "not_examined"),
    )


def key(call: Call) -> Response:
    """Return the public key of somebody who said something about a revision."""
    keyid = call.params["keyid"]
    with call.node.database.read() as connection:
        told = about(call, connection)
    one, _ = judgement_of(call, told.commit)
    with call.node.database.read() as connection:
        known = keys_of(connection, (name for kept in one.statements for name in kept.signers))
    pem = next((known_key.pem for known_key in known if known_key.keyid == keyid), None)
    if pem is None:
        raise NotFoundError(f"no statement about {told.commit.oid[:12]} is signed by the key {keyid[:64]}")
    name = f'attachment; filename="{keyid}.pem"'
    return Response(pem, media_type="application/x-pem-file", headers={"Content-Disposition": name})


def _pack(pack: dict[str, JSON]) -> dict[str, JSON]:
    found = [{**group._asdict(), "word": group.word} for group in pack_groups(pack)[:_MOST]]
    return {**{key: pack[key] for key in ("id", "digest")}, "told": pack_text(pack), "findings": found}


def _first(scan: dict[str, JSON] | None, name: str) -> dict[str, JSON]:
    """Return the beginning of a list of the scan and how much of it is left out."""
    items = scan[name] if scan else []
    return {"items": items[:_MOST], "left": max(0, len(items) - _MOST)}


routes = [
    Route("GET", "/{repo}/evidence/{rev}", evidence, Needs.READ),
    Route("GET", "/{repo}/evidence/{rev}/{keyid}.pem", key, Needs.READ),
]

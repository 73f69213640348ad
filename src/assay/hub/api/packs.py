"""Rule packs of members: administrators add them signed and measured, switch them on and off, and remove them."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from assay.checks.packs import LARGEST, parse_pack
from assay.errors import AssayError, RequestError, RulesError, StatementError, VerificationError
from assay.hub import rule_packs
from assay.hub.accounts.roles import Role
from assay.hub.answers import json_answer
from assay.hub.call import Call
from assay.hub.routing import Needs, Route
from assay.statements.keys import PublicKey
from assay.statements.pack_signature import signer_of
from assay.store.evidence import trusted_keys
from assay.store.packs import Enabled

__all__ = ["routes"]

_LONGEST = 500
_LIMIT = 4 * LARGEST
"""Bytes of a request: a pack, escaped, and its signature."""


class _Pack(msgspec.Struct):
    pack: str
    """The text of `pack.json`."""
    envelope: str
    """The text of `pack.dsse.json`, signed by a key that is pinned here."""
    measured: str
    """Precision and recall as `assay rules enable` found them, in a sentence."""


class _Switch(msgspec.Struct):
    active: bool


def add(call: Call) -> Response:
    """Judge by a pack from now on; the administrator answers for having tried it on its samples and ordinary models."""
    sent = call.json(_Pack)
    if not 0 < len(sent.measured) <= _LONGEST or not sent.measured.isprintable():
        raise RequestError(400, f"measured is a sentence of at most {_LONGEST} characters")
    with call.node.database.read() as connection:
        trusted = [PublicKey(key.pem) for key in trusted_keys(connection)]
    try:
        pack = parse_pack(sent.pack.encode("utf-8"))
        keyid = signer_of(sent.envelope.encode("utf-8"), pack.digest, trusted)
    except (RulesError, StatementError, VerificationError) as error:
        raise RequestError(400, str(error), hint=_hint(error)) from error
    kept = Enabled(pack, sent.envelope.encode("utf-8"), keyid, sent.measured, call.node.now())
    due = rule_packs.add(call.node, kept)
    return json_answer({"id": pack.id, "digest": pack.digest, "keyid": keyid, "due": due}, 201)


def switch(call: Call) -> Response:
    """Judge by a pack that is kept, or not for now."""
    active = call.json(_Switch).active
    return json_answer({"due": rule_packs.switch(call.node, call.params["pack"], active=active)})


def remove(call: Call) -> Response:
    """Forget a pack; what was said by it stays in the log, and decides no more."""
    return json_answer({"due": rule_packs.remove(call.node, call.params["pack"])})


def _hint(error: AssayError) -> str | None:
    if isinstance(error, VerificationError):
        return "Pin the maker's key first: POST /api/keys."
    return error.hint()


routes = [
    Route("POST", "/api/packs", add, Needs.HUB_ADMIN, Role.ADMIN, limit=_LIMIT),
    Route("POST", "/api/packs/{pack}/switch", switch, Needs.HUB_ADMIN, Role.ADMIN),
    Route("DELETE", "/api/packs/{pack}", remove, Needs.HUB_ADMIN, Role.ADMIN),
]

"""Access tokens for the chunk store, as clients fetch them before they send or read chunks."""

from __future__ import annotations

from starlette.responses import Response

from assay.hub.accounts.roles import Role
from assay.hub.answers import json_answer
from assay.hub.call import Call
from assay.hub.chunk_access import new_access, store_address
from assay.hub.gates import check_gate
from assay.hub.routing import Needs, Route
from assay.store.xet.tokens import Scope

__all__ = ["routes"]


def write_token(call: Call) -> Response:
    """Return a token with which chunks of the repo may be sent; it is the same for every revision."""
    return _token(call, "write")


def read_token(call: Call) -> Response:
    """Return a token with which the files of the repo may be read; it is the same for every revision."""
    with call.node.database.read() as connection:
        check_gate(connection, call)
    return _token(call, "read")


def _token(call: Call, scope: Scope) -> Response:
    """Answer in headers and in JSON: parts of one and the same client read either."""
    token, expires = new_access(call, scope)
    store = store_address(call)
    headers = {
        "X-Xet-Cas-Url": store,
        "X-Xet-Access-Token": token,
        "X-Xet-Token-Expiration": str(expires),
        "Cache-Control": "no-store",
    }
    return json_answer({"casUrl": store, "accessToken": token, "exp": expires}, headers=headers)


routes = [
    Route("GET", "/api/{api_repo}/xet-write-token/{revision}", write_token, Needs.WRITE, Role.WRITE),
    Route("GET", "/api/{api_repo}/xet-read-token/{revision}", read_token, Needs.READ),
]

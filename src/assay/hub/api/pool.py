"""Evaluations that members ask each other for: requests and their queue, runners, hours given and received."""

from __future__ import annotations

import base64
import binascii

import msgspec
from sqlalchemy import Connection
from starlette.responses import Response

from assay.canonical import canonical_json
from assay.errors import NotFoundError, RequestError, StatementError
from assay.hub.accounts.organisations import organisations_of
from assay.hub.accounts.roles import Role, role_over
from assay.hub.answers import json_answer, nothing, repo_not_found
from assay.hub.call import Call
from assay.hub.pool_asking import ask, balances, shown_requests, withdraw
from assay.hub.routing import Needs, Route
from assay.statements.keys import PublicKey
from assay.store import runners
from assay.store.repos import RepoType, find_repo

__all__ = ["routes"]

_LONGEST = 200
_PROOF = "assay/runner/v1"


class _Wish(msgspec.Struct):
    repo: str
    """`OWNER/NAME` of a model."""
    benchmark: str
    """Its name, or the SHA-256 of its manifest."""
    revision: str = "main"


class _Runner(msgspec.Struct):
    pem: str
    processor: str
    proof: str
    """Base64 of the key's signature over canonical JSON of `domain`, `hub`, `member`, `operator` and `processor`."""
    operator: str = ""
    """Who answers for it: the caller, or an organisation that they are in."""


def requests(call: Call) -> Response:
    """List requests about repos that the caller may read; the open ones unless `state` names another state."""
    now, state = call.node.now(), call.query("state", "open")
    with call.node.database.read() as connection:
        listed = shown_requests(connection, call.visible, now=now, state="" if state == "all" else state)
    return json_answer(listed)


def request(call: Call) -> Response:
    """Return one request with its parts."""
    now, wanted = call.node.now(), call.digest("request", "A request is named by its id.")
    with call.node.database.read() as connection:
        for one in shown_requests(connection, call.visible, now=now, state=""):
            if one["id"] == wanted:
                return json_answer(one)
    raise NotFoundError(f"there is no request {wanted}")


def enter(call: Call) -> Response:
    """Ask others to run a benchmark on a model."""
    wish = call.json(_Wish)
    owner, _, name = wish.repo.partition("/")
    with call.node.database.read() as connection:
        found = find_repo(connection, RepoType.MODEL, owner, name)
        if found is None or role_over(connection, call.caller, found) < Role.READ:
            raise repo_not_found()
    return json_answer({"request": ask(call.node, call.caller, found, wish.revision, wish.benchmark)}, 201)


def leave(call: Call) -> Response:
    """Take back a request that nobody has begun."""
    wanted, now = call.digest("request", "A request is named by its id."), call.node.now()
    call.node.database.transact(lambda connection: withdraw(connection, call.caller, wanted, now=now))
    return nothing()


def hours(call: Call) -> Response:
    """List what each member gave and received."""
    with call.node.database.read() as connection:
        return json_answer(balances(connection))


def machines(call: Call) -> Response:
    """List the runners."""
    with call.node.database.read() as connection:
        listed = [one._asdict() for one in runners.registered(connection)]
    return json_answer([{name: told for name, told in one.items() if name != "user_id"} for one in listed])


def register(call: Call) -> Response:
    """Enter a runner of the caller's, who shows to have its key."""
    wish, caller, now = call.json(_Runner), call.caller, call.node.now()
    operator = wish.operator or caller.name
    if not 0 < len(wish.processor) <= _LONGEST or not wish.processor.isprintable():
        raise RequestError(400, f"processor is a name of at most {_LONGEST} characters")
    signed = {"domain": _PROOF, "hub": call.url, "member": caller.name, "operator": operator}
    try:
        key = PublicKey(wish.pem.encode())
        proof = base64.b64decode(wish.proof, validate=True)
    except (StatementError, binascii.Error) as error:
        raise RequestError(400, f"key or proof cannot be read: {error}") from error
    if not key.holds(proof, canonical_json({**signed, "processor": wish.processor})):
        raise RequestError(400, "the proof is not signed by this key for this hub, member, operator and processor")

    def work(connection: Connection) -> None:
        assert caller.id is not None
        allowed = {caller.name, *(one.name for one in organisations_of(connection, caller.id))}
        if operator not in allowed:
            raise RequestError(403, f"You do not run anything for {operator[:100]}.")
        runners.register(connection, key, caller.id, operator=operator, processor=wish.processor, now=now)

    call.node.database.transact(work)
    return json_answer({"keyid": key.keyid, "operator": operator}, 201)


def pardon(call: Call) -> Response:
    """Give work again to a runner that a round found faulty."""
    keyid = call.digest("keyid", "A runner is named by the id of its key.")
    call.node.database.transact(lambda connection: runners.forgive(connection, keyid))
    return nothing()


routes = [
    Route("GET", "/api/pool/requests", requests, Needs.ANYONE),
    Route("GET", "/api/pool/requests/{request}", request, Needs.ANYONE),
    Route("POST", "/api/pool/requests", enter, Needs.SIGNED_IN, Role.WRITE),
    Route("DELETE", "/api/pool/requests/{request}", leave, Needs.SIGNED_IN, Role.WRITE),
    Route("GET", "/api/pool/hours", hours, Needs.ANYONE),
    Route("GET", "/api/pool/runners", machines, Needs.ANYONE),
    Route("POST", "/api/pool/runners", register, Needs.SIGNED_IN, Role.WRITE),
    Route("POST", "/api/pool/runners/{keyid}/pardon", pardon, Needs.HUB_ADMIN, Role.ADMIN),
]

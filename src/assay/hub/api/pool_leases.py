"""Leases of runners: taken, committed to, revealed or given back; each call may come twice and does no harm."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec
from sqlalchemy import Connection
from starlette.responses import Response

from assay.canonical import JSON
from assay.errors import NotFoundError, RequestError, StatementError
from assay.hub.accounts.roles import Role
from assay.hub.answers import json_answer, nothing
from assay.hub.call import Call
from assay.hub.pool_leases import commit, give_back, key_of, may_reveal, reveal_all, take
from assay.hub.pool_rounds import move_on, read_body
from assay.hub.routing import Needs, Route
from assay.statements.envelope import Envelope
from assay.store import evidence, pooling, runners
from assay.store.pooling import Lease

__all__ = ["routes"]

T = TypeVar("T")

_LARGEST = 160 * 1024 * 1024
"""Bytes of result, reveal and sample log together, as text in JSON."""
_DIGITS = 15


class _Take(msgspec.Struct):
    keyid: str


class _Commitment(msgspec.Struct):
    envelope: str


class _Reveal(msgspec.Struct):
    result: str
    reveal: str
    log: str


class _Back(msgspec.Struct):
    note: str = ""


def lease(call: Call) -> Response:
    """Give a runner the next thing to do; an empty answer where there is nothing."""
    keyid, now = call.json(_Take).keyid, call.node.now()

    def work(connection: Connection) -> JSON:
        _check_mine(call, connection, keyid)
        held = take(connection, call.node, keyid, now=now)
        return None if held is None else _told(connection, call, held)

    told = call.node.database.transact(work)
    return nothing() if told is None else json_answer(told)


def one_lease(call: Call) -> Response:
    """Return a lease as it is now, after all that is due was done."""
    held, now = _mine(call), call.node.now()

    def work(connection: Connection) -> JSON:
        pooling.one_at_a_time(connection)
        move_on(connection, call.node, held.request, now=now)
        return _told(connection, call, pooling.find_lease(connection, held.id))

    return json_answer(call.node.database.transact(work))


def committed(call: Call) -> Response:
    """Take the commitment."""
    held, now, text = _mine(call), call.node.now(), call.json(_Commitment).envelope
    with call.node.database.read() as connection:
        key = key_of(connection, held.keyid)

    def work() -> Lease:
        made = evidence.check(Envelope.parse(text.encode()), (key,))
        return call.node.database.transact(lambda connection: commit(connection, call.node, held, made, now=now))

    return json_answer({"lease": held.id, "state": _clear(work).state})


def revealed(call: Call) -> Response:
    """Take result, reveal and sample log."""
    held, now, sent = _mine(call), call.node.now(), call.json(_Reveal)
    with call.node.database.read() as connection:
        key = key_of(connection, held.keyid)
        about = pooling.find_request(connection, held.request).dirhash

    def work() -> None:
        opened, shown = (
            evidence.check(Envelope.parse(text.encode()), (key,), about=about) for text in (sent.result, sent.reveal)
        )
        log = sent.log.encode()
        call.node.database.transact(
            lambda connection: reveal_all(connection, call.node, held, (opened, shown), log, now=now)
        )

    _clear(work)
    return json_answer({"lease": held.id, "state": "revealed"})


def returned(call: Call) -> Response:
    """Let somebody else do it."""
    held, now, note = _mine(call), call.node.now(), call.json(_Back).note
    call.node.database.transact(lambda connection: give_back(connection, call.node, held, note, now=now))
    return nothing()


def _mine(call: Call) -> Lease:
    """Return the lease that the path names, if the caller registered its runner."""
    number = call.params["lease"]
    if not number.isascii() or not number.isdigit() or len(number) > _DIGITS:
        raise NotFoundError(f"there is no lease {number[:40]!r}")
    with call.node.database.read() as connection:
        held = pooling.find_lease(connection, int(number))
        _check_mine(call, connection, held.keyid)
    return held


def _check_mine(call: Call, connection: Connection, keyid: str) -> None:
    if len(keyid) != 64 or not set(keyid) <= set("0123456789abcdef"):
        raise NotFoundError("a runner is named by the id of its key")
    if runners.find_runner(connection, keyid).user_id != call.caller.id:
        raise RequestError(403, "This is another member's runner.")


def _told(connection: Connection, call: Call, held: Lease) -> JSON:
    request = pooling.find_request(connection, held.request)
    signed = None if held.statement is None else read_body(connection, held.statement).raw.decode()
    return {
        "lease": held.id,
        "request": held.request,
        "part": held.part,
        "state": held.state,
        "until": held.until,
        "may_reveal": may_reveal(held),
        "repo": request.repo.full_name,
        "commit": request.commit,
        "benchmark": request.benchmark,
        "round_state": request.state,
        "note": held.note,
        "statement": signed,
        "key": call.node.key.public.pem.decode(),
    }


def _clear(work: Callable[[], T]) -> T:
    try:
        return work()
    except StatementError as error:
        raise RequestError(400, str(error), hint=error.hint()) from error


_MEMBER = (Needs.SIGNED_IN, Role.WRITE)
routes = [
    Route("POST", "/api/pool/leases", lease, *_MEMBER),
    Route("GET", "/api/pool/leases/{lease}", one_lease, *_MEMBER),
    Route("POST", "/api/pool/leases/{lease}/commitment", committed, *_MEMBER),
    Route("POST", "/api/pool/leases/{lease}/reveal", revealed, *_MEMBER, limit=_LARGEST),
    Route("POST", "/api/pool/leases/{lease}/back", returned, *_MEMBER),
]

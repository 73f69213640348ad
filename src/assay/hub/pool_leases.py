"""What a runner does at a hub: take a lease, commit to what came out, reveal it when all have, or give it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection

from assay.canonical import JSON, sha256_hex
from assay.errors import ConflictError, EvaluationError, NotFoundError, RequestError, StatementError
from assay.evals.answers import read_line
from assay.evals.pooling import Request, check_commitment, lease, next_request
from assay.evals.reproduction import Placed, from_log, gather
from assay.hub.node import Node
from assay.hub.pool_rounds import HELD, PATIENCE, REVEALED, by_hub, move_on, read_body, verified, wanted_of
from assay.statements.envelope import Envelope
from assay.statements.keys import PublicKey
from assay.statements.predicates import commitment, result, reveal
from assay.statements.statement import Statement
from assay.store import evidence, pooling, runners
from assay.store.evidence import Checked
from assay.store.pooling import Asked, Lease, Sent
from assay.store.tables import repo

__all__ = ["check_not_open", "commit", "give_back", "key_of", "may_reveal", "queue", "reveal_all", "take"]

_HOUR = 3600.0
_MOST = 1000
_LONGEST_NOTE = 500


def take(connection: Connection, node: Node, keyid: str, *, now: int) -> Lease | None:
    """Return the part that a runner is to do, held for half an hour; None where there is none for it.

    What it holds already comes first, renewed when half of its time is gone; then what the lot gave it; then the next
    request of the queue.

    Raises:
        NotFoundError: no such runner is registered.
        RequestError: it was found faulty.
    """
    pooling.one_at_a_time(connection)
    mine = runners.find_runner(connection, keyid)
    if mine.faulty is not None:
        raise RequestError(
            403, "A round found this runner's answers to be wrong, so it gets no more work.",
            hint="Find out why, then ask an administrator of the hub.",
        )  # fmt: skip
    runners.seen(connection, keyid, now=now)
    for one in pooling.requests(connection, repo.c.id.is_not(None), state="running", limit=_MOST):
        move_on(connection, node, one.id, now=now)
    held = pooling.lease_of(connection, keyid)
    if held is None:
        request = _next(connection, mine, now)
        if request is None:
            return None
        pooling.new_lease(connection, request, "run", keyid, until=now + HELD)
        pooling.end(connection, request, "running", now=None)
        held = pooling.lease_of(connection, keyid)
        assert held is not None
    if held.state == "held" and held.until - now > HELD / 2:
        return held
    return _signed(connection, node, held, "held", now, until=now + HELD, taken=held.taken or now)


def commit(connection: Connection, node: Node, held: Lease, made: Checked, *, now: int) -> Lease:
    """Take the commitment of a runner under its lease; it may come more than once.

    Raises:
        StatementError: it was made by another key, for something else, or too late.
        ConflictError: the lease changed meanwhile.
    """
    pooling.one_at_a_time(connection)
    held = pooling.find_lease(connection, held.id)
    if held.commitment == made.envelope.digest:
        return held
    if held.state != "held" or held.statement is None:
        raise StatementError(f"the lease {held.id} is {held.state}", hint="Ask for another.")
    if made.said.statement.predicate_type != commitment.TYPE:
        raise StatementError(f"a commitment is wanted, not {made.said.statement.predicate_type}")
    signed = read_body(connection, held.statement).statement().predicate
    said, moment = made.said.statement.predicate, datetime.fromtimestamp(now, UTC)
    check_commitment(signed, said, made.said.signers, now=moment, fence=held.fence)
    request = pooling.find_request(connection, held.request)
    evidence.add(connection, request.repo.id, made, foreign=True, now=now)
    # Signed anew, so that the log has a leaf after the commitment by which the lot can be drawn.
    held = _signed(connection, node, held, "committed", now, until=0, committed=now, commitment=made.envelope.digest)
    move_on(connection, node, held.request, now=now)
    return pooling.find_lease(connection, held.id)


def may_reveal(held: Lease) -> bool:
    """Whether all who have a part committed to it."""
    return held.state == "committed" and held.until > 0


def reveal_all(
    connection: Connection, node: Node, held: Lease, sent: tuple[Checked, Checked], log: bytes, *, now: int
) -> None:
    """Take result, reveal and sample log of a runner; they stay with the hub until the round is over.

    Raises:
        ConflictError: others have not committed yet, or the lease changed meanwhile.
        StatementError: this is not what was committed to.
    """
    pooling.one_at_a_time(connection)
    held = pooling.find_lease(connection, held.id)
    if held.state in ("revealed", "public"):
        return
    if not may_reveal(held):
        raise ConflictError("not everybody who has a part has committed yet", hint="Ask again later.")
    assert held.commitment is not None
    opened, shown = sent
    _check_opening(read_body(connection, held.commitment), held.keyid, opened, shown)
    _check_log(opened.said.statement.predicate, shown.said.statement.predicate["leaves"], log)
    told = Sent(opened.envelope.raw, shown.envelope.raw)
    pooling.change(connection, held, state="revealed", sent=told, log=log, until=0)
    move_on(connection, node, held.request, now=now)


def give_back(connection: Connection, node: Node, held: Lease, note: str, *, now: int) -> None:
    """Let somebody else do a part; what was committed to cannot be given back.

    Raises:
        ConflictError: it was committed to already.
    """
    pooling.one_at_a_time(connection)
    held = pooling.find_lease(connection, held.id)
    if held.state == "lost":
        return
    if held.state not in ("offered", "held"):
        raise ConflictError("what was committed to cannot be given back", hint="Reveal it.")
    pooling.change(connection, held, state="lost", note=note[:_LONGEST_NOTE] or "was given back")
    move_on(connection, node, held.request, now=now)


def queue(connection: Connection) -> list[tuple[Request, Asked]]:
    """Return the requests that nobody has begun, as the queue sees them: times in hours since 1970."""
    waiting = pooling.requests(connection, repo.c.id.is_not(None), state="waiting", limit=_MOST)
    return [(Request(one.id, one.member, one.asked / _HOUR, max(one.expected, 1) / _HOUR), one) for one in waiting]


def _next(connection: Connection, mine: runners.Registered, now: int) -> str | None:
    """Return the request to be begun now by a runner whose operator has had no part of it before."""
    had = pooling.had_by(connection, mine.operator)
    free = [one for one, _ in queue(connection) if one.id not in had]
    served = {name: at / _HOUR for name, at in pooling.served(connection).items()}
    entries = runners.entries(connection)
    while (found := next_request(free, entries, served, now / _HOUR)) is not None:
        try:
            wanted_of(pooling.find_request(connection, found.id))
        except EvaluationError as error:
            pooling.end(connection, found.id, "failed", now=now, note=str(error))
            free.remove(found)
        else:
            return found.id
    return None


def _signed(
    connection: Connection, node: Node, held: Lease, state: str, now: int, *, until: int, **more: object
) -> Lease:
    """Sign the lease anew and change its row; a lease that was committed to ends when the round must be over."""
    request = pooling.find_request(connection, held.request)
    fence = pooling.next_fence(connection, held.request)
    ends = datetime.fromtimestamp(until or now + PATIENCE + REVEALED, UTC)
    said = lease(wanted_of(request), held.keyid, held.part, expires=ends, fence=fence)
    digest = by_hub(connection, node, request.repo.id, said, now=now)
    return pooling.change(connection, held, state=state, fence=fence, statement=digest, until=until, **more)


def _check_opening(committed: Envelope, keyid: str, opened: Checked, shown: Checked) -> None:
    types = (opened.said.statement.predicate_type, shown.said.statement.predicate_type)
    if types != (result.TYPE, reveal.TYPE):
        raise StatementError("a result and its reveal are wanted")
    first = verified(committed, keyid)
    found = gather(
        first.statement.predicate["round"], [Placed(first, 0), Placed(opened.said, 1), Placed(shown.said, 2)]
    )
    if keyid not in {one.keyid for one in found.contributions}:
        raise StatementError("; ".join(found.aside) or "the reveal is of another round")


def _check_log(predicate: Mapping[str, JSON], leaves: list[dict[str, JSON]], log: bytes) -> None:
    if predicate["samples"].get("log_digest") != sha256_hex(log):
        raise StatementError("the sample log is not the one that the result names")
    lines = log.splitlines(keepends=True)
    if [one.to_json() for one in from_log(lines)] != leaves:
        raise StatementError("the sample log holds other answers than the reveal")
    try:
        for number, line in enumerate(lines, 1):
            read_line(line, f"line {number} of the log")
    except EvaluationError as error:
        raise StatementError(str(error), hint=error.hint()) from error


def check_not_open(connection: Connection, said: Statement) -> None:
    """Refuse what came by another way into a round that goes on here: once one has revealed, nobody can be drawn.

    Raises:
        ConflictError: it is part of a round of this hub's that is not over.
    """
    opened = False
    if said.predicate_type == commitment.TYPE:
        opened = pooling.is_open(connection, said.predicate["opened_by"])
    elif said.predicate_type == reveal.TYPE:
        opened = pooling.open_commitment(connection, said.predicate["commitment"])
    if opened:
        raise ConflictError("this is for a round that goes on", hint="It is taken under a lease only.")


def key_of(connection: Connection, keyid: str) -> PublicKey:
    """Return the public key of a runner.

    Raises:
        NotFoundError: it is not known.
    """
    found = evidence.keys_of(connection, [keyid])
    if not found:
        raise NotFoundError(f"there is no key {keyid[:64]}")
    return PublicKey(found[0].pem)

"""A round of an evaluation that was asked for, moved on as far as it can go: who is drawn, and when it is over.

All that is signed goes through the evidence of the repo and the hub's log. What runners reveal is kept back until the
round is over, and then made public at once: results first, then what opens them, then how they compare.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from sqlalchemy import Connection, select

from assay.errors import EvaluationError
from assay.evals.benchmark import names, shipped
from assay.evals.manifest import Suite
from assay.evals.pooling import MOST_RUNS, Outcome, Runner, Standing, Wanted, asked, draw_runner, next_step, stood
from assay.evals.reproduction import (
    Checkpoint,
    Contribution,
    Kind,
    Placed,
    Side,
    agreement_statement,
    audit_seed,
    gather,
    side_by_side,
)
from assay.hub.node import Node
from assay.statements.envelope import Envelope
from assay.statements.evidence import VerifiedStatement
from assay.statements.keys import PublicKey
from assay.statements.predicates import validate
from assay.statements.statement import Statement, revision_subjects
from assay.store import evidence, log, pooling, runners
from assay.store.listings import refresh
from assay.store.pooling import Asked, Lease
from assay.store.results import keep_log
from assay.store.tables import account, envelope, membership

__all__ = [
    "ALIVE",
    "HELD",
    "OFFERED",
    "PATIENCE",
    "REVEALED",
    "by_hub",
    "move_on",
    "read_body",
    "suite_of",
    "wanted_of",
]

OFFERED = 2 * 3600
"""Seconds for which a part waits for the runner on whom the lot fell."""
HELD = 30 * 60
"""Seconds for which a lease holds unless it is renewed."""
REVEALED = 24 * 3600
"""Seconds within which all must reveal once they may."""
PATIENCE = 7 * 24 * 3600
"""Seconds after which a round ends without those who could not be drawn."""
ALIVE = 3600
"""Seconds since a runner last asked for work, within which it can be drawn."""
_MOST_LOST = 3 * MOST_RUNS
_STANDINGS = {"offered": Standing.HELD, "held": Standing.HELD, "committed": Standing.COMMITTED,
              "revealed": Standing.REVEALED}  # fmt: skip


class _Part(NamedTuple):
    lease: Lease
    runner: runners.Registered


class _Found(NamedTuple):
    """What was revealed, in order of the parts; nothing while somebody has not."""

    made: tuple[Contribution, ...] = ()
    kinds: Mapping[tuple[int, int], Kind] = {}


@dataclass(frozen=True, slots=True)
class _Round:
    request: Asked
    live: tuple[_Part, ...]
    """Those of whom something is still expected, the first first."""
    lost: frozenset[str]
    """Operators who had a part and gave it back or let it lapse."""
    now: int

    @property
    def began(self) -> int:
        """When the first of them committed, or now."""
        return min((one.lease.committed for one in self.live if one.lease.committed is not None), default=self.now)


@lru_cache(maxsize=32)
def suite_of(benchmark: str) -> Suite | None:
    """Return the benchmark that ships under a name; None where there is none."""
    return shipped(benchmark) if benchmark in names() else None


def wanted_of(request: Asked) -> Wanted:
    """Return what everyone in the round of a request is to run.

    Raises:
        EvaluationError: this version has the benchmark no more, or another one under its name.
    """
    suite = suite_of(request.benchmark)
    if suite is None or suite.digests["manifest_digest"] != request.manifest:
        raise EvaluationError(f"the benchmark {request.benchmark} is another one now", hint="Ask for it anew.")
    return asked(request.id, suite, {"dirhash": request.dirhash, "weights_digest": request.weights})


def by_hub(connection: Connection, node: Node, repo_id: int, statement: Statement, *, now: int) -> str:
    """Sign a statement as this hub, store it with a leaf of the log, and return the digest of its envelope."""
    validate(statement)
    signed = evidence.check(Envelope.sign(statement.to_bytes(), node.key), (node.key.public,))
    evidence.add_key(connection, node.key.public, own=True)
    evidence.add(connection, repo_id, signed, foreign=False, now=now)
    return signed.envelope.digest


def read_body(connection: Connection, digest: str) -> Envelope:
    """Return an envelope that is stored here, whichever repo it is shown with."""
    body = connection.execute(select(envelope.c.body).where(envelope.c.digest == digest)).scalar_one()
    return Envelope.parse(bytes(body))


def verified(made: Envelope, keyid: str) -> VerifiedStatement:
    """Return the statement of an envelope that was checked before it was stored."""
    return VerifiedStatement(made.statement(), made.digest, (keyid,), pinned=False, known=True)


def move_on(connection: Connection, node: Node, request_id: str, *, now: int) -> None:
    """Do what is due in the round of a request; the transaction has `one_at_a_time`.

    Raises:
        CorruptError: stored evidence changed.
    """
    request = pooling.find_request(connection, request_id)
    if request.state not in pooling.OPEN:
        return
    try:
        wanted_of(request)
    except EvaluationError as error:
        pooling.end(connection, request.id, "failed", now=now, note=str(error))
        return
    _let_lapse(connection, request, now)
    leases = pooling.leases_of(connection, request.id)
    known = {one.keyid: one for one in runners.registered(connection)}
    lost = [one for one in leases if one.state == "lost"]
    live = tuple(_Part(one, known[one.keyid]) for one in leases if one.live)
    if len(lost) >= _MOST_LOST and not live:
        pooling.end(connection, request.id, "failed", now=now, note=lost[-1].note or "nobody could run it")
        return
    pooling.end(connection, request.id, "running" if live else "waiting", now=None)
    here = _Round(request, live, frozenset(known[one.keyid].operator for one in lost), now)
    _step(connection, node, here, known.values())


def _let_lapse(connection: Connection, request: Asked, now: int) -> None:
    told = {"offered": "did not take it in time", "held": "did not commit in time", "committed": "did not reveal"}
    for one in pooling.leases_of(connection, request.id):
        if one.state in told and 0 < one.until < now:
            pooling.change(connection, one, state="lost", note=told[one.state])


def _step(connection: Connection, node: Node, here: _Round, known: Iterable[runners.Registered]) -> None:
    standings = [_STANDINGS[one.lease.state] for one in here.live]
    found = _Found()
    if standings and set(standings) == {Standing.REVEALED}:
        made = _contributions(connection, here)
        pairs = combinations(range(len(made)), 2)
        found = _Found(made, {(a, b): side_by_side(made[a], made[b]).kind for a, b in pairs})
    settled = any(one.lease.part == "settle" for one in here.live)
    patient = here.now - here.began <= PATIENCE
    step = next_step(standings, found.kinds, settled=settled, may_draw=patient)
    if step.part in ("rerun", "settle"):
        drawn = _draw(connection, here, step.part, known)
        if drawn is not None:
            pooling.new_lease(connection, here.request.id, step.part, drawn, until=here.now + OFFERED)
    elif step.reveal:
        for one in here.live:
            if one.lease.state == "committed" and not one.lease.until:
                pooling.change(connection, one.lease, until=here.now + REVEALED)
    elif step.over is not None:
        _publish(connection, node, here, found, step.over)


def _draw(connection: Connection, here: _Round, part: str, known: Iterable[runners.Registered]) -> str | None:
    """Return the key id on which the lot falls; None while nobody can be drawn."""
    first = here.live[0].lease
    assert first.commitment is not None
    assert first.statement is not None
    root = read_body(connection, first.commitment).statement().predicate["root"]
    index, later = (log.place_of(connection, digest) for digest in (first.commitment, first.statement))
    assert index is not None
    assert later is not None
    # The lease that was signed anew for the commitment is the first leaf after it.
    seed = audit_seed(root, index, Checkpoint(later + 1, log.root(connection, later + 1)))
    apart = _interested(connection, here.request) | here.lost
    free = [
        one for one in known if one.faulty is None and here.now - one.seen <= ALIVE
        and not {one.operator, one.member} & apart
    ]  # fmt: skip
    lots = {one.keyid: Runner(one.keyid, one.operator, one.processor) for one in free}
    taken = [Runner(one.runner.keyid, one.runner.operator, one.runner.processor) for one in here.live]
    found = draw_runner(part, seed, lots.values(), taken, here.request.member)
    return None if found is None else found.keyid


def _interested(connection: Connection, request: Asked) -> set[str]:
    """Return accounts that may not confirm: who asked, with their organisations; the model's owner, with its people."""
    person, organisation = account.alias(), account.alias()
    both = (
        select(person.c.name.label("person"), organisation.c.name.label("organisation"))
        .join(membership, membership.c.user_id == person.c.id)
        .join(organisation, organisation.c.id == membership.c.organisation_id)
        .where((person.c.id == request.asker) | (organisation.c.name == request.repo.owner))
    )
    return {request.member, request.repo.owner, *(name for row in connection.execute(both) for name in row)}


def _contributions(connection: Connection, here: _Round) -> tuple[Contribution, ...]:
    """Return what was revealed and is not public yet, in order of the parts; each was checked when it came."""
    places = iter(range(2 * len(here.live)))
    placed: list[Placed] = []
    for one in here.live:
        sent = pooling.sent_of(connection, one.lease.id)
        assert sent is not None
        assert one.lease.commitment is not None
        committed = read_body(connection, one.lease.commitment)
        placed.append(Placed(verified(committed, one.lease.keyid), -1))
        placed += [Placed(verified(Envelope.parse(raw), one.lease.keyid), next(places)) for raw in sent]
    found = {made.keyid: made for made in gather(wanted_of(here.request).round, placed).contributions}
    return tuple(found[one.lease.keyid] for one in here.live)


def _publish(connection: Connection, node: Node, here: _Round, found: _Found, over: Outcome) -> None:
    request, repo_id = here.request, here.request.repo.id
    sent = [pooling.sent_of(connection, one.lease.id) for one in here.live]
    for which in (0, 1):
        for one, raw in zip(here.live, sent, strict=True):
            assert raw is not None
            keys = evidence.keys_of(connection, [one.lease.keyid])
            said = Envelope.parse(raw[which])
            checked = evidence.check(said, [PublicKey(key.pem) for key in keys], about=request.dirhash)
            evidence.add(connection, repo_id, checked, foreign=True, now=here.now)
    standing = stood(len(found.made), found.kinds)
    _compare(connection, node, here, found.made, [one.upheld for one in standing])
    for one, contribution, how in zip(here.live, found.made, standing, strict=True):
        log = pooling.log_of(connection, one.lease.id)
        if log is not None:
            keep_log(connection, contribution.result.predicate["samples"]["log_digest"], log)
        pooling.change(
            connection, one.lease, state="public", sent=None, log=None, result=contribution.result.said.digest
        )
        if how.faulty:
            runners.mark_faulty(connection, one.runner.operator, now=here.now)
        else:
            _book(connection, here, one, contribution)
    pooling.end(connection, request.id, over.value, now=here.now)
    refresh(connection, repo_id)


def _compare(
    connection: Connection, node: Node, here: _Round, made: Sequence[Contribution], upheld: Sequence[bool]
) -> None:
    """State how each run compares with the one that most stand by, or with the first where there is none."""
    place = upheld.index(True) if True in upheld else 0
    first = made[place] if made else None
    for other in made:
        if first is None or other is first:
            continue
        sides = (Side(one.result.said.digest, one.result.predicate["samples"]["merkle_root"]) for one in (first, other))
        about = revision_subjects(here.request.dirhash, None)
        found = side_by_side(first, other)
        round_ = wanted_of(here.request).round
        said = agreement_statement(found, round_, *sides, copyable=False, subjects=about)
        by_hub(connection, node, here.request.repo.id, said, now=here.now)


def _book(connection: Connection, here: _Round, one: _Part, made: Contribution) -> None:
    """Enter what a run took: as its result says, but at most the time from lease to commitment."""
    lease, said = one.lease, made.result.predicate.get("cost", {}).get("wall_s", "0")
    assert lease.taken is not None
    assert lease.committed is not None
    seconds = min(round(float(said) + 0.5), max(lease.committed - lease.taken, 1))
    runners.note_hours(
        connection,
        lease.id,
        here.request.benchmark,
        giver=one.runner.user_id,
        receiver=here.request.asker,
        seconds=seconds,
        now=here.now,
    )

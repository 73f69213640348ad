"""How far each result may be trusted, as this hub can tell: recomputed from the statements in its log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, false, func, or_, select

from assay.canonical import JSON
from assay.errors import CorruptError, StatementError
from assay.evals.benchmark import names
from assay.evals.reproduction import AnswerLeaf, Held, Level, Other, Trust, from_log, trust
from assay.hub.pool_rounds import suite_of
from assay.hub.recent import Recent
from assay.statements.predicates import commitment, result, retraction, reveal
from assay.store.evidence import placed_about, trusted_keys
from assay.store.results import Result, log_of
from assay.store.runners import Registered, registered
from assay.store.tables import envelope, evidence, log_leaf, repo

__all__ = ["level_of", "levels_of"]

_TYPES = (result.TYPE, commitment.TYPE, reveal.TYPE, retraction.TYPE)
_SAYS = {
    Level.CLAIMED: "a number with a source",
    Level.LOGGED: "every answer is on record, and the number follows from them",
    Level.BOUND: "model and benchmark are those held here, bit for bit",
    Level.REPRODUCED: "somebody independent ran it and found the same",
    Level.REPRODUCED_ELSEWHERE: "several independent people ran it, on differing hardware, and found the same",
}
_RETRACTED = "its own signer took it back"
_FAULTY = "a round found this runner's answers to be wrong"
_BY_KEY = "By key "
"""How reasons begin that `others` tells more of."""
_HUB = "this hub"
_REMEMBERED: Recent[dict[str, JSON]] = Recent(512)


class _Known(NamedTuple):
    """Who holds which key."""

    named: dict[str, str]
    """The hub's own keys, and those that are pinned under a name."""
    runners: tuple[Registered, ...]

    @property
    def faulty(self) -> frozenset[str]:
        """Keys of runners that a round found faulty."""
        return frozenset(held.keyid for held in self.runners if held.faulty is not None)

    def operators(self, one: Result) -> dict[str, str]:
        """Return who holds each key, for one result; who is faulty vouches for nothing, but is known by their own."""
        counted = {held.keyid: held.operator for held in self.runners if held.faulty is None}
        own = {held.keyid: held.operator for held in self.runners if held.keyid in one.signers}
        return self.named | counted | own


def levels_of(connection: Connection, results: Iterable[Result]) -> dict[str, dict[str, JSON]]:
    """Return for each result, by digest, how far it may be trusted, as pages show it.

    `name` and `says` in words; `rank` from 0 to 4; `reproduced`, how many others found the same; `disputed`, whether
    somebody found otherwise, and `contested`, whether as many did; `retracted`, the reason or null; `reasons`, one for
    each step; `others`, the runs of others that were held against it.
    """
    named = {key.keyid: _HUB if key.own else key.name for key in trusted_keys(connection) if key.own or key.name}
    known = _Known(named, tuple(registered(connection)))
    return {one.digest: _level_of(connection, one, known) for one in results}


def level_of(connection: Connection, one: Result) -> dict[str, JSON]:
    """Return what `levels_of` says of one result."""
    return levels_of(connection, [one])[one.digest]


def _level_of(connection: Connection, one: Result, known: _Known) -> dict[str, JSON]:
    newest = (
        select(func.count(), func.max(log_leaf.c.number))
        .select_from(envelope)
        .join(log_leaf, log_leaf.c.envelope == envelope.c.digest)
        .join(evidence, evidence.c.digest == envelope.c.digest)
        .join(repo, repo.c.id == evidence.c.repo_id)
        .where(envelope.c.subject == one.subject, _around(one))
    )
    operators, about = known.operators(one), tuple(connection.execute(newest).one())
    stamp = (one.digest, one.repo.id, one.log, about, known.faulty, frozenset(operators.items()))
    return dict(_REMEMBERED.get(stamp, lambda: _shown(_trust(connection, one, operators), known.faulty)))


def _trust(connection: Connection, one: Result, operators: dict[str, str]) -> Trust:
    placed = placed_about(connection, one.subject, _around(one), _TYPES)
    mine = next(said for said in placed if said.said.digest == one.digest)
    suites = (suite_of(name) for name in names())
    held = Held(
        operators=operators,
        digests={one.subject, *(suite.digests["manifest_digest"] for suite in suites if suite is not None)},
        logs=_logs(connection, one),
    )
    return trust(mine, placed, held)


def _around(one: Result) -> ColumnElement[bool]:
    """Return the condition on repos whose statements count for a result: public ones, and its own."""
    return or_(repo.c.private == false(), repo.c.id == one.repo.id)


def _logs(connection: Connection, one: Result) -> dict[str, tuple[AnswerLeaf, ...]]:
    try:
        body = log_of(connection, one)
        leaves = None if body is None else from_log(body.splitlines(keepends=True))
    except (CorruptError, StatementError):  # its page says so; without answers it is a claim
        leaves = None
    return {} if leaves is None else {one.predicate["samples"]["merkle_root"]: leaves}


def _shown(found: Trust, faulty: frozenset[str]) -> dict[str, JSON]:
    return {
        "name": found.word,
        "says": _SAYS[found.level],
        "rank": int(found.level),
        "reasons": [said for said in found.reasons if not said.startswith(_BY_KEY)],
        "reproduced": len(found.agreeing) if found.level >= Level.REPRODUCED else 0,
        "disputed": found.disputed,
        "contested": len(found.disputing) >= max(1, len(found.agreeing)),
        "retracted": None if found.retracted is None else f"{_RETRACTED}: {found.retracted.value}",
        "others": [_other(one, faulty) for one in found.others],
    }


def _other(one: Other, faulty: frozenset[str]) -> dict[str, JSON]:
    return {
        "digest": one.result,
        "keyid": one.keyid,
        "operator": one.operator,
        "kind": str(one.agreement.kind),
        "reason": one.agreement.reason,
        "identical": one.agreement.identical,
        "n": one.agreement.n,
        "counts": one.counts,
        "why": _FAULTY if not one.counts and one.keyid in faulty else one.why,
    }

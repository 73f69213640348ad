"""Asking others to run a benchmark on a model, and the queue as everyone sees it: who runs what, and when."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from assay.artifact.identity import ManifestLine
from assay.canonical import JSON
from assay.errors import NotFoundError, RequestError
from assay.evals.benchmark import names
from assay.evals.pooling import accounts, forecast, model_digests, request_id
from assay.hub.accounts.roles import Caller, Role, Visible
from assay.hub.answers import forbidden, revision_not_found, unauthorised
from assay.hub.node import Node
from assay.hub.pool_leases import queue
from assay.hub.pool_rounds import ALIVE, suite_of
from assay.store import pooling, runners
from assay.store.git.refs import resolve
from assay.store.pooling import Asked
from assay.store.repos import Repo, RepoType
from assay.store.revision_source import RevisionSource
from assay.store.tables import evaluation_request

__all__ = ["ask", "balances", "shown_requests", "withdraw"]

_HOUR = 3600.0
_MOST_OPEN = 100
"""Open requests of one member."""
_MOST_SHOWN = 200


class _Turn(NamedTuple):
    """Where a request stands in the queue."""

    before: int | None
    """How many begin before it."""
    begins: int | None
    """In seconds since 1970; None where no runner is awake."""


def ask(node: Node, caller: Caller, repo: Repo, revision: str, benchmark: str) -> str:
    """Enter a request for a benchmark, by name or by the digest of its manifest, and return its id.

    Raises:
        RequestError: the caller may not ask, or others could not run this.
        ConflictError: it was asked for already.
    """
    if not caller.known or caller.id is None:
        raise unauthorised("To ask others for an evaluation, sign in.")
    if caller.scope < Role.WRITE:
        raise forbidden("This token is for read only; make one for more in your settings.")
    if repo.type is not RepoType.MODEL or repo.private or repo.gated is not None:
        raise RequestError(
            400, "Others can run only a model that everybody may read.", hint="Run it yourself with assay eval."
        )
    suite = suite_of(_named(benchmark))
    if suite is None:
        raise RequestError(400, f"There is no benchmark {benchmark[:80]!r}.", hint=f"There are: {', '.join(names())}.")
    with node.database.read() as connection:
        try:
            commit = resolve(connection, repo.id, revision)
        except NotFoundError:
            raise revision_not_found(revision) from None
    files = RevisionSource(node.database, node.contents, repo.id, commit, repo.full_name).entries()
    model = model_digests(ManifestLine(entry.path, entry.sha256 or "") for entry in files)
    manifest, now, asker = suite.digests["manifest_digest"], node.now(), caller.id
    id_ = request_id(model["dirhash"], manifest, secrets.token_bytes(16))
    row: dict[str, object] = {
        "id": id_, "repo_id": repo.id, "commit": commit, "dirhash": model["dirhash"],
        "weights": model["weights_digest"], "benchmark": suite.manifest.id, "manifest": manifest, "asker": asker,
        "asked": now,
    }  # fmt: skip

    def work(connection: Connection) -> None:
        pooling.one_at_a_time(connection)
        mine = (evaluation_request.c.asker == asker, evaluation_request.c.state.in_(pooling.OPEN))
        count = connection.execute(select(func.count()).select_from(evaluation_request).where(*mine)).scalar_one()
        if count >= _MOST_OPEN:
            raise RequestError(429, f"You have {count} open requests.", hint="Wait until some of them are done.")
        seconds = runners.earlier_seconds(connection, suite.manifest.id) or len(suite.items)
        pooling.ask(connection, {**row, "expected": max(1, seconds)})

    node.database.transact(work)
    return id_


def withdraw(connection: Connection, caller: Caller, request: str, *, now: int) -> None:
    """Take back a request that nobody has begun; whoever asked may, and administrators.

    Raises:
        NotFoundError: there is none of the caller's.
        RequestError: it was begun already.
    """
    pooling.one_at_a_time(connection)
    found = pooling.find_request(connection, request)
    if found.asker != caller.id and not caller.admin:
        raise NotFoundError(f"there is no request {request[:64]} of yours")
    if found.state != "waiting":
        raise RequestError(409, f"It is {found.state}.", hint="What others have begun is not taken back.")
    pooling.end(connection, request, "withdrawn", now=now)


def shown_requests(
    connection: Connection, seen: Visible, *, now: int, state: str = "open", repo_id: int | None = None
) -> list[dict[str, JSON]]:
    """Return requests with who runs each and when: those of the queue in order of their turns, then the others."""
    listed = pooling.requests(connection, seen, state=state, repo_id=repo_id, limit=_MOST_SHOWN)
    known = {one.keyid: one for one in runners.registered(connection)}
    turns = _turns(connection, now)
    rows = [_shown(connection, one, known, turns) for one in listed]
    return sorted(rows, key=lambda row: len(turns) if row["turn"] is None else row["turn"])


def _shown(
    connection: Connection, one: Asked, known: Mapping[str, runners.Registered], turns: Mapping[str, _Turn]
) -> dict[str, JSON]:
    turn = turns.get(one.id, _Turn(None, None))
    parts = [
        {
            "part": had.part,
            "state": had.state,
            "keyid": had.keyid,
            "operator": known[had.keyid].operator,
            "result": had.result,
            "note": had.note,
        }
        for had in pooling.leases_of(connection, one.id)
    ]
    return {
        "id": one.id,
        "repo": f"{one.repo.type}s/{one.repo.full_name}",
        "path": one.repo.path,
        "commit": one.commit,
        "dirhash": one.dirhash,
        "benchmark": one.benchmark,
        "manifest": one.manifest,
        "member": one.member,
        "asked": one.asked,
        "expected": one.expected,
        "state": one.state,
        "ended": one.ended,
        "note": one.note,
        "turn": turn.before,
        "begins": turn.begins,
        "parts": parts,
    }


def balances(connection: Connection) -> list[dict[str, JSON]]:
    """Return what each member gave and received, in hours to three places, by name."""
    found = accounts(runners.entries(connection, running=False))
    return [
        {"member": name, "given": f"{one.given:.3f}", "received": f"{one.received:.3f}"}
        for name, one in sorted(found.items())
    ]


def _turns(connection: Connection, now: int) -> dict[str, _Turn]:
    """Return for each waiting request how many come before, and when it begins; no time where no runner is awake."""
    waiting = [one for one, _ in queue(connection)]
    awake = sum(one.faulty is None and now - one.seen <= ALIVE for one in runners.registered(connection))
    served = {name: at / _HOUR for name, at in pooling.served(connection).items()}
    ahead = forecast(waiting, runners.entries(connection), served, now / _HOUR, runners=max(1, awake))
    return {one.request.id: _Turn(one.turns, round(one.begins * _HOUR) if awake else None) for one in ahead}


def _named(benchmark: str) -> str:
    """Return the name of the benchmark that ships with this manifest digest, or else the text as it is."""
    for name in names():
        suite = suite_of(name)
        if suite is not None and suite.digests["manifest_digest"] == benchmark:
            return name
    return benchmark

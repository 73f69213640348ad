"""Evidence about revisions: statements, raw envelopes, the folded scan, evidence of one's own, the log, parked work."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection
from starlette.responses import Response

from assay.errors import NotFoundError, RequestError, StatementError
from assay.hub.accounts.roles import Role
from assay.hub.answers import json_answer, nothing, revision_not_found
from assay.hub.call import Call
from assay.hub.judgement import judged, named_policy
from assay.hub.pool_leases import check_not_open
from assay.hub.routing import Needs, Route
from assay.statements.envelope import Envelope
from assay.statements.keys import PublicKey
from assay.store import attempts, log, results
from assay.store import evidence as store
from assay.store.git.objects import Oid
from assay.store.git.refs import resolve
from assay.store.listings import refresh
from assay.store.tables import revision

__all__ = ["routes"]

_DSSE = "application/vnd.dsse.envelope.v1+json"
_LONGEST = 16 * 1024 * 1024
"""Bytes of a statement that is sent in, with its key."""
_MOST = 500
"""Statements about one revision of one repo."""
_DIGITS = 18


class _Said(msgspec.Struct):
    envelope: str
    """The envelope's JSON as text: what is signed is named by its very bytes."""
    key: str
    """The signer's public key as PEM."""


def statements(call: Call) -> Response:
    """List what was said about a revision."""
    commit = _commit(call)
    one = judged(call.node, call.repo.id, commit)
    with call.node.database.read() as connection:
        keys = store.keys_of(connection, (keyid for kept in one.statements for keyid in kept.signers))
    base = f"{call.url}/api/{call.repo.type}s/{call.repo.full_name}/evidence/{commit}"
    listed = [
        {
            "digest": kept.digest,
            "predicateType": kept.predicate_type,
            "signers": list(kept.signers),
            "own": kept.own,
            "pinned": kept.pinned,
            "foreign": kept.foreign,
            "received": kept.received,
            "url": f"{base}/{kept.digest}",
        }
        for kept in one.statements
    ]
    return json_answer(
        {
            "sha": commit,
            "dirhash": one.dirhash,
            "state": one.state,
            "error": one.error,
            "attempt": one.attempt,
            "statements": listed,
            "keys": [
                {"keyid": key.keyid, "pem": key.pem.decode(), "name": key.name, "own": key.own, "pinned": key.pinned}
                for key in keys
            ],
        }
    )


def envelope(call: Call) -> Response:
    """Return one envelope, byte for byte."""
    commit, digest = _commit(call), call.params["digest"]
    with call.node.database.read() as connection:
        dirhash = store.dirhash_of(connection, call.repo.id, commit)
        about = [] if dirhash is None else store.statements_about(connection, call.repo.id, dirhash)
        if digest not in (kept.digest for kept in about):
            raise NotFoundError(f"nothing with the digest {digest[:64]} was said about {commit[:12]}")
        body = store.body_of(connection, call.repo.id, digest)
    name = f'attachment; filename="{digest}.dsse.json"'
    return Response(body, media_type=_DSSE, headers={"Content-Disposition": name, "ETag": f'"{digest}"'})


def scan(call: Call) -> Response:
    """Return the `assay.scan/v1` object of a revision, decided by the policy that the query names."""
    commit = _commit(call)
    one = judged(call.node, call.repo.id, commit, named_policy(call.node, call.query("policy")))
    if one.scan is None:
        told = f"it could not be judged: {one.error}" if one.state == "parked" else "it has not been judged yet"
        raise RequestError(404, f"There is no assessment of {commit[:12]}: {told}", code="EntryNotFound")
    return json_answer(one.scan)


def submit(call: Call) -> Response:
    """Take a statement about a revision of the repo; it is shown as foreign, and counts where its signer is pinned."""
    said = call.json(_Said)
    try:
        made = Envelope.parse(said.envelope.encode())
        with call.node.database.read() as connection:
            named = store.subject_of(connection, made.statement())
        checked = store.check(made, (PublicKey(said.key.encode()),), about=named)
    except StatementError as error:
        raise RequestError(400, str(error), hint=error.hint()) from error
    repo_id, now, about = call.repo.id, call.node.now(), checked.subject

    def work(connection: Connection) -> bool:
        check_not_open(connection, checked.said.statement)
        here = (revision.c.repo_id == repo_id, revision.c.dirhash == about)
        if connection.execute(revision.select().where(*here).limit(1)).first() is None:
            raise RequestError(
                400,
                f"the statement is about {about}, which is no revision of this repo",
                hint="Push the files first and wait until they are judged.",
            )
        if len(store.statements_about(connection, repo_id, about)) >= _MOST:
            raise RequestError(413, f"there are {_MOST} statements about {about[:12]} already")
        new = store.add(connection, repo_id, checked, foreign=True, now=now)
        refresh(connection, repo_id)
        return new

    new = call.node.database.transact(work)
    return json_answer({"digest": checked.envelope.digest, "new": new}, 201 if new else 200)


def keep_sample_log(call: Call) -> Response:
    """Take the sample log that a result of the repo names, byte for byte."""
    digest = call.digest("digest", "A sample log is named by its SHA-256.")

    def work(connection: Connection) -> bool:
        if not any(one.predicate["samples"].get("log_digest") == digest for one in
                   results.results_of_repo(connection, call.repo, limit=_MOST)):  # fmt: skip
            raise RequestError(
                400, f"no result of this repo names the log {digest}", hint="Send the signed result first."
            )
        return results.keep_log(connection, digest, call.body)

    try:
        new = call.node.database.transact(work)
    except StatementError as error:
        raise RequestError(400, str(error), hint=error.hint()) from error
    return json_answer({"digest": digest, "new": new}, 201 if new else 200)


def unpark(call: Call) -> Response:
    """Let a parked attempt be tried anew."""
    now = call.node.clock()
    call.node.database.transact(lambda connection: attempts.unpark(connection, call.params["key"], now=now))
    call.node.wanted.set()
    return nothing()


def whole_log(call: Call) -> Response:
    """Return size and root of the log."""
    with call.node.database.read() as connection:
        return json_answer({"size": log.size(connection), "root": log.root(connection)})


def leaf(call: Call) -> Response:
    """Return one leaf of the log, byte for byte."""
    number = call.params["number"]
    if not number.isascii() or not number.isdigit() or len(number) > _DIGITS:
        raise NotFoundError(f"the log has no leaf {number[:40]!r}")
    with call.node.database.read() as connection:
        return Response(log.leaf_at(connection, int(number)), media_type="application/json")


def _commit(call: Call) -> Oid:
    with call.node.database.read() as connection:
        try:
            return resolve(connection, call.repo.id, call.params["rev"])
        except NotFoundError:
            raise revision_not_found(call.params["rev"]) from None


routes = [
    Route("GET", "/api/{api_repo}/evidence/{rev}", statements, Needs.READ),
    Route("GET", "/api/{api_repo}/evidence/{rev}/{digest}", envelope, Needs.READ),
    Route("GET", "/api/{api_repo}/scan/{rev}", scan, Needs.READ),
    Route("POST", "/api/{api_repo}/evidence", submit, Needs.WRITE, Role.WRITE, limit=_LONGEST),
    Route("PUT", "/api/{api_repo}/logs/{digest}", keep_sample_log, Needs.WRITE, Role.WRITE, limit=results.LARGEST_LOG),
    Route("POST", "/api/attempts/{key}/unpark", unpark, Needs.HUB_ADMIN, Role.ADMIN),
    Route("GET", "/api/log", whole_log, Needs.ANYONE),
    Route("GET", "/api/log/leaf/{number}", leaf, Needs.ANYONE),
]

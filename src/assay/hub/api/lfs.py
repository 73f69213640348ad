"""Git LFS: where to send large files, in one piece or in parts; every byte is hashed before it counts as uploaded."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from urllib.parse import quote

import msgspec
from anyio import to_thread
from sqlalchemy import Connection, delete, select
from starlette.responses import Response

from assay.canonical import JSON
from assay.errors import RequestError, VerificationError
from assay.hub.accounts.roles import Role, role_over
from assay.hub.answers import forbidden, json_answer, nothing, unauthorised
from assay.hub.call import Call
from assay.hub.conditions import Span, Unsatisfiable, span_of
from assay.hub.files_out import FileAnswer, open_content
from assay.hub.gates import check_gate, check_quarantine
from assay.hub.routing import Needs, Route
from assay.store.blobs import BlobWriter, Stored
from assay.store.contents import add_flat, is_sha256
from assay.store.database import insert_missing
from assay.store.holdings import Held, check_room, committed, hold, usable
from assay.store.sealed import seal, unseal
from assay.store.tables import upload_part

__all__ = ["routes"]

_MOST_OBJECTS = 1_000
_LIFETIME = 6 * 3600
"""Seconds that an address to send to can be used."""
_BATCH = 1024 * 1024
_MEDIA_TYPE = "application/vnd.git-lfs+json"
_SENT, _PART, _WHOLE, _READ = "lfs/1", "lfs-part/1", "lfs-whole/1", "lfs-read/1"


class _Object(msgspec.Struct):
    oid: str
    size: int


class _Batch(msgspec.Struct):
    operation: str
    objects: list[_Object]
    transfers: list[str] = msgspec.field(default_factory=lambda: ["basic"])


class _Done(msgspec.Struct):
    oid: str
    parts: list[dict[str, JSON]]


class _Verify(msgspec.Struct):
    oid: str
    size: int


def batch(call: Call) -> Response:
    """Answer for each object where to send it, or where to read it."""
    asked = _asked(call)
    if asked.operation == "download":
        return _lfs(_downloads(call, asked))
    if asked.operation == "upload":
        return _lfs(_uploads(call, asked))
    raise RequestError(422, f"the operation {asked.operation[:40]!r} is neither upload nor download")


def _uploads(call: Call, asked: _Batch) -> JSON:
    """Return where to send what the repo may not name yet."""
    with call.node.database.read() as connection:
        if role_over(connection, call.caller, call.repo) < Role.WRITE:
            raise forbidden(f"You may not write to {call.repo.full_name}.") if call.caller.known else unauthorised()
        held = usable(connection, call.repo.id, _digests(asked), call.visible)
        more = sum(one.size for one in asked.objects if one.oid not in held)
        check_room(connection, call.repo.owner, more, call.node.config.quota)
    big = any(one.size > call.node.config.parts_from for one in asked.objects)
    parts = big and "multipart" in asked.transfers
    objects = [_to_send(call, one, held.get(one.oid), in_parts=parts) for one in asked.objects]
    return {"transfer": "multipart" if parts else "basic", "objects": objects, "hash_algo": "sha256"}


def _asked(call: Call) -> _Batch:
    asked = call.json(_Batch)
    if len(asked.objects) > _MOST_OBJECTS:
        raise RequestError(413, f"one batch names at most {_MOST_OBJECTS:,} objects", hint="Ask in several calls.")
    if any(one.size < 0 for one in asked.objects):
        raise RequestError(422, "an object has a negative size")
    return asked


def _downloads(call: Call, asked: _Batch) -> JSON:
    with call.node.database.read() as connection:
        check_gate(connection, call)
        held = committed(connection, call.repo.id, _digests(asked))
    objects: list[JSON] = []
    for one in asked.objects:
        if one.oid in held:
            claims = {"repo": call.repo.id, "sha256": one.oid, "size": held[one.oid].size}
            href = f"{call.url}/lfs/content/{_sealed(call, _READ, claims)}"
            action = {"download": {"href": href, "expires_in": _LIFETIME}}
            objects.append({"oid": one.oid, "size": held[one.oid].size, "authenticated": True, "actions": action})
        else:
            error = {"code": 404, "message": "this repo has no such object"}
            objects.append({"oid": one.oid, "size": one.size, "error": error})
    return {"transfer": "basic", "objects": objects, "hash_algo": "sha256"}


def _to_send(call: Call, one: _Object, held: Held | None, *, in_parts: bool) -> JSON:
    answer: dict[str, JSON] = {"oid": one.oid, "size": one.size, "authenticated": True}
    if not is_sha256(one.oid):
        return {**answer, "error": {"code": 422, "message": "an object is named by its SHA-256 in lower-case hex"}}
    if held is not None:
        return answer
    claims: dict[str, JSON] = {"repo": call.repo.id, "sha256": one.oid, "size": one.size}
    verify = {"href": f"{call.url}{call.repo.path}.git/info/lfs/verify", "header": {}, "expires_in": _LIFETIME}
    if not in_parts or one.size <= call.node.config.parts_from:
        upload: JSON = {"href": f"{call.url}/lfs/content/{_sealed(call, _SENT, claims)}", "expires_in": _LIFETIME}
    else:
        claims["upload"] = secrets.token_hex(32)
        upload = _parts(call, one, claims)
    return {**answer, "actions": {"upload": upload, "verify": verify}}


def _parts(call: Call, one: _Object, claims: dict[str, JSON]) -> JSON:
    size = max(call.node.config.part_size, -(-one.size // 9_000))
    header = {"chunk_size": str(size)}
    for number in range(1, -(-one.size // size) + 1):
        part = {**claims, "number": number, "size": min(size, one.size - (number - 1) * size)}
        header[str(number)] = f"{call.url}/lfs/parts/{_sealed(call, _PART, part)}"
    return {"href": f"{call.url}/lfs/parts/{_sealed(call, _WHOLE, claims)}", "header": header, "expires_in": _LIFETIME}


async def put_content(call: Call) -> Response:
    """Take a whole object; it is kept only if it has the size and the digest that its address names."""
    claims = _unsealed(call, _SENT)

    def work(connection: Connection) -> None:
        add_flat(connection, claims["sha256"], claims["size"])
        hold(connection, claims["repo"], [Held(claims["sha256"], claims["size"])])

    writer = await to_thread.run_sync(_writer, call, claims["sha256"], claims["size"])
    await _fill(call, writer, claims["size"])
    await to_thread.run_sync(call.node.database.transact, work)
    return nothing(200)


async def put_part(call: Call) -> Response:
    """Take one part of an object; it is kept as a blob of its own until the whole is put together."""
    claims = _unsealed(call, _PART)
    writer = await to_thread.run_sync(_writer, call, None, claims["size"])
    stored = await _fill(call, writer, claims["size"])
    row = {"upload": claims["upload"], "number": claims["number"], "sha256": stored.sha256, "size": stored.size}

    def work(connection: Connection) -> None:
        here = (upload_part.c.upload == claims["upload"], upload_part.c.number == claims["number"])
        connection.execute(delete(upload_part).where(*here))
        insert_missing(connection, upload_part, [{**row, "created": call.node.now()}])

    await to_thread.run_sync(call.node.database.transact, work)
    response = nothing(200)
    response.headers["ETag"] = f'"{stored.sha256}"'
    return response


def put_together(call: Call) -> Response:
    """Make one object of its parts."""
    claims = _unsealed(call, _WHOLE)
    done = call.json(_Done)
    node = call.node
    with node.database.read() as connection:
        rows = connection.execute(
            select(upload_part.c.number, upload_part.c.sha256)
            .where(upload_part.c.upload == claims["upload"])
            .order_by(upload_part.c.number)
        ).all()
    told = [(part.get("partNumber"), str(part.get("etag", "")).strip('"')) for part in done.parts]
    if done.oid != claims["sha256"] or told != [(row.number, row.sha256) for row in rows]:
        raise RequestError(400, "the parts named are not those that came", hint="Send the file again.")
    with node.blobs.writer(expected_sha256=claims["sha256"], expected_size=claims["size"]) as writer:
        for row in rows:
            for piece in node.blobs.iterate(row.sha256):
                writer.write(piece)
        writer.commit()

    def work(connection: Connection) -> None:
        add_flat(connection, claims["sha256"], claims["size"])
        hold(connection, claims["repo"], [Held(claims["sha256"], claims["size"])])
        connection.execute(delete(upload_part).where(upload_part.c.upload == claims["upload"]))

    node.database.transact(work)
    return nothing(200)


def get_content(call: Call) -> Response:
    """Send an object whole, or from the byte at which an earlier download broke off."""
    claims = _unsealed(call, _READ)
    sha256, size = claims["sha256"], claims["size"]
    with call.node.database.read() as connection:
        check_quarantine(connection, sha256, f"the object {sha256}")
    span = span_of(call.request.headers, f'"{sha256}"', size)
    headers = {"Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"}
    if isinstance(span, Unsatisfiable):
        raise RequestError(416, f"The object has {size:,} bytes; that range is not among them.")
    if span is not None:
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{size}"
    whole = span or Span(0, size)
    headers["Content-Length"] = str(whole.end - whole.start)
    return FileAnswer(open_content(call.node, sha256), whole, 200 if span is None else 206, headers)


def verify(call: Call) -> Response:
    """Say whether an object arrived."""
    asked = call.json(_Verify)
    with call.node.database.read() as connection:
        held = usable(connection, call.repo.id, [asked.oid] if is_sha256(asked.oid) else [], call.visible)
    if asked.oid not in held or held[asked.oid].size != asked.size:
        raise RequestError(404, f"the object {asked.oid[:64]} did not arrive", hint="Upload it again.")
    return _lfs({})


def _writer(call: Call, sha256: str | None, size: int) -> BlobWriter:
    return call.node.blobs.writer(expected_sha256=sha256, expected_size=size)


async def _fill(call: Call, writer: BlobWriter, size: int) -> Stored:
    """Write the body and commit it; hashing and writing happen in a thread while the next bytes arrive."""
    try:
        async for batch in _batches(call, size):
            await to_thread.run_sync(_write, writer, batch)
        return await to_thread.run_sync(lambda: writer.commit(expected_size=size))
    finally:
        writer.discard()


async def _batches(call: Call, size: int) -> AsyncIterator[list[bytes]]:
    held: list[bytes] = []
    waiting = 0
    async for piece in call.pieces(size):
        held.append(piece)
        waiting += len(piece)
        if waiting >= _BATCH:
            yield held
            held, waiting = [], 0
    yield held


def _write(writer: BlobWriter, batch: list[bytes]) -> None:
    for piece in batch:
        writer.write(piece)


def _sealed(call: Call, kind: str, claims: dict[str, JSON]) -> str:
    return quote(seal(call.node.config.secret, kind, {**claims, "expires": call.node.now() + _LIFETIME}))


def _unsealed(call: Call, kind: str) -> dict[str, JSON]:
    try:
        claims: dict[str, JSON] = unseal(call.node.config.secret, kind, call.params["claims"], call.node.now())
    except VerificationError as error:
        raise RequestError(403, str(error), hint=error.hint()) from None
    return claims


def _digests(asked: _Batch) -> list[str]:
    return [one.oid for one in asked.objects if is_sha256(one.oid)]


def _lfs(value: JSON) -> Response:
    response = json_answer(value)
    response.headers["Content-Type"] = _MEDIA_TYPE
    return response


routes = [
    Route("POST", "/{repo}.git/info/lfs/objects/batch", batch, Needs.READ),
    Route("POST", "/{repo}.git/info/lfs/verify", verify, Needs.READ),
    Route("GET", "/lfs/content/{claims}", get_content, Needs.ADDRESS),
    Route("PUT", "/lfs/content/{claims}", put_content, Needs.ADDRESS),
    Route("PUT", "/lfs/parts/{claims}", put_part, Needs.ADDRESS),
    Route("POST", "/lfs/parts/{claims}", put_together, Needs.ADDRESS),
]

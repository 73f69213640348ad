"""The chunk store as clients speak with it: xorbs and shards come in, the places of a file's bytes go out."""

from __future__ import annotations

import hmac
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from functools import lru_cache, partial
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection, select
from starlette.responses import Response

from assay.artifact.blob import FileBlob
from assay.canonical import JSON
from assay.errors import NoSpaceError, NotFoundError, RequestError
from assay.hub.answers import json_answer, nothing
from assay.hub.call import Call
from assay.hub.chunk_access import PREFIX, Guest, admitted, check_address, data_address
from assay.hub.conditions import Span, Unsatisfiable, span_of
from assay.hub.files_out import FileAnswer, Opened
from assay.hub.gates import check_quarantine
from assay.hub.routing import Needs, Route
from assay.store.contents import terms_of, xorb_row
from assay.store.holdings import committed
from assay.store.repos import repo_by_id
from assay.store.tables import xet_file, xet_xorb
from assay.store.xet.dedup import chunks_answer
from assay.store.xet.hashes import XetHash, parse_hash
from assay.store.xet.reconstruction import reconstruction
from assay.store.xet.shard import MAX_SHARD
from assay.store.xet.xorb import Xorb
from assay.store.xet_intake import MOST_SENT, XorbIntake, take_shard, xorbs_for

__all__ = ["routes"]

T = TypeVar("T")

_BATCH = 512 * 1024
"""Bytes that are handed to a thread at a time."""
_IN_MEMORY = 1024 * 1024
_SHARDS_AT_ONCE = CapacityLimiter(4)
_EXACT = re.compile(r"bytes=(\d{1,12})-(\d{1,12})", re.ASCII)
_KEPT_TABLES = 8
_MOST_CHUNKS = 32 * 1024
"""Of the chunks that a client is told of at once, give or take a xorb."""
_CHUNKS_LIFETIME = 3600
"""Seconds in which a client may rely on what it was told of chunks."""


async def put_xorb(call: Call) -> Response:
    """Take a xorb; every chunk is unpacked and hashed while it arrives."""
    name = parse_hash(call.params["xorb"])
    size = _announced(call, MOST_SENT)
    guest = await to_thread.run_sync(admitted, call, "write")
    sender = guest.sender(call.node.config.quota)
    begin = partial(XorbIntake, call.node.database, call.node.blobs, sender, name, size)
    with await to_thread.run_sync(_with_room, begin) as intake:
        async for batch in _batches(call, MOST_SENT):
            await to_thread.run_sync(_with_room, partial(intake.write, batch))
        new = await to_thread.run_sync(_with_room, intake.finish)
    return json_answer({"was_inserted": new})


def has_xorb(call: Call) -> Response:
    """Say whether the repo may use a xorb; one that is only in repos the caller cannot see is not there."""
    guest = admitted(call, "read")
    name = parse_hash(call.params["xorb"])
    with call.node.database.read() as connection:
        if not guest.sender(None).usable(connection, [name]):
            raise NotFoundError(f"there is no xorb {name}")
        length = connection.execute(select(xet_xorb.c.length).where(xet_xorb.c.hash == name)).scalar_one()
    return Response(b"", 200, {"Content-Length": str(length)})


def chunk(call: Call) -> Response:
    """Tell who is about to send a chunk which others need not be sent either: among those that they could read."""
    sender = admitted(call, "write").sender(call.node.config.quota)
    name = parse_hash(call.params["chunk"])
    xorbs: list[Xorb] = []
    with call.node.database.read() as connection:
        for found in xorbs_for(connection, sender, name):
            if sum(len(xorb.chunks) for xorb in xorbs) < _MOST_CHUNKS:
                xorbs.append(xorb_row(connection, found)[1])
    if not xorbs:
        raise NotFoundError(f"there is no chunk {name}")
    key, now = hmac.digest(call.node.config.secret, b"xet chunks/1", "sha256"), call.node.now()
    answer = chunks_answer(xorbs, key, now=now, expires=now + _CHUNKS_LIFETIME)
    return Response(answer, media_type="application/octet-stream")


async def put_shard(call: Call) -> Response:
    """Take a shard; its files are known once every claim about them was computed again."""
    size = _announced(call, MAX_SHARD)
    guest = await to_thread.run_sync(admitted, call, "write")
    sender = guest.sender(call.node.config.quota)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as kept:
        async for batch in _batches(call, size):
            await to_thread.run_sync(kept.writelines, batch)
        kept.flush()
        blob = FileBlob(kept.fileno(), kept.tell())
        take = partial(take_shard, call.node.database, call.node.blobs, sender, blob)
        new = await to_thread.run_sync(_with_room, take, limiter=_SHARDS_AT_ONCE)
    return json_answer({"result": int(new)})


def where(call: Call) -> Response:
    """Say where the bytes of a file are, or those of a range of it."""
    guest = admitted(call, "read")
    name = parse_hash(call.params["file"])
    with call.node.database.read() as connection:
        size = _readable_size(connection, guest, name)
        span = span_of(call.request.headers, "", size)
        if isinstance(span, Unsatisfiable):
            raise RequestError(416, f"file {name} has {size:,} bytes; that range is not among them")
        start, end = (0, size) if span is None else span

        @lru_cache(maxsize=_KEPT_TABLES)
        def table(xorb: XetHash) -> Xorb:
            return xorb_row(connection, xorb)[1]

        sign = partial(data_address, call, guest.repo)
        found: JSON = reconstruction(terms_of(connection, name), table, sign, start=start, end=end)
    return json_answer(found)


def _readable_size(connection: Connection, guest: Guest, name: XetHash) -> int:
    """Return the size in bytes of a file that is in a commit of the guest's repo.

    Raises:
        NotFoundError: it is in none, or nowhere.
        RequestError: nobody may have it.
    """
    row = connection.execute(select(xet_file.c.sha256, xet_file.c.size).where(xet_file.c.hash == name)).first()
    if row is None or not committed(connection, guest.repo.id, [row.sha256]):
        raise NotFoundError(f"there is no file {name}")
    check_quarantine(connection, row.sha256, f"file {name}")
    return int(row.size)


def data(call: Call) -> Response:
    """Send the bytes for which an address was signed; each is checked before it leaves."""
    name = parse_hash(call.params["xorb"])
    exact = _EXACT.fullmatch(call.request.headers.get("range", ""))
    if exact is None:
        raise RequestError(403, "this address is for one range of bytes, which is to be named")
    first, last = int(exact[1]), int(exact[2])
    repo_id = check_address(call, call.params["claims"], name, first, last)
    with call.node.database.read() as connection:
        if repo_by_id(connection, repo_id) is None:
            raise RequestError(403, "the repo of this address is gone")
        sha256, xorb = xorb_row(connection, name)
    headers = {
        "Content-Range": f"bytes {first}-{last}/{xorb.length}",
        "Content-Length": str(last + 1 - first),
        "Content-Type": "application/octet-stream",
    }
    with ExitStack() as stack:
        blob = stack.enter_context(call.node.blobs.open(sha256))
        path = call.node.blobs.local_path(sha256)
        file = None if path is None else stack.enter_context(path.open("rb", buffering=0))
        opened = Opened(blob, file, stack.pop_all())
    return FileAnswer(opened, Span(first, last + 1), 206, headers)


def telemetry(_call: Call) -> Response:
    """Take what clients tell of themselves, and forget it."""
    return nothing()


def not_spoken(_call: Call) -> Response:
    """Answer as clients need it to go on with an older form of the protocol."""
    raise NotFoundError("this hub speaks version 1 of the protocol here")


def _announced(call: Call, most: int) -> int:
    """Return the length of the body in bytes.

    Raises:
        RequestError: it is not announced, or is more than `most`.
    """
    text = call.request.headers.get("content-length", "")
    if not text.isascii() or not text.isdigit():
        raise RequestError(411, "the length of the body must be announced")
    if len(text) > 18 or int(text) > most:
        raise RequestError(413, f"the body has more than the {most:,} bytes that this route takes")
    return int(text)


async def _batches(call: Call, most: int) -> AsyncIterator[list[bytes]]:
    held: list[bytes] = []
    waiting = 0
    async for piece in call.pieces(most):
        held.append(piece)
        waiting += len(piece)
        if waiting >= _BATCH:
            yield held
            held, waiting = [], 0
    yield held


def _with_room(work: Callable[[], T]) -> T:
    """Return what `work` does; clients try again for minutes where a status above 499 says that there is no room."""
    try:
        return work()
    except NoSpaceError as error:
        raise RequestError(413, str(error), hint=error.hint()) from error


_NOT_SPOKEN = (
    ("POST", "/v2/shards"),
    ("GET", "/v2/reconstructions/{file}"),
    ("GET", "/v2/file-chunk-hashes/{file}"),
    ("POST", "/v1/xorb-grants/default/{xorb}"),
)

routes = [
    Route("POST", f"{PREFIX}/v1/xorbs/default/{{xorb}}", put_xorb, Needs.ADDRESS),
    Route("HEAD", f"{PREFIX}/v1/xorbs/default/{{xorb}}", has_xorb, Needs.ADDRESS),
    Route("GET", f"{PREFIX}/v1/chunks/default/{{chunk}}", chunk, Needs.ADDRESS),
    Route("POST", f"{PREFIX}/v1/shards", put_shard, Needs.ADDRESS),
    Route("GET", f"{PREFIX}/v1/reconstructions/{{file}}", where, Needs.ADDRESS),
    Route("GET", f"{PREFIX}/data/{{xorb}}/{{claims}}", data, Needs.ADDRESS),
    Route("POST", "/v1/telemetry", telemetry, Needs.ADDRESS),
    *(Route(method, PREFIX + path, not_spoken, Needs.ADDRESS) for method, path in _NOT_SPOKEN),
]

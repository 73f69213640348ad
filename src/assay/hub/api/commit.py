"""Commits, sent as one JSON object per line: read as they come, so that memory does not grow with what is sent."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
from anyio import to_thread
from starlette.responses import Response

from assay.errors import RequestError
from assay.hub.accounts.roles import Role
from assay.hub.answers import json_answer
from assay.hub.call import Call
from assay.hub.committing import Draft, branch_ref, push
from assay.hub.routing import Needs, Route
from assay.store.git.commits import MAX_BLOB

__all__ = ["routes"]

_LONGEST_LINE = MAX_BLOB // 3 * 4 + 64 * 1024
_MOST = 1024**3
"""Bytes of all lines of a commit."""
_BATCH = 1024 * 1024


class _Line(msgspec.Struct):
    key: str
    value: dict[str, Any]


_DECODER = msgspec.json.Decoder(_Line)


async def commit(call: Call) -> Response:
    """Take the lines of a commit and make it."""
    if call.flag("create_pr"):
        raise RequestError(400, "This hub has no pull requests yet.", hint="Push to a branch instead.")
    draft = Draft(call.node, call.repo, call.caller)
    async for lines in _batches(call):
        await to_thread.run_sync(_take, draft, lines)
    if not draft.message:
        raise RequestError(400, "The commit has no header line.", hint="Send a line with the key 'header' first.")
    oid = await to_thread.run_sync(push, draft, branch_ref(call.params["revision"]))
    return json_answer(
        {
            "success": True,
            "commitOid": oid,
            "commitUrl": f"{call.url}{call.repo.path}/commit/{oid}",
            "hookOutput": "",
        }
    )


async def _batches(call: Call) -> AsyncIterator[list[bytes]]:
    """Yield whole lines, about a MiB of them at a time."""
    held = bytearray()
    lines: list[bytes] = []
    size = 0
    async for piece in call.pieces(_MOST):
        held += piece
        if b"\n" in piece:
            *whole, rest = held.split(b"\n")
            lines += map(bytes, whole)
            size += len(held) - len(rest)
            held = bytearray(rest)
        if len(held) > _LONGEST_LINE:
            raise RequestError(
                413,
                f"a line of the commit has more than {_LONGEST_LINE:,} bytes",
                hint="Send large files by LFS or Xet.",
            )
        if size > _BATCH:
            yield lines
            lines, size = [], 0
    yield [*lines, bytes(held)]


def _take(draft: Draft, lines: list[bytes]) -> None:
    for number, line in _numbered(lines):
        try:
            said = _DECODER.decode(line)
            _apply(draft, said.key, said.value)
        except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError, binascii.Error) as error:
            raise RequestError(400, f"line {number} of this part of the commit makes no sense: {error}") from None


def _numbered(lines: list[bytes]) -> Iterator[tuple[int, bytes]]:
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def _apply(draft: Draft, key: str, value: dict[str, Any]) -> None:
    if key == "header":
        draft.entitle(_text(value, "summary"), _text(value, "description", ""), value.get("parentCommit") or None)
    elif key == "file":
        content = value["content"]
        plain = value.get("encoding", "base64") != "base64"
        draft.write(_text(value, "path"), content.encode() if plain else base64.b64decode(content, validate=True))
    elif key == "lfsFile":
        if value.get("algo", "sha256") != "sha256":
            raise TypeError("large files are named by sha256")
        size = value.get("size")
        if size is not None and (not isinstance(size, int) or size < 0):
            raise TypeError("size is a whole number of bytes")
        draft.link(_text(value, "path"), _text(value, "oid"), size)
    elif key in ("deletedFile", "deletedFolder"):
        draft.delete(_text(value, "path"), folder=key == "deletedFolder")
    else:
        raise TypeError(f"the key {key[:40]!r} is not known")


def _text(value: dict[str, Any], name: str, default: str | None = None) -> str:
    found = value[name] if default is None else value.get(name) or default
    if not isinstance(found, str):
        raise TypeError(f"{name} is no text")
    return found


routes = [Route("POST", "/api/{api_repo}/commit/{revision}", commit, Needs.WRITE, Role.WRITE)]

"""Single compressed streams (gzip, bzip2, xz, zlib …): unpacked within limits, and what lies inside read as a file."""

from __future__ import annotations

import re

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.magic_containers import compression
from assay.artifact.notes import Notes
from assay.artifact.observation import Observation
from assay.artifact.streams import METHODS, unpack
from assay.artifact.text.documents import clean
from assay.canonical import JSON
from assay.errors import ReadError

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "compressed"
VERSION = 3

_JOBLIB_HEAD = 21
"""Bytes before the stream in joblib's first compressed form: `ZF` and the length in hex, padded."""
_SUFFIX = re.compile(r"\.(?:gz|bz2|xz|lzma|z|zz|zlib|zst|lz4)\Z", re.IGNORECASE)
_TAR_SUFFIX = re.compile(r"\.t(?:gz|bz2?|xz|lz)\Z", re.IGNORECASE)
_FNAME = 0x08
_UNPACK = "unpack it with a tool of its own, and scan what was in it"
_NO_MARK = f"cannot be told from noise, as no mark begins what brotli compresses: {_UNPACK}"


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return what the stream holds as its one member, as far as it can be unpacked.

    Facts: `method`, `size` (unpacked bytes), `streams`, `name` (the file name a gzip header gives, or null). What the
    standard library of every version cannot unpack (zstd, brotli, rar …) is incomplete.

    Raises:
        ReadError: the bytes are no compressed stream.
    """
    head = blob.read_at(0, 4096)
    method = compression(head)
    if method is None:
        raise ReadError(_NO_MARK if path.lower().endswith(".br") else "is no compressed stream", offset=0)
    notes = Notes(FORMAT, VERSION, budget, depth)
    facts: dict[str, JSON] = {"method": method, "size": 0, "streams": 0, "name": None}
    start = _JOBLIB_HEAD if method == "joblib" else 0
    if method != "joblib" and method not in METHODS:
        notes.stop("unsupported", f"is compressed by {method}, which is not unpacked here: {_UNPACK}")
        return notes.observation(facts)
    name = _stored_name(head) if method == "gzip" else None
    if name is not None:
        facts["name"] = name
        parts = name.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "":
            notes.problem("traversal", f"{name!r} would be unpacked outside the folder", 10)
    with notes.until_broken():
        unpacked = unpack(blob, "zlib" if method == "joblib" else method, budget, start)
        facts |= {"size": unpacked.size, "streams": unpacked.streams}
        notes.problems += unpacked.problems
        notes.complete = unpacked.complete
        budget.take_bytes(min(4096, unpacked.size))
        if unpacked.size:
            notes.member(_inner(path), unpacked)
    return notes.observation(facts)


def _inner(path: str) -> str:
    name = path.rsplit("/", 1)[-1]
    shorter = _TAR_SUFFIX.sub(".tar", _SUFFIX.sub("", name))
    return shorter or name or "content"


def _stored_name(head: bytes) -> str | None:
    """Return the name in a gzip header (RFC 1952), without going past an extra field; at most 200 characters."""
    if len(head) < 12 or not head[3] & _FNAME:
        return None
    at = 10
    if head[3] & 0x04:
        at += 2 + int.from_bytes(head[10:12], "little")
    end = head.find(b"\0", at)
    return clean(head[at : end if end >= 0 else len(head)][:200].decode("latin-1"))

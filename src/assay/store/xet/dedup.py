"""What a client is told when it asks for a chunk: what else is stored beside it, so that none of it is sent again.

The answer is a shard without files, with a footer: a client gives up its upload over an answer that it cannot read. Its
chunk hashes are keyed: a client finds the chunks that it has itself in it, and learns of no others.
Source: the Xet protocol specification (huggingface.co/docs/xet/deduplication).
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct

from blake3 import blake3

from assay.store.xet.hashes import XetHash, digest_of, hash_of
from assay.store.xet.shard import ChunkInfo, XorbInfo, write_shard
from assay.store.xet.xorb import Xorb

__all__ = ["chunks_answer", "is_asked_for", "keyed"]

_ONE_IN = 1024
_FOOTER_SIZE = slice(40, 48)
"""Place of the length of the footer in the header."""
_FOOTER = Struct("<9Q32s2Q48x4Q")
"""Version; where files and xorbs begin; place and length of three lookup tables; key, time, expiry; sums; own place."""
_HEADER = _RECORD = 48


def is_asked_for(chunk: XetHash) -> bool:
    """Say whether clients may ask for this chunk wherever in a file they meet it.

    Besides, they ask for the first chunk of each file. Between two that they ask for lie at least 255 others.
    """
    return int(chunk[48:], 16) % _ONE_IN == 0


def keyed(chunk: XetHash, key: bytes) -> XetHash:
    """Return the form of a chunk's hash in an answer that was made with a key of 32 bytes."""
    return hash_of(blake3(digest_of(chunk), key=key).digest())


def chunks_answer(xorbs: Iterable[Xorb], key: bytes, *, now: int, expires: int) -> bytes:
    """Return the answer that lists all chunks of `xorbs`; times are in seconds since 1970, the key has 32 bytes.

    Clients use it whether or not the chunk that they asked for is in it.
    """
    infos = [_info(xorb, key) for xorb in xorbs]
    body = bytearray(write_shard([], infos))
    body[_FOOTER_SIZE] = _FOOTER.size.to_bytes(8, "little")
    end = len(body)
    tables = (end, 0) * 3  # empty: clients then read the records themselves
    sums = (sum(info.length for info in infos), 0, sum(info.size for info in infos))
    return bytes(body) + _FOOTER.pack(1, _HEADER, _HEADER + _RECORD, *tables, key, now, expires, *sums, end)


def _info(xorb: Xorb, key: bytes) -> XorbInfo:
    chunks = tuple(ChunkInfo(keyed(chunk.hash, key), chunk.start, chunk.size) for chunk in xorb.chunks)
    last = xorb.chunks[-1]
    return XorbInfo(xorb.hash, chunks, last.start + last.size, xorb.length)

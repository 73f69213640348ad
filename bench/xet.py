"""How fast what a client uploads is checked, beside the hashing and unpacking that this cannot do without.

    python bench/xet.py [--quick]

Inputs are made in memory: one xorb of about 64 MiB for each way a client packs chunks, and a file made of all its
chunks. Measured: read and hash the xorb as it arrives in pieces of 1 MiB, then verify the file against its shard entry
(range hashes, file hash, sha256). Rival: from the same bytes in memory, with the place of each chunk known beforehand,
unpack all chunks, then BLAKE3 over all, then SHA-256 over all, one after another, runs alternating.
A value is the rival's time divided by ours: 1 is as fast, more is faster.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import sys
import time
from typing import NamedTuple

from blake3 import blake3

from assay.artifact.blob import BytesBlob
from assay.store.xet.files import verify_file
from assay.store.xet.hashes import file_hash, range_hash, xorb_hash
from assay.store.xet.shard import FileInfo, Term
from assay.store.xet.xorb import Scheme, read_xorb, unpack_chunk, write_xorb

FULL, QUICK = 64 << 20, 2 << 20
SIZES = (40_000, 65_536, 91_000, 8_192, 131_072)
TARGET = 0.9


class Upload(NamedTuple):
    """A xorb as sent, and a file that has all its chunks."""

    body: bytes
    file: FileInfo


def noise(size: int) -> bytes:
    return os.urandom(size)


def text(size: int) -> bytes:
    lines = b"".join(b"model.layers.%d.mlp.weight %x\n" % (number % 97, number * number) for number in range(80_000))
    return (lines * (size // len(lines) + 1))[:size]


def weights(size: int) -> bytes:
    """Return 32-bit floats of like magnitude: every fourth byte has few values."""
    plain = bytearray(os.urandom(size))
    plain[3::4] = (b"\x3c\xbc\x3b\xbb\x3a" * size)[: len(plain[3::4])]
    return bytes(plain)


def chunked(data: bytes) -> list[bytes]:
    """Return `data` in chunks of sizes as clients cut them."""
    chunks, at = [], 0
    while at < len(data):
        size = SIZES[len(chunks) % len(SIZES)]
        chunks.append(data[at : at + size])
        at += size
    return chunks


def upload(data: bytes, scheme: Scheme) -> Upload:
    body = write_xorb(chunked(data), scheme)
    xorb = read_xorb(BytesBlob(body))
    leaves = [(chunk.hash, chunk.size) for chunk in xorb.chunks]
    term = Term(xorb.hash, 0, len(leaves), len(data))
    ranges = (range_hash(name for name, _ in leaves),)
    return Upload(body, FileInfo(file_hash(xorb_hash(leaves)), (term,), ranges, hashlib.sha256(data).hexdigest()))


def ours(sent: Upload) -> float:
    """Check xorb and file in one pass; return the seconds it took."""
    started = time.perf_counter()
    blob = BytesBlob(sent.body)
    verify_file(sent.file, lambda _: blob, lambda _: None)
    return time.perf_counter() - started


def rival(sent: Upload) -> float:
    """Unpack, hash, and hash again; return the seconds it took."""
    places = [(chunk.offset, chunk.end) for chunk in read_xorb(BytesBlob(sent.body)).chunks]
    key, hasher = bytes(32), hashlib.sha256()
    started = time.perf_counter()
    for offset, end in places:
        data = unpack_chunk(sent.body[offset:end])
        blake3(data, key=key).digest()
        hasher.update(data)
    return time.perf_counter() - started


def main() -> int:
    """Measure, print one JSON line, return 1 when the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small inputs, one run, no target judged")
    quick = parser.parse_args().quick
    runs, size = (1, QUICK) if quick else (9, FULL)
    kinds = {
        "chunks stored as they are": upload(noise(size), Scheme.NONE),
        "text packed by LZ4": upload(text(size), Scheme.LZ4),
        "weights packed by LZ4 in byte groups": upload(weights(size), Scheme.GROUPED_LZ4),
    }
    figures = []
    for name, sent in kinds.items():
        ours(sent)
        pairs = [(rival(sent), ours(sent)) for _ in range(runs)]
        value = statistics.median(theirs / mine for theirs, mine in pairs)
        print(f"{name}: {size / statistics.median(mine for _, mine in pairs) / 1e6:,.0f} MB/s", file=sys.stderr)
        figures.append((name, value))
    lines = [
        {"name": name, "value": round(value, 3), "unit": "x blake3+lz4+sha256", "target": f">= {TARGET}",
         "met": None if quick else value >= TARGET}
        for name, value in figures
    ]  # fmt: skip
    print(json.dumps({"bench": "xet", "figures": lines}))
    return int(any(line["met"] is False for line in lines))


if __name__ == "__main__":
    raise SystemExit(main())

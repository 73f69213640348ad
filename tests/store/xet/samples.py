"""Xorbs and files of chunks, built in code: a file is a list of pieces, laid over as many xorbs as a test wants."""

import hashlib
import random
from typing import NamedTuple

from assay.artifact.blob import BytesBlob
from assay.store.xet.files import StoredXorb
from assay.store.xet.hashes import XetHash, chunk_hash, file_hash, range_hash, xorb_hash
from assay.store.xet.shard import FileInfo, Term
from assay.store.xet.xorb import Scheme, read_xorb, write_xorb


def noise(size, seed=0):
    return random.Random(seed).randbytes(size)


def words(size, seed=0):
    rng = random.Random(seed)
    return b" ".join(rng.choice((b"attention", b"layer", b"weight", b"bias")) for _ in range(size // 4))[:size]


def floats(size, seed=0):
    """Bytes that are alike at every fourth place."""
    return b"".join(bytes((part & 0xFF, part >> 8 & 3, 0x80, 0x3C)) for part in noise(size // 4 + 1, seed))[:size]


def stored(chunks, scheme=Scheme.LZ4):
    body = write_xorb(chunks, scheme)
    return StoredXorb(BytesBlob(body), read_xorb(BytesBlob(body)))


class Laid(NamedTuple):
    """A file, the shard entry that is true of it, and the xorbs it lies in."""

    data: bytes
    info: FileInfo
    xorbs: dict[XetHash, StoredXorb]

    def fetch(self, name):
        return self.xorbs[name]

    def with_info(self, **changes):
        fields = {name: getattr(self.info, name) for name in ("hash", "terms", "ranges", "sha256")}
        return FileInfo(**{**fields, **changes})


def laid(xorbs, runs):
    """Return the file that takes, for each (xorb, first, end) of `runs`, these chunks of `xorbs`, lists of bytes."""
    kept = [stored(chunks, scheme) for chunks, scheme in zip(xorbs, [*Scheme] * len(xorbs), strict=False)]
    parts = [xorbs[number][first:end] for number, first, end in runs]
    hashes = [[chunk_hash(chunk) for chunk in part] for part in parts]
    leaves = [(chunk_hash(chunk), len(chunk)) for part in parts for chunk in part]
    data = b"".join(chunk for part in parts for chunk in part)
    terms = tuple(
        Term(kept[number].xorb.hash, first, end, sum(map(len, part)))
        for (number, first, end), part in zip(runs, parts, strict=True)
    )
    info = FileInfo(
        file_hash(xorb_hash(leaves)), terms, tuple(map(range_hash, hashes)), hashlib.sha256(data).hexdigest()
    )
    return Laid(data, info, {one.xorb.hash: one for one in kept})


def usual():
    """Return a file of five terms over three xorbs, one packed by each scheme, with runs that touch and repeat."""
    xorbs = [
        [noise(700 + 13 * number, number) for number in range(6)],
        [words(900 + 7 * number, number) for number in range(9)],
        [floats(801 + number, number) for number in range(7)],
    ]
    return laid(xorbs, [(1, 2, 5), (0, 0, 6), (2, 3, 4), (1, 5, 8), (2, 1, 4)])

"""How much work the blob store is, beside what no store that checks and syncs its bytes can do without.

    python bench/blobs.py [--quick]

Inputs are made in a temporary folder: 1 GB of noise in 24 files of one size, in the page cache. Each run is a process
of its own, on the same file system, the two of a pair one right after the other and in changing order.
Write: read a file into one buffer of 4 MiB again and again, give it to `BlobStore.writer` with its digest claimed,
then commit. Rival: fill the same buffer, update `hashlib.sha256`, write it to a plain file, `fsync` that, compare the
digest.
Read: all blobs through `iterate(0, size - 1)`, as a range is read, which checks the digest of each piece; and whole
through `iterate`, which also computes the SHA-256. Rivals: `os.pread` of the same files in pieces of 1 MiB, and the
same with SHA-256. A read is done once before it counts, then several times: in a fresh process the first pass mostly
measures how memory is first allocated, on both sides, and would hide what checking costs.
Each value is the median over pairs of the CPU time of ours divided by the rival's, user and system time together;
starting Python is not counted.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from assay.store.blobs import BlobStore, open_blobs

MIB = 1 << 20
FILES, FULL, QUICK = 24, 1 << 30, 24 << 20


class Cost(NamedTuple):
    """What one run took, in seconds."""

    wall: float
    cpu: float


def inputs(folder: Path) -> list[Path]:
    return sorted(folder.joinpath("in").iterdir())


def filled(source: Path, buffer: bytearray) -> Iterator[memoryview]:
    """Read a file into `buffer` again and again."""
    with source.open("rb", buffering=0) as file, memoryview(buffer) as view:
        while got := file.readinto(buffer):
            yield view[:got]


def plain_write(folder: Path) -> None:
    target, buffer = folder / "plain", bytearray(4 * MIB)
    target.mkdir()
    for source in inputs(folder):
        hasher = hashlib.sha256()
        with (target / source.name).open("wb", buffering=0) as out:
            for piece in filled(source, buffer):
                hasher.update(piece)
                out.write(piece)
            os.fsync(out.fileno())
        if hasher.hexdigest() != source.name:
            raise SystemExit(f"{source} changed")


def store_write(folder: Path) -> None:
    store, buffer = open_blobs(folder / "blobs"), bytearray(4 * MIB)
    for source in inputs(folder):
        claims = {"expected_sha256": source.name, "expected_size": source.stat().st_size}
        with store.writer(**claims) as writer:
            for piece in filled(source, buffer):
                writer.write(piece)
            writer.commit()


def preads(source: Path) -> Iterator[bytes]:
    with source.open("rb", buffering=0) as file:
        offset = 0
        while piece := os.pread(file.fileno(), MIB, offset):
            yield piece
            offset += len(piece)


def hashed_preads(source: Path) -> Iterator[bytes]:
    hasher = hashlib.sha256()
    for piece in preads(source):
        hasher.update(piece)
        yield piece
    if hasher.hexdigest() != source.name:
        raise SystemExit(f"{source} changed")


def counted(source: Path, pieces: Iterable[bytes], short: int = 0) -> None:
    """Read to the end; a reader that left something out must not look fast."""
    if sum(map(len, pieces)) != source.stat().st_size - short:
        raise SystemExit(f"{source} was not read as asked")


def plain_read(folder: Path) -> None:
    for source in inputs(folder):
        counted(source, preads(source))


def hashed_read(folder: Path) -> None:
    for source in inputs(folder):
        counted(source, hashed_preads(source))


def kept(folder: Path) -> BlobStore:
    return open_blobs(folder / "kept")


def checked_read(folder: Path) -> None:
    store = kept(folder)
    for source in inputs(folder):
        counted(source, store.iterate(source.name, 0, source.stat().st_size - 1), short=1)


def whole_read(folder: Path) -> None:
    store = kept(folder)
    for source in inputs(folder):
        counted(source, store.iterate(source.name))


WRITES = {work.__name__: work for work in (plain_write, store_write)}
READS = {work.__name__: work for work in (plain_read, hashed_read, checked_read, whole_read)}
PASSES = 4
"""How often a read is done to be measured."""


def once(name: str, folder: Path) -> None:
    """Do one kind of work and print what it took."""
    work, passes = (WRITES[name], 1) if name in WRITES else (READS[name], PASSES)
    if name in READS:
        work(folder)
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    for _ in range(passes):
        work(folder)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps([wall / passes, cpu / passes]))


def measure(name: str, folder: Path) -> Cost:
    """Do one kind of work in a process of its own, and remove what it wrote."""
    command = [sys.executable, __file__, "--once", name, str(folder)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for left in ("plain", "blobs"):
        shutil.rmtree(folder / left, ignore_errors=True)
    os.sync()  # the next run must not pay for this one's pages
    return Cost(*json.loads(out))


def ratio(ours: str, rival: str, folder: Path, runs: int) -> float:
    """Return the median over pairs of the CPU time of ours divided by the rival's."""
    pairs = []
    for run in range(runs):
        order = (ours, rival) if run % 2 == 0 else (rival, ours)
        costs = {name: measure(name, folder) for name in order}
        pairs.append((costs[ours], costs[rival]))
    for name, costs in ((ours, [pair[0] for pair in pairs]), (rival, [pair[1] for pair in pairs])):
        wall, cpu = (statistics.median(values) for values in zip(*costs, strict=True))
        print(f"{name}: {wall:.2f} s, CPU {cpu:.2f} s", file=sys.stderr)
    return statistics.median(mine.cpu / theirs.cpu for mine, theirs in pairs)


def prepare(folder: Path, size: int) -> None:
    """Write the input files, each named by its digest, and keep them once."""
    folder.joinpath("in").mkdir()
    for _ in range(FILES):
        data = os.urandom(size // FILES)
        folder.joinpath("in", hashlib.sha256(data).hexdigest()).write_bytes(data)
        with kept(folder).writer() as writer:
            writer.write(data)
            writer.commit()


def main() -> int:
    """Measure, print one JSON line, return 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small inputs, one run, no target judged")
    parser.add_argument("--once", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.once:
        once(asked.once[0], Path(asked.once[1]))
        return 0
    runs, size = (1, QUICK) if asked.quick else (7, FULL)
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        folder = Path(name)
        prepare(folder, size)
        figures = [
            ("blob store write, CPU", ratio("store_write", "plain_write", folder, runs), "x read+sha256+write", 1.25),
            ("checked read of a range, CPU", ratio("checked_read", "plain_read", folder, runs), "x pread", 2.0),
            (
                "checked read of a whole blob, CPU",
                ratio("whole_read", "hashed_read", folder, runs),
                "x pread+sha256",
                1.2,
            ),
        ]
    lines = [
        {"name": name, "value": round(value, 3), "unit": unit, "target": f"<= {target}",
         "met": None if asked.quick else value <= target}
        for name, value, unit, target in figures
    ]  # fmt: skip
    print(json.dumps({"bench": "blobs", "figures": lines}))
    return int(any(line["met"] is False for line in lines))


if __name__ == "__main__":
    raise SystemExit(main())

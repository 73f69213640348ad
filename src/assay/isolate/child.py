"""The process that reads: it takes a job from a pipe, shuts itself in, assesses, and sends back one statement."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from assay import errors
from assay.artifact.blob import Blob
from assay.artifact.budget import Budget, Limits
from assay.artifact.observation import Observation
from assay.artifact.readers import readers
from assay.artifact.sources import Entry, Source
from assay.artifact.sources.local import LocalSource, open_local
from assay.assess import assess, reassess
from assay.assessment import Remembered
from assay.canonical import JSON
from assay.checks import checks
from assay.checks.packs import RulePack, parse_pack
from assay.isolate import sandbox
from assay.isolate.frames import Kind, error_from_json, error_to_json, read_frame, write_frame
from assay.rules import rules_digest

__all__ = ["NATIVE", "Wire", "load", "main", "open_wire"]

NATIVE = ("_opcode", "binascii", "bz2", "lzma", "pyexpat")
"""Modules that readers import and that load libraries of the system."""


class ServedSource:
    """A source that the parent holds: this side only asks for ranges of bytes."""

    def __init__(self, job: dict[str, JSON], wire: Wire) -> None:
        self.whole = bool(job["whole"])
        self.kind = str(job["kind"])
        self.name = str(job["name"])
        self.git_commit: str | None = job["git_commit"]
        self._entries = [Entry(*entry) for entry in job["entries"]]
        self._index = {entry.path: index for index, entry in enumerate(self._entries)}
        self._wire = wire

    def entries(self) -> list[Entry]:
        """Return what the parent listed."""
        return self._entries

    @contextmanager
    def open(self, entry: Entry) -> Iterator[Blob]:
        """Return a blob whose bytes come through the pipe."""
        yield _ServedBlob(self._index[entry.path], entry.size, self._wire)


class _ServedBlob:
    def __init__(self, index: int, size: int, wire: Wire) -> None:
        self._index = index
        self.size = size
        self._wire = wire

    def read_at(self, offset: int, length: int) -> bytes:
        length = max(0, min(length, self.size - offset))
        return self._wire.want(self._index, offset, length) if length else b""


class Wire:
    """The child's end of the two pipes."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing

    def job(self) -> dict[str, JSON] | None:
        """Return the job; None when the parent has gone."""
        frame = read_frame(self._incoming.read)
        return None if frame is None else dict(frame.json())

    def want(self, index: int, offset: int, length: int) -> bytes:
        """Ask the parent for bytes.

        Raises:
            AssayError: what the parent met when it fetched them.
        """
        write_frame(self._outgoing, Kind.WANT, [index, offset, length])
        frame = read_frame(self._incoming.read)
        if frame is None:
            raise SystemExit(1)  # the parent has gone; nobody is left to be told
        if frame.kind is Kind.ERROR:
            raise error_from_json(frame.json())
        return frame.body

    def send(self, kind: Kind, body: bytes | JSON) -> None:
        """Send one frame."""
        write_frame(self._outgoing, kind, body)


def open_wire() -> Wire:
    """Return the pipes to the parent; what is printed by accident from now on cannot land among the frames."""
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return Wire(sys.stdin.buffer, outgoing)


def load() -> None:
    """Load what cannot be loaded once the doors are closed.

    Readers are imported when they are needed, from files that stay readable; the system's libraries that some of them
    use lie elsewhere.
    """
    for name in NATIVE:
        importlib.import_module(name)
    readers(), checks(), rules_digest()


def main() -> None:
    """Serve one job and exit; of jobs to judge again, which read no file, serve all that come."""
    wire = open_wire()
    load()
    job = wire.job()
    if job is None:
        return
    try:
        _serve(job, wire)
    except errors.AssayError as error:
        wire.send(Kind.ERROR, error_to_json(error))
    except MemoryError:
        limit = job["memory"] // (1024 * 1024)
        wire.send(Kind.ERROR, error_to_json(errors.IsolationError(f"ran out of memory ({limit:,} MiB)")))


def _serve(job: dict[str, JSON], wire: Wire) -> None:
    source: Source | None = None
    readable = [*map(Path, sys.path), Path(sys.base_prefix)]
    if "local" in job:
        source = local = open_local(Path(job["local"]))
        readable += _roots(local)
    elif "served" in job:
        source = ServedSource(job["served"], wire)
    sandbox.limit_resources(memory=job["memory"], cpu_seconds=job["cpu_seconds"])
    isolation = sandbox.enter(readable)
    if job["require_isolation"] and isolation == "not isolated":
        raise errors.IsolationError("this platform offers no isolation", hint="Run on Linux, or allow it on purpose.")
    if source is None:
        _judge_again(job, wire, isolation)
        return
    known = _known(job)
    limits = Limits(Budget(**job["limits"]["file"]), Budget(**job["limits"]["revision"]))
    result = assess(
        source,
        limits=limits,
        known=known,
        on_file=lambda path, size: wire.send(Kind.FILE, [path, size]),
        expendable=True,
        packs=_packs(job),
    )
    fresh = {key: observation.to_json() for key, observation in result.fresh.items()}
    wire.send(Kind.FRESH, {"isolation": isolation, "fresh": fresh if job["want_fresh"] else {}})
    wire.send(Kind.STATEMENT, result.statement)


def _judge_again(first: dict[str, JSON], wire: Wire, isolation: str) -> None:
    job: dict[str, JSON] | None = first
    while job is not None:
        packs = _packs(job)
        said = [
            reassess(Remembered(one["name"], one["git_commit"], one["earlier"], _known(one)), packs)
            for one in job["again"]
        ]
        wire.send(Kind.FRESH, {"isolation": isolation, "fresh": {}})
        for statement in said:
            wire.send(Kind.STATEMENT, statement)
        job = wire.job()


def _packs(job: dict[str, JSON]) -> list[RulePack]:
    return [parse_pack(text.encode()) for text in job["packs"]]


def _known(job: dict[str, JSON]) -> dict[str, Observation]:
    return {key: Observation.from_json(value) for key, value in job["known"].items()}


def _roots(source: LocalSource) -> list[Path]:
    return [source.root] if source.blobs is None else [source.root, source.blobs]


if __name__ == "__main__":
    main()

"""The journal of a run: the sample log as it grows, so that a run that was killed goes on where it stood.

A folder holds `plan.json`, what is run on what and how; `samples.jsonl`, a line for each sample answered;
`spent.json`, what that took so far. Once all are answered, the log is named by its digest and the other two are gone.
`attempts` has a line for each run that was begun there, so that a result can say the how manyth it is.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

from assay.canonical import JSON, canonical_json, sha256_hex
from assay.errors import EvaluationError

__all__ = ["Journal", "Spent", "log_place"]

_PLAN, _SAMPLES, _SPENT, _ATTEMPTS = "plan.json", "samples.jsonl", "spent.json", "attempts"
_INTERVAL = 2.0
"""Seconds between two times that what was written is forced to disk: what a loss of power can cost."""
_PIECE = 1024 * 1024


class Spent(NamedTuple):
    """What a run took so far, in seconds."""

    wall: float = 0.0
    cpu: float = 0.0

    def plus(self, wall: float, cpu: float) -> Spent:
        """Return what it took with this added."""
        return Spent(self.wall + wall, self.cpu + cpu)


class Journal:
    """Writes into `folder`, which is made; for one run at a time."""

    def __init__(self, folder: Path, *, interval: float = _INTERVAL) -> None:
        self.folder = folder
        self._interval = interval
        self._synced = time.monotonic()
        self._file: BinaryIO | None = None
        self._kept = 0
        self.attempt = 0
        """Which of the runs that were begun in this folder it is, from 1."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self, plan: dict[str, JSON], batch: int) -> Spent:
        """Begin the run `plan`, or go on with it, and return what it took before.

        Only whole batches are kept: those that follow are then the same as if nothing had happened.

        Raises:
            EvaluationError: the folder cannot be used, or another run lies or works in it.
        """
        raw = canonical_json(plan)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            place = self.folder / _PLAN
            if place.exists() and place.read_bytes() != raw:
                raise EvaluationError(
                    f"the journal of another run lies in {self.folder}",
                    hint="Go on with the same options, remove it, or name another folder with --journal.",
                )
            self._file = (self.folder / _SAMPLES).open("ab+")
            _lock(self._file, self.folder)
            if not place.exists():
                self._file.truncate(0)
                _write(self.folder / _SPENT, b"[0,0]")
                with (self.folder / _ATTEMPTS).open("ab") as attempts:
                    attempts.write(sha256_hex(raw).encode() + b"\n")
                _write(place, raw)
            self.attempt = (self.folder / _ATTEMPTS).read_bytes().count(b"\n")
            self._kept = _whole_batches(self._file, batch)
            self._file.truncate(self._kept)
            return _spent(self.folder / _SPENT)
        except OSError as error:
            raise EvaluationError(f"cannot use {self.folder}: {error.strerror}", hint="Name another folder.") from error

    def earlier(self) -> Iterator[bytes]:
        """Yield the lines of the samples that were answered before."""
        if not self._kept:
            return
        with (self.folder / _SAMPLES).open("rb") as file:
            read = 0
            while read < self._kept:
                line = file.readline()
                read += len(line)
                yield line

    def add(self, line: bytes, spent: Spent) -> None:
        """Append a line; now and then force all to disk."""
        self._open_file.write(line)
        if time.monotonic() - self._synced >= self._interval:
            self.sync(spent)

    def sync(self, spent: Spent) -> None:
        """Force what was written to disk, and note what it took."""
        self._open_file.flush()
        os.fsync(self._open_file.fileno())
        _write(self.folder / _SPENT, json.dumps([round(spent.wall, 3), round(spent.cpu, 3)]).encode())
        self._synced = time.monotonic()

    def finish(self, digest: str) -> Path:
        """Close the log, name it by its digest, and return where it lies."""
        self._open_file.flush()
        os.fsync(self._open_file.fileno())
        place = log_place(self.folder, digest)
        (self.folder / _SAMPLES).replace(place)
        for name in (_PLAN, _SPENT):
            (self.folder / name).unlink(missing_ok=True)
            _scratch(self.folder / name).unlink(missing_ok=True)  # of a process that was killed in the middle
        self.close()
        return place

    def close(self) -> None:
        """Let go of the file; what was written stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def _open_file(self) -> BinaryIO:
        assert self._file is not None, "the journal is not open"
        return self._file


def log_place(folder: Path, digest: str) -> Path:
    """Return where the finished log of this digest lies in `folder`."""
    return folder / f"{digest}.jsonl"


def _whole_batches(file: BinaryIO, batch: int) -> int:
    """Return how many bytes hold whole batches of whole lines."""
    file.seek(0)
    end = place = lines = 0
    while piece := file.read(_PIECE):
        at = piece.find(b"\n")
        while at >= 0:
            lines += 1
            if lines % batch == 0:
                end = place + at + 1
            at = piece.find(b"\n", at + 1)
        place += len(piece)
    return end


def _spent(place: Path) -> Spent:
    with suppress(OSError, ValueError, TypeError):
        wall, cpu = json.loads(place.read_bytes())
        return Spent(float(wall), float(cpu))
    return Spent()


def _write(place: Path, raw: bytes) -> None:
    """Write a file that is there whole or not at all."""
    scratch = _scratch(place)
    with scratch.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(place)


def _scratch(place: Path) -> Path:
    return place.with_suffix(".part")


def _lock(file: BinaryIO, folder: Path) -> None:
    if sys.platform == "win32":
        return
    import fcntl  # noqa: PLC0415 - not on every platform

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise EvaluationError(f"another run is writing into {folder}", hint="Wait for it to end.") from None

"""`assess()` in a child without network, limited in memory, time and files; the parent signs, the child reads."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import BinaryIO, cast

from assay.artifact.blob import Blob
from assay.artifact.observation import Observation
from assay.artifact.observe import Known, Limits
from assay.artifact.sources import Entry, Source
from assay.artifact.sources.local import LocalSource
from assay.assess import Assessment
from assay.canonical import JSON
from assay.errors import AssayError, IsolationError, ReadError, StatementError
from assay.isolate.frames import Frame, Kind, error_from_json, error_to_json, read_frame, write_frame
from assay.statements.predicates import assessment
from assay.statements.statement import Statement

__all__ = ["ChildLimits", "assess_isolated"]

_COMMAND = (sys.executable, "-P", "-c", "from assay.isolate.child import main; main()")
_GRACE = 5.0
"""Seconds that a child whose pipe has closed may take to end."""


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What the child may cost. Going over it is a failed attempt, never a statement."""

    memory: int = 1024 * 1024 * 1024
    """Bytes of address space."""
    seconds_per_file: float = 60.0
    """Wall-clock seconds between two files, beside what hashing takes at `slowest` bytes per second."""
    slowest: float = 20e6
    require_isolation: bool = False
    """Refuse to judge where the platform cannot confine the child."""
    limits: Limits = field(default_factory=Limits)


def assess_isolated(
    source: Source,
    *,
    child: ChildLimits | None = None,
    known: Known | None = None,
    on_file: Callable[[str, int], None] | None = None,
    want_fresh: bool = False,
) -> Assessment:
    """Return `assess(source)`, computed in a child that cannot reach the network or start a process.

    A source that is not on this machine stays here: the child asks for ranges of bytes, this side fetches them.

    Raises:
        SourceError: as `assess`.
        IsolationError: the child died, or ran out of memory or time.
    """
    child = child or ChildLimits()
    with tempfile.TemporaryFile() as errors_of_child, _process(errors_of_child) as process:
        talk = _Talk(process, source, child, on_file)
        try:
            talk.send_job(known or {}, want_fresh=want_fresh)
            return talk.listen()
        except BrokenPipeError:
            raise IsolationError(f"could not judge {talk.place}: {_epitaph(process, errors_of_child)}") from None
        except _GoneError:
            raise IsolationError(f"could not judge {talk.place}: {_epitaph(process, errors_of_child)}") from None


class _GoneError(Exception):
    """The pipe ended before the answer."""


class _Talk:
    """The parent's side of one conversation."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        source: Source,
        child: ChildLimits,
        on_file: Callable[[str, int], None] | None,
    ) -> None:
        self._to = cast("BinaryIO", process.stdin)
        # Read unbuffered: bytes that wait in a buffer would be invisible to the selector.
        self._from = cast("BinaryIO", process.stdout).fileno()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._from, selectors.EVENT_READ)
        self._source = source
        self._child = child
        self._on_file = on_file
        self._entries: list[Entry] = []
        self._open: tuple[int, ExitStack, Blob] | None = None
        self._deadline = time.monotonic() + child.seconds_per_file
        self.place = source.name

    def send_job(self, known: Known, *, want_fresh: bool) -> None:
        """Tell the child what to judge."""
        job: dict[str, JSON] = {
            "memory": self._child.memory,
            "cpu_seconds": 24 * 3600,
            "require_isolation": self._child.require_isolation,
            "limits": {"file": asdict(self._child.limits.file), "revision": asdict(self._child.limits.revision)},
            "known": {key: observation.to_json() for key, observation in known.items()},
            "want_fresh": want_fresh,
        }
        if isinstance(self._source, LocalSource):
            job["local"] = os.fspath(self._source.root)
        else:
            self._entries = self._source.entries()
            job["served"] = {
                "kind": self._source.kind,
                "name": self._source.name,
                "git_commit": self._source.git_commit,
                "entries": [list(entry) for entry in self._entries],
            }
        write_frame(self._to, Kind.JOB, job)

    def listen(self) -> Assessment:
        """Serve the child until it answers."""
        extras: Mapping[str, JSON] = {"isolation": "not isolated", "fresh": {}}
        with ExitStack() as stack:
            stack.callback(self._selector.close)
            stack.callback(self._close)
            while True:
                frame = self._next()
                if frame.kind is Kind.FILE:
                    self._turn_to(frame)
                elif frame.kind is Kind.WANT:
                    self._serve(frame)
                elif frame.kind is Kind.FRESH:
                    extras = frame.json()
                elif frame.kind is Kind.STATEMENT:
                    return _checked(frame.body, extras)
                elif frame.kind is Kind.ERROR:
                    error = error_from_json(frame.json())
                    raise _with_place(error, self.place)
                else:
                    raise IsolationError(f"the child sent a {frame.kind.name.lower()} frame")

    def _next(self) -> Frame:
        frame = read_frame(self._read)
        if frame is None:
            raise _GoneError
        return frame

    def _read(self, length: int) -> bytes:
        """Read `length` bytes from the child, fewer only at the end; never wait beyond the deadline."""
        data = bytearray()
        while len(data) < length:
            if not self._selector.select(max(0.0, self._deadline - time.monotonic())):
                raise IsolationError(
                    f"could not judge {self.place}: it took longer than the time limit",
                    hint="Raise the limit with --timeout, or judge the file on a faster machine.",
                )
            piece = os.read(self._from, min(length - len(data), 1024 * 1024))
            if not piece:
                break
            data += piece
        return bytes(data)

    def _turn_to(self, frame: Frame) -> None:
        path, size = frame.values(str, int)
        self.place = path
        self._deadline = time.monotonic() + self._child.seconds_per_file + size / self._child.slowest
        if self._on_file is not None:
            self._on_file(path, size)

    def _serve(self, frame: Frame) -> None:
        index, offset, length = frame.values(int, int, int)
        started = time.monotonic()
        try:
            data = self._blob(index).read_at(offset, length)
        except ReadError as error:  # costs this file; every other error ends the attempt
            write_frame(self._to, Kind.ERROR, error_to_json(error))
        else:
            write_frame(self._to, Kind.DATA, data)
        # The network has limits of its own; only the child's time counts here.
        self._deadline += time.monotonic() - started

    def _blob(self, index: int) -> Blob:
        if self._open is None or self._open[0] != index:
            self._close()
            if not 0 <= index < len(self._entries):
                raise IsolationError(f"the child asked for entry {index}, which does not exist")
            stack = ExitStack()
            self._open = (index, stack, stack.enter_context(self._source.open(self._entries[index])))
        return self._open[2]

    def _close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None


def _checked(payload: bytes, extras: Mapping[str, JSON]) -> Assessment:
    """A child that was taken over could send anything: only a well-formed assessment is passed on to be signed."""
    try:
        statement = Statement.parse(payload)
        assessment.validate(statement.predicate)
        fresh = {key: Observation.from_json(value) for key, value in extras["fresh"].items()}
    except (StatementError, KeyError, TypeError, AttributeError) as error:
        raise IsolationError(f"the child sent a malformed statement: {error}") from error
    if statement.predicate_type != assessment.TYPE or statement.to_bytes() != payload:
        raise IsolationError("the child sent a statement that is not a canonical assessment")
    return Assessment(payload, fresh, str(extras["isolation"]))


def _with_place(error: AssayError, place: str) -> AssayError:
    if isinstance(error, IsolationError):
        return IsolationError(f"could not judge {place}: {error}", hint=error.hint())
    return error


@contextmanager
def _process(errors_of_child: BinaryIO) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        name: os.environ[name] for name in ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH") if name in os.environ
    }
    process = subprocess.Popen(  # noqa: S603  # our own interpreter with fixed words
        _COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors_of_child,
        env={**environment, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"},
        close_fds=True,
    )
    try:
        yield process
    finally:
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # what was still to be sent has no reader any more
                    pipe.close()
        process.wait()


def _epitaph(process: subprocess.Popen[bytes], errors_of_child: BinaryIO) -> str:
    try:
        code = process.wait(timeout=_GRACE)
    except subprocess.TimeoutExpired:
        return "the child closed its pipe and hangs"
    errors_of_child.seek(0)
    lines = errors_of_child.read(64 * 1024).decode("utf-8", "replace").strip().splitlines()
    last = f": {lines[-1][:300]}" if lines else ""
    return f"the child was ended by signal {-code}{last}" if code < 0 else f"the child exited with {code}{last}"

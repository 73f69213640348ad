"""The parent's side: it hands out a job, serves bytes that only it can reach, and takes back one checked statement."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from assay.artifact.blob import Blob
from assay.artifact.budget import Limits
from assay.artifact.observation import Known, Observation
from assay.artifact.sources import Entry, Source
from assay.artifact.sources.local import LocalSource
from assay.assessment import Assessment, Remembered
from assay.canonical import JSON
from assay.checks.packs import RulePack
from assay.errors import IsolationError, ReadError, StatementError
from assay.isolate.frames import Frame, Kind, error_from_json, error_to_json
from assay.isolate.line import GoneError, Line
from assay.isolate.process import Child
from assay.statements.predicates import assessment, validate
from assay.statements.statement import Statement

__all__ = ["ChildLimits", "assess_isolated", "reassess_isolated"]


class ChildLimits(NamedTuple):
    """What the child may cost. Going over it is a failed attempt, never a statement."""

    memory: int = 1024 * 1024 * 1024
    """Bytes of address space."""
    seconds_per_file: float = 60.0
    """Wall-clock seconds between two files, beside what hashing takes at `slowest` bytes per second."""
    slowest: float = 20e6
    require_isolation: bool = False
    """Refuse to judge where the platform cannot confine the child."""
    limits: Limits | None = None
    """Budgets of the readers; None for the usual ones."""


def assess_isolated(
    source: Source,
    *,
    child: ChildLimits | None = None,
    known: Known | None = None,
    on_file: Callable[[str, int], None] | None = None,
    want_fresh: bool = False,
    process: Child | None = None,
    packs: Sequence[RulePack] = (),
) -> Assessment:
    """Return `assess(source, packs=packs)`, computed in a child that cannot reach the network or start a process.

    A source that is not on this machine stays here: the child asks for ranges of bytes, this side fetches them.
    `process` is a child that was started before, so that it could load while this side did; it serves one job.

    Raises:
        SourceError: as `assess`.
        IsolationError: the child died, or ran out of memory or time.
    """
    child = child or ChildLimits()
    with process or Child() as running:
        talk = _Talk(running, source, child, on_file)
        with _told(running, lambda: talk.place):
            talk.send_job(known or {}, packs, want_fresh=want_fresh)
            return talk.listen()


def reassess_isolated(
    remembered: Sequence[Remembered], process: Child, child: ChildLimits, packs: Sequence[RulePack] = ()
) -> list[Assessment]:
    """Return `reassess(one, packs)` for each, computed in `process`, which may be asked so again and again.

    After an error the child is of no more use.

    Raises:
        SourceError: as `reassess`.
        IsolationError: the child died, or ran out of memory or time.
    """
    line = Line(process, child.seconds_per_file)
    job = _limits(child) | {"packs": _sources(packs), "again": [_said_of(one) for one in remembered]}
    with ExitStack() as stack, _told(process, lambda: remembered[len(found)].name):
        stack.callback(line.close)
        found: list[Assessment] = []
        line.send(Kind.JOB, job)
        extras = _expected(line, Kind.FRESH).json()
        while len(found) < len(remembered):
            found.append(_checked(_expected(line, Kind.STATEMENT).body, extras))
            line.allow(child.seconds_per_file)
    return found


def _limits(child: ChildLimits) -> dict[str, JSON]:
    """Return what every job says of them."""
    return {"memory": child.memory, "cpu_seconds": 24 * 3600, "require_isolation": child.require_isolation}


def _sources(packs: Sequence[RulePack]) -> list[str]:
    return [pack.raw.decode("utf-8") for pack in packs]


def _said_of(one: Remembered) -> dict[str, JSON]:
    return {
        "name": one.name,
        "git_commit": one.git_commit,
        "earlier": {key: one.earlier[key] for key in ("readers", "files", "not_judged")},
        "known": {key: observation.to_json() for key, observation in one.known.items()},
    }


def _expected(line: Line, kind: Kind) -> Frame:
    frame = line.next()
    if frame.kind is Kind.ERROR:
        raise error_from_json(frame.json())
    if frame.kind is not kind:
        raise IsolationError(f"the child sent a {frame.kind.name.lower()} frame")
    return frame


@contextmanager
def _told(process: Child, place: Callable[[], str]) -> Iterator[None]:
    """Say in errors of the child where it was."""
    try:
        yield
    except GoneError:
        raise IsolationError(f"could not judge {place()}: {process.epitaph()}") from None
    except IsolationError as error:
        raise IsolationError(f"could not judge {place()}: {error}", hint=error.hint()) from error


class _Talk:
    """The parent's side of one conversation."""

    def __init__(
        self,
        process: Child,
        source: Source,
        child: ChildLimits,
        on_file: Callable[[str, int], None] | None,
    ) -> None:
        self._line = Line(process, child.seconds_per_file)
        self._source = source
        self._child = child
        self._on_file = on_file
        self._entries: list[Entry] = []
        self._open: tuple[int, ExitStack, Blob] | None = None
        self.place = source.name

    def send_job(self, known: Known, packs: Sequence[RulePack], *, want_fresh: bool) -> None:
        """Tell the child what to judge."""
        job = _limits(self._child) | {
            "limits": (self._child.limits or Limits.usual(whole=self._source.whole)).to_json(),
            "known": {key: observation.to_json() for key, observation in known.items()},
            "want_fresh": want_fresh,
            "packs": _sources(packs),
        }
        if isinstance(self._source, LocalSource):
            job["local"] = os.fspath(self._source.root)
        else:
            self._entries = self._source.entries()
            job["served"] = {
                "kind": self._source.kind,
                "name": self._source.name,
                "git_commit": self._source.git_commit,
                "whole": self._source.whole,
                "entries": [list(entry) for entry in self._entries],
            }
        self._line.send(Kind.JOB, job)

    def listen(self) -> Assessment:
        """Serve the child until it answers."""
        extras: Mapping[str, JSON] = {"isolation": "not isolated", "fresh": {}}
        with ExitStack() as stack:
            stack.callback(self._line.close)
            stack.callback(self._close)
            while True:
                frame = self._line.next()
                if frame.kind is Kind.FILE:
                    self._turn_to(frame)
                elif frame.kind is Kind.WANT:
                    self._serve(frame)
                elif frame.kind is Kind.FRESH:
                    extras = frame.json()
                elif frame.kind is Kind.STATEMENT:
                    return _checked(frame.body, extras)
                elif frame.kind is Kind.ERROR:
                    raise error_from_json(frame.json())
                else:
                    raise IsolationError(f"the child sent a {frame.kind.name.lower()} frame")

    def _turn_to(self, frame: Frame) -> None:
        path, size = frame.values(str, int)
        self.place = path
        self._line.allow(self._child.seconds_per_file + size / self._child.slowest)
        if self._on_file is not None:
            self._on_file(path, size)

    def _serve(self, frame: Frame) -> None:
        index, offset, length = frame.values(int, int, int)
        started = time.monotonic()
        try:
            data = self._blob(index).read_at(offset, length)
        except ReadError as error:  # costs this file; every other error ends the attempt
            self._line.send(Kind.ERROR, error_to_json(error))
        else:
            self._line.send(Kind.DATA, data)
        # The network has limits of its own; only the child's time counts here.
        self._line.extend(time.monotonic() - started)

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
        statement = Statement.parse_canonical(payload)
        validate(statement)
        fresh = {key: Observation.from_json(value) for key, value in extras["fresh"].items()}
    except (StatementError, KeyError, TypeError, AttributeError) as error:
        raise IsolationError(f"the child sent a malformed statement: {error}") from error
    if statement.predicate_type != assessment.TYPE:
        raise IsolationError("the child sent a statement that is no assessment")
    return Assessment(payload, fresh, str(extras["isolation"]), statement)

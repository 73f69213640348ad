"""One safe reader per format, found by folder; `read_blob` picks the reader by content and never executes anything."""

from __future__ import annotations

import importlib
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple, cast

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.magic_containers import second_format
from assay.artifact.observation import Observation, Problem, Reader
from assay.artifact.sniff import also_code, sniff
from assay.errors import ReadError, RulesError
from assay.modules import modules_in

__all__ = ["MEMBER_COST", "Reading", "read_blob", "reader_versions", "readers"]


class Reading(NamedTuple):
    """What came of one blob."""

    format: str
    observation: Observation | None
    reason: str | None
    """Why nothing, or not all, could be read."""

    @classmethod
    def of(cls, observation: Observation) -> Reading:
        """Return the reading that `observation` is the outcome of."""
        return cls(observation.format, observation, _why_incomplete(observation))


MEMBER_COST = 250
"""Items that a member of an archive costs beside what reading it takes: there may be very many small ones."""
_LONGEST_REASON = 2000
_FORMAT, _VERSION = rb'^FORMAT = "([a-z0-9-]+)"$', rb"^VERSION = (\d+)$"


@cache
def readers() -> dict[str, Reader]:
    """Return every reader by its format.

    Raises:
        RulesError: two readers claim one format, or a file does not say which it reads.
    """
    found: dict[str, Reader] = {}
    for name in modules_in(__path__):
        reader = _Unloaded.of(name)
        if reader.FORMAT in found:
            raise RulesError(f"two readers claim the format {reader.FORMAT!r}")
        found[reader.FORMAT] = reader
    return found


class _Unloaded:
    """A reader that is imported when it first reads: most revisions need few of them, and all would take longer."""

    def __init__(self, format_: str, version: int, module: str) -> None:
        self.FORMAT = format_
        self.VERSION = version
        self._module = module

    @classmethod
    def of(cls, name: str) -> _Unloaded:
        """Return what a reader's file says of it, without importing it."""
        source = Path(__file__).with_name(f"{name}.py").read_bytes()
        format_, version = (re.search(pattern, source, re.MULTILINE) for pattern in (_FORMAT, _VERSION))
        if format_ is None or version is None:
            raise RulesError(f"the reader {name}.py does not begin with plain lines for FORMAT and VERSION")
        return cls(format_[1].decode("ascii"), int(version[1]), f"{__name__}.{name}")

    def read(self, blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
        """Import the reader, and return what it returns."""
        loaded = cast("Reader", importlib.import_module(self._module))
        return loaded.read(blob, budget, path=path, depth=depth)


def reader_versions() -> list[str]:
    """Return `format/version` of every reader, sorted."""
    return sorted(f"{reader.FORMAT}/{reader.VERSION}" for reader in readers().values())


def read_blob(blob: Blob, budget: Budget, *, path: str, depth: int = 0, known: str | None = None) -> Reading:
    """Decide the format of `blob` by content and read it; `path` is a hint where content alone cannot tell.

    `known` is what `sniff` said of it, where that was asked before; asking may take as long as reading a small file.
    Never raises for what the bytes hold: a `ReadError` becomes the reading's reason.
    """
    try:
        budget.check_depth(depth)
        format_ = known or sniff(blob, path)
    except ReadError as error:
        return Reading("unclaimed", None, _short(str(error)))
    reader = readers().get(format_)
    if reader is None:
        return Reading(format_, None, None)
    try:
        observation = reader.read(blob, budget, path=path, depth=depth)
        second = second_format(blob, format_)
        if second is not None:
            observation = _both(observation, second, readers()[second].read(blob, budget, path=path, depth=depth + 1))
        if also_code(blob, path, format_):
            observation = _with_code(observation, blob, budget, path, depth)
    except ReadError as error:
        return Reading(format_, None, _short(str(error)))
    return Reading.of(observation)


def _both(observation: Observation, second: str, also: Observation) -> Observation:
    """Return `observation` with what `also` stands in the same bytes, read as `second`."""
    problem = Problem("polyglot", f"the bytes are {observation.format} and {second} at once")
    members = (*observation.members, (f"as {second}", also))
    return observation._replace(problems=(*observation.problems, problem), members=members)


def _with_code(observation: Observation, blob: Blob, budget: Budget, path: str, depth: int) -> Observation:
    """Return `observation` with what stands in the same bytes as a program; what does not parse is none."""
    try:
        code = readers()["python"].read(blob, budget, path=path, depth=depth + 1)
    except ReadError as error:
        problem = Problem("over-budget", f"is named as a program, and as one it {error}")
        return observation._replace(complete=False, problems=(*observation.problems, problem))
    parses = code.complete or all(problem.code != "malformed" for problem in code.problems)
    return _both(observation, "python", code) if parses else observation


def _why_incomplete(observation: Observation) -> str | None:
    if not observation.complete:
        return _short(observation.problems[-1].message) if observation.problems else "was read only in part"
    for name, member in observation.members:
        reason = _why_incomplete(member)
        if reason is not None:
            return _short(f"member {name}: {reason}")
    return None


def _short(reason: str) -> str:
    """Return `reason` no longer than a sentence: it may name members, whose names may have no end."""
    return reason if len(reason) <= _LONGEST_REASON else f"{reason[: _LONGEST_REASON - 1]}…"

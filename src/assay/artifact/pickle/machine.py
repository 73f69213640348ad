"""A machine that runs pickle opcodes of protocols 0 to 5 on symbols: it names what would be called and calls nothing.

Opcodes are read through a window and forgotten; long payloads are jumped over, not read. Stack, marks and memo work
as in the unpickler (source: CPython, Lib/pickle.py), so that a name which reaches STACK_GLOBAL through the memo, DUP
or a nested mark is followed like any other.
"""

from __future__ import annotations

from typing import NamedTuple

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.observation import Problem
from assay.artifact.pickle.arrays import InlineArray
from assay.artifact.pickle.expansion import unfolded
from assay.artifact.pickle.nodes import Node
from assay.artifact.pickle.opcodes import STOP, TABLE
from assay.artifact.pickle.plain import plain_to_stop
from assay.artifact.pickle.state import BEYOND, BrokenStreamError, State, Watch
from assay.errors import BudgetError, ReadError

__all__ = ["Outcome", "Stream", "Watch", "run"]


_MOST_ITEMS = 6_000_000
"""Items that the pickles in one blob may cost: following so many opcodes takes some four seconds."""
_FOLLOWED = 20_000
"""Opcodes of a stream that are followed one by one in any case."""
_TRIAL_BYTES = 4 * 1024 * 1024
_TRIAL_OPCODES = 10_000
"""Opcodes after which what follows a pickle is taken for another one, though nothing else speaks for it."""


class Stream(NamedTuple):
    """One pickle from its first opcode to STOP."""

    start: int
    """Offset in bytes of the first opcode."""
    end: int
    """Offset in bytes after STOP."""
    protocol: int
    """The highest PROTO opcode; 0 when there is none."""
    result: Node
    """What loading it would return; None when values are not kept."""
    unfolds: int | None = None
    """How many values it stands for when that is far more than there are, by `expansion.unfolded`."""


class Outcome(NamedTuple):
    """What came of a blob."""

    streams: tuple[Stream, ...]
    """Every pickle that was read to its STOP, in order."""
    protocol: int
    """The highest protocol seen, in a broken stream too."""
    trailing: int
    """Bytes after the last STOP that are no pickle, such as the raw storages of early torch files."""
    problem: Problem | None
    """Why a stream could not be read to its STOP; nothing after it was read."""


def run(blob: Blob, budget: Budget, *, keep_values: bool, watch: Watch | None = None) -> Outcome:
    """Run every pickle that stands in `blob`, one after another, and tell `watch` what they do.

    With `keep_values` each stream's `result` is the whole symbolic object: containers complete, text and integers in
    full, and byte strings as a `Payload` that says where they lie. Without, results are dropped, containers keep their
    first few items, and long text is jumped over like byte strings.

    Costs one item per opcode that is followed, six million at most, and the bytes it looks at. Broken bytes and a spent
    budget become `Outcome.problem`.
    """
    streams: list[Stream] = []
    at = protocol = 0
    held_back = max(0, budget.items - _MOST_ITEMS)
    budget.items -= held_back
    try:
        while at < blob.size or not streams:
            if streams and not _goes_on(blob, at, budget):
                break
            state = State(blob, budget, keep=keep_values, watch=watch, start=at)
            try:
                stream = _run_stream(state, at)
            finally:
                protocol = max(protocol, state.protocol)
            streams.append(stream)
            at = stream.end
    except BrokenStreamError as error:
        return Outcome(tuple(streams), protocol, 0, Problem(error.code, str(error), error.offset))
    except BudgetError as error:
        return Outcome(tuple(streams), protocol, 0, Problem("budget", str(error), at))
    except ReadError as error:
        return Outcome(tuple(streams), protocol, 0, Problem("unreadable", str(error), error.offset))
    finally:
        budget.items += held_back
    return Outcome(tuple(streams), protocol, blob.size - at, None)


class _Names:
    """Watches which names a stream imports, as far as they can be names."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def on_global(self, name: str) -> None:
        if all(part.isidentifier() for part in name.split(".")):
            self.found.add(name)

    def on_call(self, *_: object) -> None:
        pass

    on_fill = on_persid = on_extension = on_plain_global = on_call


def _goes_on(blob: Blob, at: int, budget: Budget) -> bool:
    """Say whether a pickle starts at `at`: it runs to its STOP, imports a name, or has PROTO and is only cut off.

    Early torch files go on with raw storages, which nearly never look so; but the length of one, before it, may well
    begin as PROTO does (128 elements, 384, 640 …).
    """
    names = _Names()
    trial = Budget(bytes=min(_TRIAL_BYTES, budget.bytes), items=min(_TRIAL_OPCODES, budget.items), depth=budget.depth)
    left = trial.copy()
    state = State(blob, left, keep=False, watch=names, start=at)
    try:
        _run_stream(state, at)
        ended = True
    except BrokenStreamError as error:
        ended = error.code == "truncated" and blob.read_at(at, 1) == b"\x80"
    except BudgetError:
        ended = left.items == 0
    budget.take_bytes(trial.bytes - left.bytes)
    budget.take_items(trial.items - left.items)
    return ended or bool(names.found)


def _run_stream(state: State, start: int) -> Stream:
    """Run opcodes up to STOP.

    Raises:
        BrokenStreamError: the stream makes no sense at some opcode.
        BudgetError: it has more opcodes, or bytes to look at, than the budget allows.
    """
    steps, pos, table = 0, start - state.base, TABLE
    data, edge = state.data, state.edge
    try:
        for steps in range(1, state.budget.items + 1):
            if pos >= edge:
                if state.array is not None:
                    pos = _pass_array(state, state.array, pos - BEYOND)
                if pos >= edge:
                    if end := _plain_end(state, steps, state.base + pos):
                        return Stream(start, end, state.protocol, None)
                    state.refill(pos)
                    data, edge, pos = state.data, state.edge, 0
            code = data[pos]
            if code == STOP and state.outer:
                state.resume()
                pos += 1
                continue
            if code == STOP:
                top = state.stack[-1]
                end = state.base + pos + 1
                return Stream(start, end, state.protocol, top if state.keep else None, unfolded(top))
            pos = table[code](state, data, pos + 1)
    except IndexError:
        raise BrokenStreamError(
            "stack-underflow", "takes more from the stack than is there", offset=state.base + pos
        ) from None
    except BrokenStreamError as error:
        if error.offset is None:
            error.offset = state.base + pos
        raise
    finally:
        state.budget.take_items(steps)
    raise BudgetError("holds more opcodes than the limit allows", offset=state.base + pos)


def _plain_end(state: State, steps: int, offset: int) -> int | None:
    """Return the offset after the stream's STOP when nothing but plain values can come up to there; else None."""
    if not state.only_plain or state.keep or state.outer or steps < _FOLLOWED:
        return None
    state.only_plain = False  # whatever comes of it, there is no need to look twice
    return plain_to_stop(state, offset)


def _pass_array(state: State, array: InlineArray, pos: int) -> int:
    """Return the position after an array in the stream, or where the pickle starts that holds its elements.

    A loader that knows nothing of such arrays takes their bytes for opcodes: what it would do is told to the watch too.

    Raises:
        BrokenStreamError: the length of the array cannot be known.
    """
    state.array = None
    if array.size is None and not array.pickled:
        raise BrokenStreamError("unknown-array", "an array stands in the stream whose length cannot be known")
    padding = 1 + state.data[pos] if array.padded else 0
    size = padding + (array.size or 0)
    if state.watch is not None and (size or array.pickled):
        names = _Names()
        _runs_on(state.fork(names), pos)
        if array.pickled:
            # The elements make sense to such a loader, but it takes other memo entries for the names in them.
            for name in sorted(names.found):
                state.watch.on_plain_global(name)
        elif names.found:
            _runs_on(state.fork(state.watch), pos)
    if array.pickled:
        state.suspend()
    return pos + size


def _runs_on(state: State, pos: int) -> bool:
    """Run a stream from the middle; say whether it came to its STOP."""
    try:
        _run_stream(state, state.base + pos)
    except BrokenStreamError:
        return False
    return True

"""Pickles of protocols 0 to 5: what they import, call and ask their loader for, seen without loading them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.nested_bytes import NestedBytes
from assay.artifact.observation import Observation
from assay.artifact.pickle.machine import run
from assay.artifact.pickle.nodes import Call, CallOp, Node
from assay.artifact.pickle.symbols import alike_key, called, made_by, printable, symbol
from assay.canonical import JSON, MAX_INT

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "pickle"
VERSION = 3
_CALL = 12
"""Items that looking at a call costs, beside those of its opcodes."""
_MOST_ALIKE = 256
"""Calls of one name told apart by their arguments; all further ones stand as one whose arguments are not known."""


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return the imports, calls and requests of every pickle in `blob`; what precedes a break is kept.

    Facts beside the contract: `trailing_bytes` after the last pickle, which is no problem in itself (early torch files
    keep their tensors there), and `fills`, operations that add items to an object which is no plain container and so
    run its methods; `plain_globals`, names not in `globals` that a loader which does not know joblib would import where
    joblib put an array of objects into the stream (mostly nonsense that no loader gets to see, unless it is meant);
    `rebuilt`, operations on an object that had its state already, which no pickler writes; `loaded`, how many byte
    strings were read to their end as what their loader takes them for; those stand as members. `unfolds`, where a
    stream stands for far more values than it holds: how many, 2**53 - 1 at most.
    """
    del path
    seen = _Seen(budget, NestedBytes(blob, budget, depth))
    outcome = run(blob, budget, keep_values=False, watch=seen)
    facts: dict[str, JSON] = {
        "protocol": outcome.protocol,
        "streams": len(outcome.streams),
        "globals": sorted(seen.globals),
        "calls": sorted(seen.calls.values(), key=_offset),
        "fills": sorted(seen.fills.values(), key=_offset),
        "rebuilt": sorted(seen.rebuilt.values(), key=_offset),
        "loaded": seen.nested.facts(),
        "persistent_ids": seen.persistent_ids,
        "plain_globals": sorted(seen.plain_globals - seen.globals),
        "extension_codes": sorted(seen.extension_codes),
        "trailing_bytes": outcome.trailing,
    }
    if unfolds := [stream.unfolds for stream in outcome.streams if stream.unfolds is not None]:
        facts["unfolds"] = min(max(unfolds), MAX_INT)
    problems = () if outcome.problem is None else (outcome.problem,)
    members = tuple(seen.nested.members)
    return Observation(FORMAT, f"{FORMAT}/{VERSION}", not problems, facts, problems, members)


def _offset(event: dict[str, JSON]) -> int:
    offset: int = event["offset"]
    return offset


@dataclass(slots=True)
class _Seen:
    """Gathers what a pickle does, equal things once."""

    budget: Budget
    nested: NestedBytes
    globals: set[str] = field(default_factory=set)
    plain_globals: set[str] = field(default_factory=set)
    calls: dict[tuple[str, str, str], dict[str, JSON]] = field(default_factory=dict)
    fills: dict[tuple[str, str], dict[str, JSON]] = field(default_factory=dict)
    rebuilt: dict[tuple[str, str], dict[str, JSON]] = field(default_factory=dict)
    extension_codes: set[int] = field(default_factory=set)
    persistent_ids: int = 0
    _variants: dict[tuple[str, str], int] = field(default_factory=dict)

    def on_global(self, name: str) -> None:
        self._name(self.globals, printable(name))

    def on_plain_global(self, name: str) -> None:
        self._name(self.plain_globals, printable(name))

    def _name(self, names: set[str], name: str) -> None:
        if name not in names:
            self.budget.take_facts(len(name) + 4)
            names.add(name)

    def on_call(self, op: CallOp, callable_: Node, args: Node, offset: int) -> None:
        name = made_by(callable_) if op == "BUILD" else called(callable_)
        if op == "BUILD" and isinstance(callable_, Call) and callable_.built:
            self._event(self.rebuilt, op, name, offset)
        self.nested.look(name, args)
        shown = symbol(args)
        key = (op, name, alike_key(shown))
        # Many calls may share one large argument, which is written out for each.
        self.budget.take_items(_CALL + len(key[2]) // 4)
        call = self.calls.get(key)
        if call is None and self._variants.get((op, name), 0) >= _MOST_ALIKE:
            shown = {"unknown": True}
            key = (op, name, alike_key(shown))
            call = self.calls.get(key)
        if call is None:
            self.budget.take_facts(len(name) + len(json.dumps(shown)) + 64)
            self._variants[op, name] = self._variants.get((op, name), 0) + 1
            self.calls[key] = {"op": op, "callable": name, "args": shown, "offset": offset, "count": 1}
        else:
            call["count"] += 1

    def on_fill(self, op: str, target: Node, offset: int) -> None:
        name = made_by(target)
        self._event(self.fills, op, name, offset)
        if isinstance(target, Call) and target.built:
            self._event(self.rebuilt, op, name, offset)

    def _event(self, events: dict[tuple[str, str], dict[str, JSON]], op: str, name: str, offset: int) -> None:
        event = events.get((op, name))
        if event is None:
            self.budget.take_facts(len(name) + 64)
            events[op, name] = {"op": op, "callable": name, "offset": offset, "count": 1}
        else:
            event["count"] += 1

    def on_persid(self) -> None:
        self.persistent_ids += 1

    def on_extension(self, code: int) -> None:
        if code not in self.extension_codes:
            self.budget.take_facts(16)
            self.extension_codes.add(code)

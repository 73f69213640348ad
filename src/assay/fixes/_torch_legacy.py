"""Checkpoints as torch wrote them before its zip layout: five pickles in a row, then the numbers of each storage.

Source: torch/serialization.py, `_legacy_save` and `_legacy_load`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from assay.artifact.blob import Blob, read_exactly
from assay.artifact.budget import Budget
from assay.artifact.pickle.machine import Outcome, Watch, run
from assay.artifact.pickle.nodes import Call, DictNode, Global, ListNode, Node, Persid, SetNode
from assay.errors import FixError

__all__ = ["LegacyRecords", "is_legacy", "read_legacy"]

_MAGIC = 0x1950A86A20F9469CFC6C
_START = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
"""The first pickle behind its PROTO: the magic number as LONG1, and STOP."""
_PROTOCOL = 1001
_WIDTHS = {"Double": 8, "Float": 4, "Half": 2, "BFloat16": 2, "Long": 8, "Int": 4, "Short": 2, "Char": 1, "Byte": 1,
           "Bool": 1, "ComplexFloat": 8, "ComplexDouble": 16}  # fmt: skip
_MOST = 1_000_000
_BY_HAND = "Convert it with the framework that wrote it, on a machine you can spare."


class _Place(NamedTuple):
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class LegacyRecords:
    """Where the numbers of each storage lie."""

    blob: Blob
    places: dict[str, _Place]

    def place(self, record: str) -> _Place:
        """Return where the bytes of `data/KEY` lie.

        Raises:
            FixError: there is no such storage.
        """
        if record not in self.places:
            raise FixError(f"the record {record[:80]!r} is missing", hint="Fetch the file again.")
        return self.places[record]


def is_legacy(blob: Blob) -> bool:
    """Say whether `blob` begins as torch's old files do."""
    return blob.read_at(2, len(_START)) == _START


def read_legacy(blob: Blob, budget: Budget, watch: Watch) -> tuple[LegacyRecords, Node]:
    """Return the storages and what the fourth pickle makes; `watch` is told what loading would do.

    Raises:
        FixError: it is damaged, big-endian, or of another version.
    """
    outcome = run(blob, budget, keep_values=True, watch=watch)
    results = [stream.result for stream in outcome.streams[:5]]
    if len(results) < 5 or results[0] != _MAGIC or results[1] != _PROTOCOL:
        raise FixError(f"its pickles cannot be read: {_why(outcome)}", hint="Fetch the file again.")
    system = results[2].pairs if isinstance(results[2], DictNode) else []
    if ("little_endian", True) not in [(key, value) for key, value in system if isinstance(key, str)]:
        raise FixError("its numbers are not stored little-endian", hint=_BY_HAND)
    keys = results[4].items if isinstance(results[4], ListNode) else []
    return LegacyRecords(blob, _places(blob, outcome.streams[4].end, keys, _widths(results[3]))), results[3]


def _why(outcome: Outcome) -> str:
    return outcome.problem.message if outcome.problem else f"there are {len(outcome.streams)} of five"


def _places(blob: Blob, at: int, keys: list[Node], widths: dict[str, int]) -> dict[str, _Place]:
    found = {}
    for key in keys:
        if not isinstance(key, str) or key not in widths:
            raise FixError("it lists a storage that nothing names", hint=_BY_HAND)
        count = int.from_bytes(read_exactly(blob, at, 8, "the length of a storage"), "little")
        size = count * widths[key]
        if at + 8 + size > blob.size:
            raise FixError("a storage goes beyond the end of the file", hint="Fetch the file again.")
        found[f"data/{key}"] = _Place(at + 8, size)
        at += 8 + size
    return found


def _widths(node: Node) -> dict[str, int]:
    """Return the bytes of an element of each storage that `node` names."""
    found: dict[str, int] = {}
    seen: set[int] = set()
    waiting = [node]
    while waiting and len(seen) < _MOST:
        one = waiting.pop()
        if isinstance(one, bool | int | float | str | None) or id(one) in seen:
            continue
        seen.add(id(one))
        match one:
            case Persid(value=("storage", Global(name=kind), str() as key, *_)):
                width = _WIDTHS.get(kind.rpartition(".")[2].removesuffix("Storage"))
                if width is None or found.setdefault(key, width) != width:
                    raise FixError(f"a storage is of the unknown kind {kind}"[:300], hint=_BY_HAND)
            case tuple():
                waiting.extend(one)
            case ListNode(items=items) | SetNode(items=items):
                waiting.extend(items)
            case DictNode(pairs=pairs):
                waiting.extend(part for pair in pairs for part in pair)
            case Call():
                waiting.extend([one.args, one.kwargs, *one.states, *one.items])
                waiting.extend(part for pair in one.pairs for part in pair)
    return found

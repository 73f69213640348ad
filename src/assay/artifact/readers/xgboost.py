"""XGBoost models in UBJSON, and the old binary form: keys and counts, with every length compared with the file.

Source of the formats: ubjson.org, draft 12; XGBoost documentation, "Introduction to Model IO".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.notes import Notes
from assay.artifact.observation import Observation
from assay.artifact.window import Window
from assay.errors import ReadError

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "xgboost"
VERSION = 1

_WIDTHS = {"i": 1, "U": 1, "I": 2, "l": 4, "L": 8, "d": 4, "D": 8, "C": 1, "Z": 0, "T": 0, "F": 0, "N": 0}
_INTEGERS = "iUIlL"
_DEPTH = 100
_STEP_COST = 32
_KEYS = 200


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return `form` (`ubjson` or `binary`) and `keys`: the names used, sorted, at most 200.

    The old binary form is recognised and not read.
    """
    del path
    notes = Notes(FORMAT, VERSION, budget, depth)
    window = Window(blob, budget)
    if window.peek(0, 4) == b"binf":
        notes.stop("unsupported", "is in XGBoost's old binary form, whose lengths are not compared here")
        return notes.observation({"form": "binary", "keys": []})
    walk = _Walk(window, budget)
    with notes.until_broken():
        walk.run()
        if walk.at < blob.size:
            notes.problem("trailing-bytes", f"{blob.size - walk.at:,} bytes follow the model", walk.at)
    return notes.observation({"form": "ubjson", "keys": sorted(walk.keys)})


@dataclass(slots=True)
class _Open:
    """An array or object that has begun."""

    object: bool
    left: int | None
    """Items still to come; None where an end mark says so."""
    kind: str = ""
    """The type of all items; empty where each has its own."""


@dataclass(slots=True)
class _Walk:
    window: Window
    budget: Budget
    at: int = 0
    keys: set[str] = field(default_factory=set)
    stack: list[_Open] = field(default_factory=list)

    def run(self) -> None:
        """Go through one value, without recursion."""
        self._value(self._mark())
        while self.stack:
            self.budget.take_items(_STEP_COST)
            top = self.stack[-1]
            if top.left == 0 or (top.left is None and self._ends(top)):
                self.stack.pop()
                continue
            if top.left is not None:
                top.left -= 1
            if top.object:
                self._key()
            self._value(top.kind or self._mark())

    def _mark(self) -> str:
        self.at += 1
        return chr(self.window.take(self.at - 1, 1, "a value")[0])

    def _ends(self, top: _Open) -> bool:
        if self.window.take(self.at, 1, "a value") != (b"}" if top.object else b"]"):
            return False
        self.at += 1
        return True

    def _length(self) -> int:
        mark = self._mark()
        if mark not in _INTEGERS:
            raise ReadError("a length is no integer", offset=self.at)
        width = _WIDTHS[mark]
        value = int.from_bytes(self.window.take(self.at, width, "a length"), "big", signed=mark != "U")
        self.at += width
        if value < 0:
            raise ReadError("a length is negative", offset=self.at)
        return value

    def _skip(self, length: int) -> None:
        if self.at + length > self.window.size:
            raise ReadError(f"{length:,} bytes are announced, {self.window.size - self.at:,} are there", offset=self.at)
        self.at += length

    def _key(self) -> None:
        length = self._length()
        name = self.window.text(self.at, length, "a key", 100)
        self._skip(length)
        if name not in self.keys and len(self.keys) < _KEYS:
            self.budget.take_facts(len(name) + 4)
            self.keys.add(name)

    def _value(self, mark: str) -> None:
        if mark in _WIDTHS:
            self._skip(_WIDTHS[mark])
        elif mark in "SH":
            self._skip(self._length())
        elif mark in "[{":
            self._open(is_object=mark == "{")
        else:
            raise ReadError(f"holds {mark!r} where a value should begin", offset=self.at)

    def _open(self, *, is_object: bool) -> None:
        if len(self.stack) >= _DEPTH:
            raise ReadError(f"nests deeper than {_DEPTH} levels", offset=self.at)
        kind = ""
        if self.window.peek(self.at, 1) == b"$":
            self.at += 1
            kind = self._mark()
        left = None
        if self.window.peek(self.at, 1) == b"#":
            self.at += 1
            left = self._length()
        elif kind:
            raise ReadError("has a type for all items, but no count", offset=self.at)
        if kind in _WIDTHS and not is_object and left is not None:
            self._skip(left * _WIDTHS[kind])
            return
        if left is not None and left > self.window.size:
            raise ReadError(f"{left:,} items are announced in a file of {self.window.size:,} bytes", offset=self.at)
        self.stack.append(_Open(is_object, left, kind))

"""What a pickle machine holds while it runs: a window on the bytes, the stack with its marks, and the memo."""

from __future__ import annotations

from typing import Protocol

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.pickle.arrays import InlineArray, inline_array
from assay.artifact.pickle.nodes import (
    Buffer,
    Call,
    CallOp,
    DictNode,
    Extension,
    Global,
    ListNode,
    Node,
    Payload,
    Persid,
    SetNode,
)
from assay.errors import BudgetError, ReadError

__all__ = ["BEYOND", "SHORT", "BrokenStreamError", "State", "Watch"]

SHORT = 1024
"""Bytes up to which a string or integer is kept though values are not wanted: it may be a name."""
BEYOND = 1 << 62
"""Added to a position that lies right before an array in the stream."""
KEPT = 16
"""Items of a container that are kept though values are not wanted."""
_PAD = bytes(16)
_NEVER_TEXT = (bool, int, float, tuple, ListNode, DictNode, SetNode, Buffer, type(None))
_FIRST_SPAN = 16 * 1024
_MOST_LIVE = 2_000_000
"""Objects on the stack and in the memo together; each takes about a hundred bytes."""
_LAST_SPAN = 1024 * 1024


class BrokenStreamError(ReadError):
    """The stream cannot go on here; `code` is the problem's code."""

    def __init__(self, code: str, message: str, *, offset: int | None = None) -> None:
        super().__init__(message, offset=offset)
        self.code = code


class Watch(Protocol):
    """Whoever wants to know what a pickle does while it is run; offsets are in bytes and name the opcode."""

    def on_global(self, name: str) -> None:
        """A global is imported; `?` when its name is computed."""

    def on_plain_global(self, name: str) -> None:
        """A loader that does not know joblib's arrays would import `name`, another one would not."""

    def on_call(self, op: CallOp, callable_: Node, args: Node, offset: int) -> None:
        """Something is called; for BUILD `callable_` is the object that gets the state `args`."""

    def on_fill(self, op: str, target: Node, offset: int) -> None:
        """APPEND(S), SETITEM(S) or ADDITEMS meet an object that is no plain list, dict or set: its methods run."""

    def on_persid(self) -> None:
        """The loader is asked for an object by its persistent identifier."""

    def on_extension(self, code: int) -> None:
        """An entry of the `copyreg` extension registry is asked for."""


class State:
    """The state of one stream; opcode handlers work on it.

    `data` holds the bytes from `base` on, padded at the end of the blob so that arguments can be decoded
    before their presence is checked. Positions that handlers take and return are relative to `base`. `outer` are the
    streams around this one, `plain` says that arrays in the stream are not looked for, and `only_plain` that nothing
    was met yet which could lead to a call.
    """

    __slots__ = (
        "_span",
        "array",
        "base",
        "blob",
        "budget",
        "data",
        "edge",
        "keep",
        "marks",
        "memo",
        "only_plain",
        "outer",
        "plain",
        "protocol",
        "stack",
        "watch",
    )

    def __init__(self, blob: Blob, budget: Budget, *, keep: bool, watch: Watch | None, start: int) -> None:
        self.blob = blob
        self.budget = budget
        self.keep = keep
        self.watch = watch
        self.protocol = 0
        self.stack: list[Node] = []
        self.marks: list[list[Node]] = []
        self.memo: dict[int, Node] = {}
        self.base = start
        self.data = b""
        self.edge = 0
        self.array: InlineArray | None = None
        self.outer: list[tuple[list[Node], list[list[Node]], dict[int, Node]]] = []
        self.plain = False
        self.only_plain = True
        self._span = _FIRST_SPAN

    def fork(self, watch: Watch) -> State:
        """Return a copy that can go on by itself, as a loader does which knows nothing of arrays in the stream."""
        other = State(self.blob, self.budget, keep=False, watch=watch, start=self.base)
        other.data, other.edge = self.data, self.edge
        other.stack = list(self.stack)
        other.marks = [list(items) for items in self.marks]
        other.memo = dict(self.memo)
        other.plain, other.only_plain = True, self.only_plain
        return other

    def suspend(self) -> None:
        """Begin a stream within the stream; its result will replace what is on top of the stack.

        Raises:
            BudgetError: streams nest deeper than the budget allows.
        """
        self.outer.append((self.stack, self.marks, self.memo))
        self.budget.check_depth(len(self.outer))
        self.stack, self.marks, self.memo = [], [], {}

    def resume(self) -> None:
        """End a stream within the stream.

        Raises:
            IndexError: it has no result.
        """
        result = self.stack[-1]
        self.stack, self.marks, self.memo = self.outer.pop()
        self.stack[-1] = result

    def refill(self, pos: int) -> None:
        """Move the window to start at `pos`; sets `edge`, up to which a whole opcode with a short payload is there.

        Raises:
            BrokenStreamError: the blob ends before `pos` or there.
            BudgetError: more objects are alive than fit into memory.
        """
        live = len(self.stack) + len(self.memo) + len(self.marks) + sum(map(len, self.marks))
        if live > _MOST_LIVE:
            raise BudgetError(f"keeps more than {_MOST_LIVE:,} objects at once")
        at = self.base + pos
        if at >= self.blob.size:
            raise BrokenStreamError(
                "truncated", f"ends before the stream does ({self.blob.size:,} bytes)", offset=self.blob.size
            )
        # After a jump there may be another payload to jump over: start small, grow as opcodes go on.
        jumped = pos > len(self.data)
        self._span = _FIRST_SPAN if jumped else min(2 * self._span, _LAST_SPAN)
        data = self.take(at, min(self._span, self.blob.size - at))
        last = at + len(data) == self.blob.size
        self.base, self.data = at, data + _PAD
        self.edge = len(data) if last else len(data) - SHORT - len(_PAD)

    def take(self, offset: int, length: int) -> bytes:
        """Return the `length` bytes at absolute `offset`, paid from the budget.

        Raises:
            BrokenStreamError: fewer are there.
            BudgetError: more than the budget allows.
        """
        if length > self.blob.size - offset:
            raise BrokenStreamError("truncated", f"ends inside a value of {length:,} bytes", offset=offset)
        self.budget.take_bytes(length)
        data = self.blob.read_at(offset, length)
        if len(data) != length:
            raise BrokenStreamError("truncated", f"ends inside a value of {length:,} bytes", offset=offset)
        return data

    def value(self, pos: int, length: int) -> bytes | None:
        """Return the payload of `length` bytes at `pos`; None when it is long and values are not wanted."""
        if length <= SHORT:
            if pos + length > len(self.data) - len(_PAD):
                raise BrokenStreamError("truncated", f"ends inside a value of {length:,} bytes")
            return self.data[pos : pos + length]
        return self.take(self.base + pos, length) if self.keep else None

    def line(self, pos: int) -> tuple[bytes | Payload, int]:
        """Return the line at `pos` and the position after its newline; a long one only when values are wanted.

        Raises:
            BrokenStreamError: no newline follows.
        """
        end = self.data.find(b"\n", pos)
        if end < 0:
            end = self._newline(self.base + max(pos, len(self.data) - len(_PAD))) - self.base
        if end - pos > SHORT and not self.keep:
            return Payload("str", self.base + pos, end - pos), end + 1
        if end < len(self.data):
            return self.data[pos:end], end + 1
        return self.take(self.base + pos, end - pos), end + 1

    def _newline(self, offset: int) -> int:
        while offset < self.blob.size:
            piece = self.take(offset, min(_LAST_SPAN, self.blob.size - offset))
            found = piece.find(b"\n")
            if found >= 0:
                return offset + found
            offset += len(piece)
        raise BrokenStreamError("truncated", "ends inside a line", offset=offset)

    def pop_mark(self) -> list[Node]:
        """Return what was pushed since the last mark and go back to before it.

        Raises:
            IndexError: there is no mark.
        """
        items = self.stack
        self.stack = self.marks.pop()
        return items

    def name(self, module: Node, qualname: Node) -> None:
        """Push the global `module.qualname`.

        Raises:
            BrokenStreamError: a part of the name is certainly no text.
        """
        if isinstance(module, str) and isinstance(qualname, str):
            node = Global(f"{module}.{qualname}")
        elif isinstance(module, _NEVER_TEXT) or isinstance(qualname, _NEVER_TEXT):
            raise BrokenStreamError("bad-argument", "imports a name that is no text")
        else:
            node = Global("?")
        self.only_plain = False
        if self.watch is not None:
            self.watch.on_global(node.name)
        self.stack.append(node)

    def call(self, op: CallOp, callable_: Node, args: Node, pos: int, kwargs: Node = None) -> None:
        """Push what calling `callable_` returns; `pos` is after the opcode."""
        if self.watch is not None:
            shown = (
                (*args, kwargs) if isinstance(args, tuple) and isinstance(kwargs, DictNode) and kwargs.pairs else args
            )
            self.watch.on_call(op, callable_, shown, self.base + pos - 1)
        self.stack.append(Call(op, callable_, args, kwargs))

    def build(self, target: Node, given: Node, pos: int) -> int:
        """Give the state `given` to `target`; `pos` is after the opcode.

        Returns where to go on: beyond every window when an array follows, which is then left in `array`.
        """
        if self.watch is not None:
            self.watch.on_call("BUILD", target, (given,), self.base + pos - 1)
        if isinstance(target, Call) and (self.keep or target.name == "numpy.dtype"):
            target.states.append(given)
        if isinstance(target, Call) and not self.plain:
            target.built = True
        self.array = None if self.plain else inline_array(target, given)
        return pos if self.array is None else pos + BEYOND

    def persid(self, value: Node) -> None:
        """Push the object that the loader knows by the identifier `value`."""
        self.only_plain = False
        if self.watch is not None:
            self.watch.on_persid()
        self.stack.append(Persid(value))

    def extension(self, code: int) -> None:
        """Push the entry `code` of the extension registry.

        Raises:
            BrokenStreamError: the code is not positive.
        """
        if code <= 0:
            raise BrokenStreamError("bad-argument", f"asks for extension code {code}")
        self.only_plain = False
        if self.watch is not None:
            self.watch.on_extension(code)
        self.stack.append(Extension(code))

    def add_items(self, op: str, target: Node, items: list[Node], pos: int) -> None:
        """Add `items` to `target` as APPEND(S) and ADDITEMS do.

        Raises:
            BrokenStreamError: `target` is certainly nothing that items can be added to.
        """
        plain = isinstance(target, ListNode | SetNode)
        if isinstance(target, ListNode | SetNode):
            room = len(items) if self.keep else max(0, KEPT - len(target.items))
            target.items += items[:room]
            target.more += len(items) - len(items[:room])
        elif isinstance(target, Call):
            target.items += items if self.keep else ()
        self._filled(op, target, pos, plain=plain)

    def add_pairs(self, op: str, target: Node, flat: list[Node], pos: int) -> None:
        """Set keys and values, given in turns, on `target` as SETITEM(S) do.

        Raises:
            BrokenStreamError: a value is missing, or `target` is certainly nothing that has keys.
        """
        if len(flat) % 2:
            raise BrokenStreamError("odd-items", "a key stands without a value")
        if isinstance(target, DictNode):
            room = len(flat) if self.keep else 2 * max(0, KEPT - len(target.pairs))
            kept = flat[:room]
            target.pairs += zip(kept[::2], kept[1::2], strict=True)
            target.more += (len(flat) - len(kept)) // 2
        elif isinstance(target, Call) and self.keep:
            target.pairs += zip(flat[::2], flat[1::2], strict=True)
        self._filled(op, target, pos, plain=isinstance(target, DictNode))

    def _filled(self, op: str, target: Node, pos: int, *, plain: bool) -> None:
        if plain:
            return
        if target is None or isinstance(target, bool | int | float | str | tuple):
            raise BrokenStreamError("bad-argument", f"{op} on a value that holds no items")
        if self.watch is not None:
            self.watch.on_fill(op, target, self.base + pos - 1)

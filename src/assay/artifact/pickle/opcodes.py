"""The opcodes of pickle protocols 0 to 5, each as what it does to the state of a pickle machine.

A handler gets the state, the window and the position after its opcode, and returns the position of the next opcode,
which may lie beyond the window: then the machine jumps. Meanings and names: CPython, Lib/pickletools.py.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Literal, TypeAlias

from assay.artifact.pickle.nodes import Buffer, DictNode, ListNode, Node, Payload, SetNode
from assay.artifact.pickle.state import SHORT, BrokenStreamError, State
from assay.artifact.pickle.text import early_text, int_line, long_int, long_line, quoted, raw_unicode, utf8

__all__ = ["STOP", "TABLE", "Handler"]

Handler: TypeAlias = Callable[[State, bytes, int], int]
_Kind: TypeAlias = Literal["bytes", "bytearray", "str", "int"]

STOP = ord(".")
"""Ends a stream; the only opcode that is no handler's."""


# -- plain values


def _constant(value: Node) -> Handler:
    def push(state: State, _data: bytes, pos: int) -> int:
        state.stack.append(value)
        return pos

    return push


def _int(width: int, *, signed: bool = False) -> Handler:
    def push(state: State, data: bytes, pos: int) -> int:
        end = pos + width
        state.stack.append(int.from_bytes(data[pos:end], "little", signed=signed))
        return end

    return push


def _binfloat(state: State, data: bytes, pos: int) -> int:
    state.stack.append(struct.unpack_from(">d", data, pos)[0])
    return pos + 8


def _sized(
    kind: _Kind, width: int, decode: Callable[[bytes], str | int] | None = None, *, signed: bool = False
) -> Handler:
    """A payload after its length in `width` bytes; without `decode` it is never looked at."""

    def push(state: State, data: bytes, pos: int) -> int:
        start = pos + width
        size = int.from_bytes(data[pos:start], "little", signed=signed)
        if size < 0:
            raise BrokenStreamError("bad-argument", f"a length is negative ({size})")
        held = None if decode is None else state.value(start, size)
        state.stack.append(Payload(kind, state.base + start, size) if decode is None or held is None else decode(held))
        return start + size

    return push


# -- values in lines of text (protocol 0)


def _line_index(state: State, pos: int) -> tuple[int, int]:
    line, end = state.line(pos)
    if isinstance(line, Payload) or not re.fullmatch(rb"\s*\+?[0-9]{1,18}\s*", line):
        raise BrokenStreamError("bad-argument", "a memo index is no number")
    return int(line), end


def _number_line(parse: Callable[[bytes], int | float]) -> Handler:
    def push(state: State, _data: bytes, pos: int) -> int:
        line, end = state.line(pos)
        if isinstance(line, Payload) or len(line) > SHORT:
            raise BrokenStreamError("bad-argument", "a number in text is too long")
        try:
            state.stack.append(parse(line))
        except ValueError:
            raise BrokenStreamError("bad-argument", f"{line[:40]!r} is no number") from None
        return end

    return push


def _text_line(state: State, pos: int, decode: Callable[[bytes], str]) -> tuple[Node, int]:
    line, end = state.line(pos)
    return (line if isinstance(line, Payload) else decode(line)), end


def _string_line(decode: Callable[[bytes], str]) -> Handler:
    def push(state: State, _data: bytes, pos: int) -> int:
        value, end = _text_line(state, pos, decode)
        state.stack.append(value)
        return end

    return push


# -- containers


def _empty(make: type[ListNode | DictNode | SetNode]) -> Handler:
    def push(state: State, _data: bytes, pos: int) -> int:
        state.stack.append(make())
        return pos

    return push


def _list(state: State, _data: bytes, pos: int) -> int:
    node = ListNode()
    state.add_items("LIST", node, state.pop_mark(), pos)
    state.stack.append(node)
    return pos


def _dict(state: State, _data: bytes, pos: int) -> int:
    node = DictNode()
    state.add_pairs("DICT", node, state.pop_mark(), pos)
    state.stack.append(node)
    return pos


def _frozenset(state: State, _data: bytes, pos: int) -> int:
    node = SetNode()
    state.add_items("FROZENSET", node, state.pop_mark(), pos)
    state.stack.append(node)
    return pos


def _tuple(state: State, _data: bytes, pos: int) -> int:
    items = tuple(state.pop_mark())
    state.stack.append(items)
    return pos


def _tuple_of(count: int) -> Handler:
    def push(state: State, _data: bytes, pos: int) -> int:
        stack = state.stack
        if len(stack) < count:
            raise IndexError
        stack[-count:] = [tuple(stack[-count:])]
        return pos

    return push


def _append(state: State, _data: bytes, pos: int) -> int:
    item = state.stack.pop()
    state.add_items("APPEND", state.stack[-1], [item], pos)
    return pos


def _add_marked(op: str) -> Handler:
    def add(state: State, _data: bytes, pos: int) -> int:
        items = state.pop_mark()
        state.add_items(op, state.stack[-1], items, pos)
        return pos

    return add


def _setitem(state: State, _data: bytes, pos: int) -> int:
    value, key = state.stack.pop(), state.stack.pop()
    state.add_pairs("SETITEM", state.stack[-1], [key, value], pos)
    return pos


def _setitems(state: State, _data: bytes, pos: int) -> int:
    items = state.pop_mark()
    state.add_pairs("SETITEMS", state.stack[-1], items, pos)
    return pos


# -- stack and memo


def _mark(state: State, _data: bytes, pos: int) -> int:
    state.marks.append(state.stack)
    state.stack = []
    return pos


def _pop(state: State, _data: bytes, pos: int) -> int:
    if state.stack:
        state.stack.pop()
    else:
        state.pop_mark()
    return pos


def _pop_mark(state: State, _data: bytes, pos: int) -> int:
    state.pop_mark()
    return pos


def _dup(state: State, _data: bytes, pos: int) -> int:
    state.stack.append(state.stack[-1])
    return pos


def _memoize(state: State, _data: bytes, pos: int) -> int:
    state.memo[len(state.memo)] = state.stack[-1]
    return pos


def _put(width: int) -> Handler:
    def put(state: State, data: bytes, pos: int) -> int:
        end = pos + width
        state.memo[int.from_bytes(data[pos:end], "little")] = state.stack[-1]
        return end

    return put


def _put_line(state: State, _data: bytes, pos: int) -> int:
    index, end = _line_index(state, pos)
    state.memo[index] = state.stack[-1]
    return end


def _get(width: int) -> Handler:
    def get(state: State, data: bytes, pos: int) -> int:
        end = pos + width
        _recall(state, int.from_bytes(data[pos:end], "little"))
        return end

    return get


def _get_line(state: State, _data: bytes, pos: int) -> int:
    index, end = _line_index(state, pos)
    _recall(state, index)
    return end


def _recall(state: State, index: int) -> None:
    try:
        state.stack.append(state.memo[index])
    except KeyError:
        raise BrokenStreamError("bad-memo-index", f"memo entry {index} was never stored") from None


# -- names and calls


def _name_line(state: State, pos: int) -> tuple[Node, int]:
    return _text_line(state, pos, early_text)


def _global(state: State, _data: bytes, pos: int) -> int:
    module, pos = _name_line(state, pos)
    qualname, pos = _name_line(state, pos)
    state.name(module, qualname)
    return pos


def _stack_global(state: State, _data: bytes, pos: int) -> int:
    qualname, module = state.stack.pop(), state.stack.pop()
    state.name(module, qualname)
    return pos


def _inst(state: State, _data: bytes, pos: int) -> int:
    module, end = _name_line(state, pos)
    qualname, end = _name_line(state, end)
    args = tuple(state.pop_mark())
    state.name(module, qualname)
    state.call("INST", state.stack.pop(), args, pos)
    return end


def _obj(state: State, _data: bytes, pos: int) -> int:
    items = state.pop_mark()
    state.call("OBJ", items[0], tuple(items[1:]), pos)
    return pos


def _reduce(state: State, _data: bytes, pos: int) -> int:
    args, callable_ = state.stack.pop(), state.stack.pop()
    state.call("REDUCE", callable_, args, pos)
    return pos


def _newobj(state: State, _data: bytes, pos: int) -> int:
    args, callable_ = state.stack.pop(), state.stack.pop()
    state.call("NEWOBJ", callable_, args, pos)
    return pos


def _newobj_ex(state: State, _data: bytes, pos: int) -> int:
    kwargs, args, callable_ = state.stack.pop(), state.stack.pop(), state.stack.pop()
    state.call("NEWOBJ_EX", callable_, args, pos, kwargs)
    return pos


def _build(state: State, _data: bytes, pos: int) -> int:
    given = state.stack.pop()
    return state.build(state.stack[-1], given, pos)


def _extension(width: int) -> Handler:
    signed = width == 4

    def push(state: State, data: bytes, pos: int) -> int:
        end = pos + width
        state.extension(int.from_bytes(data[pos:end], "little", signed=signed))
        return end

    return push


def _persid(state: State, _data: bytes, pos: int) -> int:
    value, end = _name_line(state, pos)
    state.persid(value)
    return end


def _binpersid(state: State, _data: bytes, pos: int) -> int:
    state.persid(state.stack.pop())
    return pos


# -- the stream itself


def _proto(state: State, data: bytes, pos: int) -> int:
    if data[pos] > 5:
        raise BrokenStreamError("unknown-protocol", f"is written in protocol {data[pos]}; known are 0 to 5")
    state.protocol = max(state.protocol, data[pos])
    return pos + 1


def _frame(state: State, data: bytes, pos: int) -> int:
    size = int.from_bytes(data[pos : pos + 8], "little")
    if size > state.blob.size - state.base - pos - 8:
        raise BrokenStreamError("truncated", f"a frame of {size:,} bytes is longer than what follows")
    return pos + 8


def _buffer(state: State, _data: bytes, pos: int) -> int:
    state.only_plain = False
    state.stack.append(Buffer())
    return pos


def _readonly_buffer(state: State, _data: bytes, pos: int) -> int:
    state.stack[-1] = state.stack[-1]
    return pos


def _unknown(_state: State, data: bytes, pos: int) -> int:
    raise BrokenStreamError("unknown-opcode", f"byte 0x{data[pos - 1]:02x} is no opcode")


_KNOWN: dict[bytes, Handler] = {
    b"N": _constant(None), b"\x88": _constant(True), b"\x89": _constant(False),
    b"K": _int(1), b"M": _int(2), b"J": _int(4, signed=True), b"G": _binfloat,
    b"\x8a": _sized("int", 1, long_int), b"\x8b": _sized("int", 4, long_int, signed=True),
    b"U": _sized("str", 1, early_text), b"T": _sized("str", 4, early_text, signed=True),
    b"C": _sized("bytes", 1), b"B": _sized("bytes", 4), b"\x8e": _sized("bytes", 8), b"\x96": _sized("bytearray", 8),
    b"\x8c": _sized("str", 1, utf8), b"X": _sized("str", 4, utf8), b"\x8d": _sized("str", 8, utf8),
    b"I": _number_line(int_line), b"L": _number_line(long_line), b"F": _number_line(float),
    b"S": _string_line(quoted), b"V": _string_line(raw_unicode),
    b"]": _empty(ListNode), b"}": _empty(DictNode), b"\x8f": _empty(SetNode), b")": _constant(()),
    b"l": _list, b"d": _dict, b"\x91": _frozenset,
    b"t": _tuple, b"\x85": _tuple_of(1), b"\x86": _tuple_of(2), b"\x87": _tuple_of(3),
    b"a": _append, b"e": _add_marked("APPENDS"), b"\x90": _add_marked("ADDITEMS"), b"s": _setitem, b"u": _setitems,
    b"(": _mark, b"0": _pop, b"1": _pop_mark, b"2": _dup,
    b"\x94": _memoize, b"q": _put(1), b"r": _put(4), b"p": _put_line, b"h": _get(1), b"j": _get(4), b"g": _get_line,
    b"c": _global, b"\x93": _stack_global, b"i": _inst, b"o": _obj, b"R": _reduce,
    b"\x81": _newobj, b"\x92": _newobj_ex, b"b": _build,
    b"\x82": _extension(1), b"\x83": _extension(2), b"\x84": _extension(4),
    b"P": _persid, b"Q": _binpersid,
    b"\x80": _proto, b"\x95": _frame, b"\x97": _buffer, b"\x98": _readonly_buffer,
}  # fmt: skip

TABLE: tuple[Handler, ...] = tuple(_KNOWN.get(bytes([code]), _unknown) for code in range(256))
"""The handler of each opcode by its byte; of STOP too it is the one that refuses."""

"""Pickles put together opcode by opcode, so that a payload never exists as a live object."""

from __future__ import annotations

import io
import struct
import zipfile

EMPTY_TUPLE, EMPTY_LIST, EMPTY_DICT = b")", b"]", b"}"
NONE, TRUE, FALSE = b"N", b"\x88", b"\x89"
REDUCE, NEWOBJ, BUILD, POP = b"R", b"\x81", b"b", b"0"


def text(value: str) -> bytes:
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def data(value: bytes) -> bytes:
    return b"B" + struct.pack("<I", len(value)) + value


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def named(module: str, name: str) -> bytes:
    """GLOBAL."""
    return f"c{module}\n{name}\n".encode()


def stacked(module: str, name: str) -> bytes:
    """STACK_GLOBAL."""
    return text(module) + text(name) + b"\x93"


def group(*items: bytes) -> bytes:
    """A tuple."""
    return b"(" + b"".join(items) + b"t"


def listed(*items: bytes) -> bytes:
    return b"](" + b"".join(items) + b"e"


def mapped(*pairs: bytes) -> bytes:
    return b"}(" + b"".join(pairs) + b"u"


def call(callable_: bytes, *arguments: bytes) -> bytes:
    return callable_ + group(*arguments) + REDUCE


def new(class_: bytes, *arguments: bytes) -> bytes:
    return class_ + group(*arguments) + NEWOBJ


def built(made: bytes, state: bytes) -> bytes:
    return made + state + BUILD


def pickled(*parts: bytes, protocol: int = 2) -> bytes:
    """One stream of these parts, ended."""
    return b"\x80" + bytes([protocol]) + b"".join(parts) + b"."


def storage(key: str = "0", kind: str = "FloatStorage", count: int = 4) -> bytes:
    """BINPERSID of a torch storage."""
    return group(text("storage"), named("torch", kind), text(key), text("cpu"), number(count)) + b"Q"


def tensor(key: str = "0") -> bytes:
    """What torch writes for a tensor of four numbers."""
    hooks = call(named("collections", "OrderedDict"))
    shape, stride = group(number(4)), group(number(1))
    return call(named("torch._utils", "_rebuild_tensor_v2"), storage(key), number(0), shape, stride, FALSE, hooks)


def torch_zip(stream: bytes, name: str = "archive") -> bytes:
    """A checkpoint as torch lays it out: stored members, one storage."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for member, content in (("data.pkl", stream), ("version", b"3\n"), ("data/0", bytes(16))):
            archive.writestr(zipfile.ZipInfo(f"{name}/{member}", (1980, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


SHELL = pickled(call(named("posix", "system"), text("true")))
"""Would call a shell if it were ever loaded."""
STATE_DICT = pickled(mapped(text("weight"), tensor(), text("bias"), tensor("1")))

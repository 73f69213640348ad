"""FlatBuffers put together by hand, and the files written in them: TensorFlow Lite, ExecuTorch, Arrow; and Parquet."""

from __future__ import annotations

import base64
import struct
from typing import Any, NamedTuple

from tests.make.model_files import varint


class Number(NamedTuple):
    width: int
    value: int


class Items(NamedTuple):
    """A vector of numbers of one width."""

    width: int
    values: tuple[int, ...]


def flat(fields: dict[int, Any], identifier: bytes = b"") -> bytes:
    """Return a buffer with a root table; a dict is a table, a list a vector of them, text and bytes a vector."""
    out = bytearray(4) + identifier
    _patch(out, 0, _put(out, fields))
    return bytes(out)


def _patch(out: bytearray, place: int, target: int) -> None:
    out[place : place + 4] = struct.pack("<I", target - place)


def _put(out: bytearray, value: Any) -> int:
    if isinstance(value, dict):
        return _table(out, value)
    start = len(out)
    if isinstance(value, str | bytes):
        data = value.encode() if isinstance(value, str) else value
        out += struct.pack("<I", len(data)) + data + b"\0"
    elif isinstance(value, Items):
        out += struct.pack("<I", len(value.values))
        out += b"".join((one % 2 ** (8 * value.width)).to_bytes(value.width, "little") for one in value.values)
    else:
        out += struct.pack("<I", len(value)) + bytes(4 * len(value))
        for index, one in enumerate(value):
            _patch(out, start + 4 + 4 * index, _put(out, one))
    return start


def _table(out: bytearray, fields: dict[int, Any]) -> int:
    size = 4 + 2 * (max(fields, default=-1) + 1)
    vtable = len(out)
    out += struct.pack("<HH", size, 0) + bytes(size - 4)
    start = len(out)
    out += struct.pack("<i", start - vtable)
    waiting = []
    for index, value in fields.items():
        out[vtable + 4 + 2 * index : vtable + 6 + 2 * index] = struct.pack("<H", len(out) - start)
        if isinstance(value, Number):
            out += (value.value % 2 ** (8 * value.width)).to_bytes(value.width, "little")
        else:
            waiting.append((len(out), value))
            out += bytes(4)
    for place, value in waiting:
        _patch(out, place, _put(out, value))
    return start


def tflite(*custom: str, buffers: int = 2, index: int = 0, tensor: int = 0, **buffer: int) -> bytes:
    """Return a model of one operator, an addition or the first of `custom`; `buffer` has an `offset` and a `size`."""
    codes = [{0: Number(1, 32), 1: name, 3: Number(4, 32)} for name in custom] or [{0: Number(1, 0)}]
    last = {1: Number(8, buffer.get("offset", 0)), 2: Number(8, buffer.get("size", 0))}
    graph = {
        0: [{0: Items(4, (1, 4)), 2: Number(4, 1), 3: "x"}],
        3: [{0: Number(4, index), 1: Items(4, (tensor, -1)), 2: Items(4, (0,))}],
    }
    root = {0: Number(4, 3), 1: codes, 2: [graph], 3: "a model", 4: [{}] * (buffers - 1) + [last]}
    return flat(root, b"TFL3")


def executorch(operator: str = "aten::add", size: int = 8) -> bytes:
    plan = {0: "forward", 6: [{0: operator, 1: "out"}], 7: [{0: "XnnpackBackend"}]}
    return flat({0: Number(4, 0), 1: [plan], 4: [{0: Number(8, 0), 1: Number(8, size)}]}, b"ET12")


def arrow_schema(extension: str = "", parameters: bytes = b"", *, deep: bool = False) -> dict[int, Any]:
    """Return a schema of one column, of an extension type where one is named; `deep` puts it inside a list."""
    pairs = [{0: "ARROW:extension:name", 1: extension}, {0: "ARROW:extension:metadata", 1: parameters}]
    field = {0: "column", 3: {}, **({6: pairs} if extension else {})}
    return {1: [{0: "list", 3: {}, 5: [field]} if deep else field], 2: [{0: "huggingface", 1: "{}"}]}


def arrow_message(schema: dict[int, Any]) -> bytes:
    data = flat({0: Number(2, 4), 1: Number(1, 1), 2: schema, 3: Number(8, 0)})
    return b"\xff\xff\xff\xff" + struct.pack("<i", len(data)) + data


def arrow_stream(schema: dict[int, Any]) -> bytes:
    return arrow_message(schema) + b"\xff\xff\xff\xff\0\0\0\0"


def arrow_file(schema: dict[int, Any], footer: dict[int, Any] | None = None) -> bytes:
    """Return a file whose footer may hold another schema than its front."""
    end = flat({0: Number(2, 4), 1: schema if footer is None else footer})
    return b"ARROW1\0\0" + arrow_stream(schema) + end + struct.pack("<i", len(end)) + b"ARROW1"


def parquet(metadata: dict[str, bytes]) -> bytes:
    """Return a file without rows and with pairs of metadata."""
    pairs = b"".join(
        b"\x18" + varint(len(key)) + key.encode() + b"\x18" + varint(len(value)) + value + b"\0"
        for key, value in metadata.items()
    )
    root = b"\x18\x04root\x15\x02\0"
    footer = b"\x15\x04" + b"\x19\x1c" + root + b"\x16\x00" + b"\x19\x0c"
    footer += b"\x19" + bytes([len(metadata) << 4 | 12]) + pairs + b"\x18\x05maker" + b"\0"
    return b"PAR1" + footer + struct.pack("<I", len(footer)) + b"PAR1"


def parquet_of(schema: dict[int, Any]) -> bytes:
    return parquet({"ARROW:schema": base64.b64encode(arrow_message(schema))})

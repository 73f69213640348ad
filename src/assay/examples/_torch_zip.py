"""Writes checkpoints in the zip layout of torch, opcode by opcode; with an extra call where an example wants one.

The layout is what torch 2.15 writes: records stored and aligned to 64 bytes by an extra field `FB`, sizes in data
descriptors, a zip64 end record always. The pickle is that of an OrderedDict of CPU tensors at protocol 2.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from assay.artifact.safetensors_file import Tensor
from assay.canonical import sha256_hex

__all__ = ["TextCall", "Weight", "torch_zip"]

_STORAGES = {"F32": "FloatStorage", "F16": "HalfStorage", "BF16": "BFloat16Storage", "I64": "LongStorage"}
_ALIGNMENT = 64
_DESCRIPTOR_AND_UTF8 = 0x0808


class Weight(NamedTuple):
    """A tensor and its bytes, row-major and little-endian."""

    tensor: Tensor
    data: bytes


class TextCall(NamedTuple):
    """A call of `module.name(argument)` that loading the pickle makes, and whose result is thrown away."""

    module: str
    name: str
    argument: str


def torch_zip(weights: Sequence[Weight], *, call: TextCall | None = None, root: str = "archive") -> bytes:
    """Return a checkpoint that holds `weights` as a state dict, each over a storage of its own."""
    records = [
        ("data.pkl", _state_dict([weight.tensor for weight in weights], call)),
        (".format_version", b"1"),
        (".storage_alignment", b"64"),
        ("byteorder", b"little"),
        *((f"data/{number}", weight.data) for number, weight in enumerate(weights)),
        ("version", b"3\n"),
    ]
    serialization_id = str(int(sha256_hex(b"".join(data for _, data in records)), 16))[:40].encode()
    return _zip(root, [*records, (".data/serialization_id", serialization_id)])


class _Assembler:
    """Writes opcodes of protocol 2 and memoises as the C pickler does: each new object gets the next number."""

    def __init__(self) -> None:
        self.out = bytearray(b"\x80\x02")
        self._memo: dict[object, int] = {}
        self._next = 0

    def put(self, key: object = None) -> None:
        """Memoise the top of the stack, under `key` when it will be wanted again."""
        if key is not None:
            self._memo[key] = self._next
        number, self._next = self._next, self._next + 1
        self.out += b"q" + bytes([number]) if number < 256 else b"r" + struct.pack("<I", number)

    def known(self, key: object) -> bool:
        """Push what was memoised under `key`, if anything was."""
        number = self._memo.get(key)
        if number is None:
            return False
        self.out += b"h" + bytes([number]) if number < 256 else b"j" + struct.pack("<I", number)
        return True

    def name(self, module: str, name: str) -> None:
        if not self.known((module, name)):
            self.out += f"c{module}\n{name}\n".encode()
            self.put((module, name))

    def text(self, text: str, *, again: bool = False) -> None:
        if not (again and self.known(text)):
            raw = text.encode()
            self.out += b"X" + struct.pack("<I", len(raw)) + raw
            self.put(text if again else None)

    def number(self, value: int) -> None:
        if value < 256:
            self.out += b"K" + bytes([value])
        elif value < 65536:
            self.out += b"M" + struct.pack("<H", value)
        else:
            self.out += b"J" + struct.pack("<i", value)

    def numbers(self, values: Sequence[int]) -> None:
        if not values:
            self.out += b")"
            return
        if len(values) > 3:
            self.out += b"("
        for value in values:
            self.number(value)
        self.out += {1: b"\x85", 2: b"\x86", 3: b"\x87"}.get(len(values), b"t")
        self.put()

    def empty_ordered_dict(self) -> None:
        self.name("collections", "OrderedDict")
        self.out += b")R"
        self.put()


def _state_dict(tensors: Sequence[Tensor], call: TextCall | None) -> bytes:
    asm = _Assembler()
    if call is not None:
        asm.name(call.module, call.name)
        asm.text(call.argument)
        asm.out += b"\x85R0"
    asm.empty_ordered_dict()
    asm.out += b"("
    for number, tensor in enumerate(tensors):
        asm.text(tensor.name)
        _tensor(asm, tensor, str(number))
    asm.out += b"u."
    return bytes(asm.out)


def _tensor(asm: _Assembler, tensor: Tensor, storage: str) -> None:
    asm.name("torch._utils", "_rebuild_tensor_v2")
    asm.out += b"(("
    asm.text("storage", again=True)
    asm.name("torch", _STORAGES[tensor.dtype])
    asm.text(storage)
    asm.text("cpu", again=True)
    asm.number(tensor.elements)
    asm.out += b"t"
    asm.put()
    asm.out += b"Q"
    asm.number(0)
    asm.numbers(tensor.shape)
    asm.numbers(_strides(tensor.shape))
    asm.out += b"\x89"
    asm.empty_ordered_dict()
    asm.out += b"t"
    asm.put()
    asm.out += b"R"
    asm.put()


def _strides(shape: Sequence[int]) -> list[int]:
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return strides[::-1]


def _zip(root: str, records: Sequence[tuple[str, bytes]]) -> bytes:
    out, directory = bytearray(), bytearray()
    for name, data in records:
        raw = f"{root}/{name}".encode()
        offset, crc = len(out), zlib.crc32(data)
        padding = -(offset + 30 + len(raw) + 4) % _ALIGNMENT
        out += struct.pack("<4s5H3L2H", b"PK\x03\x04", 0, _DESCRIPTOR_AND_UTF8, 0, 0, 0, 0, 0, 0, len(raw), 4 + padding)
        out += raw + b"FB" + struct.pack("<H", padding) + b"Z" * padding + data
        out += struct.pack("<4s3L", b"PK\x07\x08", crc, len(data), len(data))
        directory += struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", 0, 0, _DESCRIPTOR_AND_UTF8, 0, 0, 0, crc, len(data), len(data),
            len(raw), 0, 0, 0, 0, 0, offset,
        )  # fmt: skip
        directory += raw
    start, count, size = len(out), len(records), len(directory)
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 0x031E, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, start + size, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, size, start, 0)
    return bytes(out + directory + end64 + locator + end)

"""GGUF: the header, its metadata and the table of tensors, held to the file; the tensors are jumped over.

Source of the format: github.com/ggml-org/ggml, docs/gguf.md; sizes of blocks from ggml/src/ggml-common.h.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.notes import Notes, fact_number
from assay.artifact.observation import Observation
from assay.artifact.text.documents import float_fact
from assay.artifact.window import Window
from assay.canonical import JSON
from assay.errors import ReadError

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "gguf"
VERSION = 1

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "B", 10: "Q", 11: "q", 12: "d"}
"""Struct codes of the metadata types with a fixed width."""
_NAMES = {0: "u8", 1: "i8", 2: "u16", 3: "i16", 4: "u32", 5: "i32", 6: "f32", 7: "bool", 8: "string", 9: "array",
          10: "u64", 11: "i64", 12: "f64"}  # fmt: skip
_FLOATS = (6, 12)
_BOOL, _STRING, _ARRAY = 7, 8, 9
_BLOCKS = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 36), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
}  # fmt: skip
"""Tensor types: name, elements in a block, bytes of a block."""
_LONGEST_KEY = 65_535
_MOST_DIMENSIONS = 4
_LARGEST_SIZE = 2**63
_TEMPLATE = "tokenizer.chat_template"
_LONGEST_TEMPLATE = 1024 * 1024
_KEPT_TEXT = 512
_TABLE = 4096


class _Tensor(NamedTuple):
    name: str
    type: int
    shape: tuple[int, ...]
    offset: int

    @property
    def bytes(self) -> int | None:
        """Length of its data; None where the type is not known."""
        if self.type not in _BLOCKS:
            return None
        _, elements, size = _BLOCKS[self.type]
        return -(-math.prod(self.shape) // elements) * size


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return version, metadata, chat templates and the table of tensors, and where they contradict the file.

    Facts: `version`, `big_endian`, `metadata` (short values as they are, arrays as type and length),
    `chat_templates` (texts), `tensors`, `parameters`, `types` (tensors by type), `table`, `data_bytes`.

    Raises:
        ReadError: it is too short to have a header.
    """
    del path
    notes = Notes(FORMAT, VERSION, budget, depth)
    seen = _Seen(Window(blob, budget), notes)
    seen.header()
    with notes.until_broken():
        seen.body()
    return notes.observation(seen.facts())


@dataclass(slots=True)
class _Seen:
    """Moves through the header from front to back."""

    window: Window
    notes: Notes
    at: int = 0
    order: str = "<"
    version: int = 0
    counts: tuple[int, int] = (0, 0)
    metadata: dict[str, JSON] = field(default_factory=dict)
    templates: list[str] = field(default_factory=list)
    tensors: list[_Tensor] = field(default_factory=list)
    data_bytes: int = 0

    def facts(self) -> dict[str, JSON]:
        types = Counter(_BLOCKS[tensor.type][0] if tensor.type in _BLOCKS else "unknown" for tensor in self.tensors)
        return {
            "version": self.version,
            "big_endian": self.order == ">",
            "metadata": self.metadata,
            "chat_templates": list(self.templates),
            "tensors": len(self.tensors),
            "parameters": fact_number(sum(math.prod(tensor.shape) for tensor in self.tensors)),
            "types": dict(sorted(types.items())),
            "table": [
                [tensor.name, _BLOCKS[tensor.type][0] if tensor.type in _BLOCKS else str(tensor.type),
                 [fact_number(size) for size in tensor.shape]]
                for tensor in self.tensors[:_TABLE]
            ],
            "data_bytes": self.data_bytes,
        }  # fmt: skip

    def header(self) -> None:
        head = self.window.take(0, 24, "the header")
        # The version is small: where its low half is empty, the file was written on a big-endian machine.
        self.order = ">" if head[4:6] == b"\0\0" and head[6:8] != b"\0\0" else "<"
        self.version = struct.unpack_from(f"{self.order}I", head, 4)[0]
        if self.version == 1:
            tensors, pairs = struct.unpack_from(f"{self.order}II", head, 8)
            self.at = 16
        else:
            tensors, pairs = struct.unpack_from(f"{self.order}QQ", head, 8)
            self.at = 24
        self.counts = (tensors, pairs)

    def body(self) -> None:
        if self.version not in (1, 2, 3):
            self.notes.stop("unknown-version", f"has the version {self.version}, which is not known", 4)
            return
        tensors, pairs = self.counts
        # The shortest entries there can be: what cannot fit is a lie and is not tried.
        if 13 * pairs + 24 * tensors > 2 * self.window.size:
            message = f"names {tensors:,} tensors and {pairs:,} metadata in a file of {self.window.size:,} bytes"
            self.notes.stop("count-too-large", message, 8)
            return
        for _ in range(pairs):
            self.notes.budget.take_items()
            self._pair()
        alignment = self.metadata.get("general.alignment", 32)
        for _ in range(tensors):
            self.notes.budget.take_items()
            self._tensor()
        if not isinstance(alignment, int) or alignment <= 0 or alignment & (alignment - 1) or alignment > 2**30:
            self.notes.problem("bad-alignment", "the alignment is no power of two", None)
            return
        self._layout(alignment)

    def _unpack(self, code: str, what: str) -> int:
        value: int = struct.unpack(self.order + code, self.window.take(self.at, struct.calcsize(code), what))[0]
        self.at += struct.calcsize(code)
        return value

    def _length(self, what: str) -> int:
        return self._unpack("I" if self.version == 1 else "Q", what)

    def _string(self, what: str, limit: int) -> str:
        """Return the text here, at most `limit` bytes of it, and step over it."""
        length = self._length(what)
        if length > self.window.size - self.at:
            raise ReadError(f"{what} is said to be {length:,} bytes long, beyond the end", offset=self.at)
        text = self.window.take(self.at, min(length, limit), what).decode("utf-8", "replace")
        self.at += length
        return text

    def _pair(self) -> None:
        start = self.at
        key = self._string("a metadata key", _LONGEST_KEY + 1)
        if not key or len(key) > _LONGEST_KEY:
            self.notes.problem("bad-key", "a metadata key is empty or longer than the format allows", start)
        type_ = self._unpack("I", "a metadata type")
        template = key == _TEMPLATE or key.startswith(f"{_TEMPLATE}.")
        if key in self.metadata:
            self.notes.problem("duplicate-key", f"the metadata {key[:80]!r} stand twice", start)
        value = self._value(type_, key, _LONGEST_TEMPLATE if template else _KEPT_TEXT)
        if template and isinstance(value, str):
            if len(value.encode("utf-8", "replace")) >= _LONGEST_TEMPLATE:
                self.notes.stop("template-too-long", f"the template {key[:80]!r} is longer than is read", start)
            self.notes.budget.take_facts(len(value) + 4)
            self.templates.append(value)
            value = value[:_KEPT_TEXT]
        self.notes.budget.take_facts(len(key) + (len(value) if isinstance(value, str) else 8) + 8)
        self.metadata[key[:_KEPT_TEXT]] = value

    def _value(self, type_: int, key: str, limit: int) -> JSON:
        what = f"the metadata {key[:80]!r}"
        if type_ == _STRING:
            return self._string(what, limit)
        if type_ == _ARRAY:
            return self._array(what, 1)
        if type_ not in _SCALARS:
            raise ReadError(f"{what} has the unknown type {type_}", offset=self.at)
        number = self._unpack(_SCALARS[type_], what)
        if type_ == _BOOL:
            return bool(number)
        return float_fact(str(number)) if type_ in _FLOATS else fact_number(number)

    def _array(self, what: str, depth: int) -> JSON:
        self.notes.budget.check_depth(depth)
        self.notes.budget.take_items(8)
        type_ = self._unpack("I", what)
        length = self._length(what)
        if type_ in _SCALARS:
            width = struct.calcsize(_SCALARS[type_])
            if length > (self.window.size - self.at) // width:
                raise ReadError(f"{what} is said to hold {length:,} items, beyond the end", offset=self.at)
            self.at += width * length
        elif type_ in (_STRING, _ARRAY):
            if length > (self.window.size - self.at) // (4 if self.version == 1 else 8):
                raise ReadError(f"{what} is said to hold {length:,} items, beyond the end", offset=self.at)
            self.notes.budget.take_items(length)
            if type_ == _STRING:
                self._skip_strings(length, what)
            else:
                for _ in range(length):
                    self._array(what, depth + 1)
        else:
            raise ReadError(f"{what} is an array of the unknown type {type_}", offset=self.at)
        return {"array": _NAMES[type_], "length": length}

    def _skip_strings(self, count: int, what: str) -> None:
        """Step over `count` strings: vocabularies hold some hundred thousand."""
        width = 4 if self.version == 1 else 8
        from_bytes = _from_big if self.order == ">" else _from_little
        at, end = self.at, self.window.size
        for _ in range(count):
            at += width + from_bytes(self.window.take(at, width, what))
            if at > end:
                raise ReadError(f"{what} holds a string that goes beyond the end", offset=self.at)
        self.at = at

    def _tensor(self) -> None:
        start = self.at
        name = self._string("the name of a tensor", _KEPT_TEXT)
        dimensions = self._unpack("I", "the number of dimensions")
        if dimensions > _MOST_DIMENSIONS:
            raise ReadError(f"the tensor {name[:80]!r} has {dimensions:,} dimensions", offset=start)
        shape = tuple(self._length("a shape") for _ in range(dimensions))
        type_ = self._unpack("I", "the type of a tensor")
        offset = self._unpack("Q", "the offset of a tensor")
        self.notes.budget.take_facts(len(name) + 8 * len(shape) + 24)
        tensor = _Tensor(name, type_, shape, offset)
        self.tensors.append(tensor)
        if math.prod(shape) >= _LARGEST_SIZE:
            self.notes.problem("shape-overflow", f"the shape of {name[:80]!r} does not fit into 63 bits", start)
        elif type_ not in _BLOCKS:
            self.notes.problem("unknown-type", f"{name[:80]!r} has the unknown type {type_}", start)
        elif shape and shape[0] % _BLOCKS[type_][1]:
            self.notes.problem("shape-mismatch", f"rows of {name[:80]!r} are no whole number of blocks", start)

    def _layout(self, alignment: int) -> None:
        """Compare where tensors lie with the file: aligned, apart, inside."""
        start = -(-self.at // alignment) * alignment
        self.data_bytes = max(0, self.window.size - start)
        names = Counter(tensor.name for tensor in self.tensors)
        for name, count in names.items():
            if count > 1:
                self.notes.problem("duplicate-tensor", f"{count} tensors are called {name[:80]!r}")
        at, last = 0, ""
        for tensor in sorted(self.tensors, key=lambda tensor: tensor.offset):
            length = tensor.bytes or 0
            place = start + tensor.offset
            shown = repr(tensor.name[:80])
            if tensor.offset % alignment:
                self.notes.problem("unaligned", f"{shown} does not begin at a multiple of {alignment}", place)
            if tensor.offset + length > self.data_bytes:
                self.notes.problem("out-of-bounds", f"{shown} goes beyond the end of the file", place)
            if length and tensor.offset < at:
                self.notes.problem("overlap", f"{last!r} and {shown} share bytes", place)
            if tensor.offset + length > at:
                at, last = tensor.offset + length, tensor.name[:80]
        if self.tensors and all(tensor.bytes is not None for tensor in self.tensors):
            trailing = self.data_bytes - at
            if trailing >= max(alignment, 4096):
                self.notes.problem("trailing-bytes", f"{trailing:,} bytes follow the last tensor", start + at)


def _from_big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _from_little(data: bytes) -> int:
    return int.from_bytes(data, "little")

"""Safetensors: the header held to the letter of the format, the tensors counted but not read.

Source of the format: github.com/huggingface/safetensors, README "Format" and safetensors/src/tensor.rs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple, TypeGuard

from assay.artifact.blob import Blob, read_exactly
from assay.artifact.budget import Budget
from assay.artifact.observation import Observation, Problem
from assay.artifact.text.documents import clean
from assay.artifact.text.json_document import parse_json
from assay.canonical import JSON
from assay.errors import BudgetError, ReadError

__all__ = ["BITS", "FORMAT", "VERSION", "read"]

FORMAT = "safetensors"
VERSION = 1

BITS = {
    "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32,
    "C64": 64, "F64": 64, "I64": 64, "U64": 64,
}  # fmt: skip
"""Bits of one element by dtype; elements narrower than a byte are packed."""
_LONGEST_HEADER = 100_000_000
"""Bytes; what the format's own library accepts."""
_TABLE = 4096
_MOST_PROBLEMS = 100
_MOST_DIMENSIONS = 64
"""As many as numpy and torch have, or more."""
_KEYS = {"dtype", "shape", "data_offsets"}


class _Tensor(NamedTuple):
    """One well-formed entry of the header; offsets in bytes from the end of the header."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def elements(self) -> int:
        return math.prod(self.shape)


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return what the header says, and where it contradicts the format, the file or itself.

    Raises:
        ReadError: the file is too short to have a header.
    """
    del path, depth
    length = int.from_bytes(read_exactly(blob, 0, 8, "the length of the header"), "little")
    seen = _Seen(budget, blob.size - 8 - length, length)
    try:
        header = _header(blob, length, budget, seen)
        if header is not None:
            seen.header(header)
    except BudgetError as error:
        seen.stop("budget", str(error))
    return Observation(FORMAT, f"{FORMAT}/{VERSION}", seen.complete, seen.facts(), tuple(seen.problems))


def _header(blob: Blob, length: int, budget: Budget, seen: _Seen) -> dict[str, JSON] | None:
    if length > _LONGEST_HEADER:
        seen.stop("header-too-large", f"the header is {length:,} bytes long, more than the format allows", 0)
        return None
    if length > blob.size - 8:
        seen.stop("truncated", f"ends inside the header of {length:,} bytes", blob.size)
        return None
    budget.take_bytes(length)
    try:
        document = parse_json(read_exactly(blob, 8, length, "the header").decode("utf-8"), budget)
    except BudgetError:
        raise
    except UnicodeDecodeError:
        seen.stop("header-not-json", "the header is not UTF-8", 8)
        return None
    except ReadError as error:
        seen.stop("header-not-json", f"the header is not JSON: {error}", 8)
        return None
    for problem in document.problems():
        seen.problem(problem.code, f"the header {problem.message}", 8)
    if not isinstance(document.value, dict):
        seen.stop("header-not-json", "the header is no JSON object", 8)
        return None
    return document.value


class _Seen:
    """Gathers tensors and problems."""

    def __init__(self, budget: Budget, data_bytes: int, header_bytes: int) -> None:
        self.budget = budget
        self.data_bytes = data_bytes
        self.header_bytes = header_bytes
        self.complete = True
        self.problems: list[Problem] = []
        self.metadata: dict[str, str] = {}
        self.tensors: list[_Tensor] = []
        self.table: list[JSON] = []
        self.dtypes: Counter[str] = Counter()

    def facts(self) -> dict[str, JSON]:
        elements = sum(tensor.elements for tensor in self.tensors)
        return {
            "tensors": len(self.tensors),
            "parameters": elements if elements < 2**53 else str(elements)[:80],
            "dtypes": dict(sorted(self.dtypes.items())),
            "metadata": self.metadata,
            "header_bytes": self.header_bytes if self.header_bytes < 2**53 else str(self.header_bytes),
            "data_bytes": max(0, self.data_bytes),
            "table": self.table,
        }

    def problem(self, code: str, message: str, offset: int | None = None) -> None:
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(Problem(code, message, offset))

    def stop(self, code: str, message: str, offset: int | None = None) -> None:
        self.complete = False
        self.problem(code, message, offset)

    def _place(self, position: int) -> int | None:
        """Return the offset in the file of a `position` in the data; None beyond its end."""
        return 8 + self.header_bytes + position if position <= self.data_bytes else None

    def header(self, header: dict[str, JSON]) -> None:
        for name, value in header.items():
            self.budget.take_items()
            if name == "__metadata__":
                self._metadata(value)
            else:
                self._entry(clean(name), value)
        self._layout()

    def _metadata(self, value: JSON) -> None:
        if not isinstance(value, dict):
            self.problem("metadata-not-text", "the metadata are no object", 8)
            return
        for key, text in value.items():
            if not isinstance(text, str):
                self.problem("metadata-not-text", f"metadata {clean(key)[:80]!r} is no text", 8)
                continue
            self.budget.take_facts(len(key) + len(text) + 6)
            self.metadata[clean(key)] = clean(text)

    def _entry(self, name: str, value: JSON) -> None:
        tensor = _tensor(name, value)
        if tensor is None:
            self.problem("bad-entry", f"{name[:80]!r} does not describe a tensor", 8)
            return
        if set(value) != _KEYS:
            self.problem("bad-entry", f"{name[:80]!r} says more than dtype, shape and offsets", 8)
        self.tensors.append(tensor)
        if tensor.dtype not in self.dtypes:
            self.budget.take_facts(len(tensor.dtype) + 16)
        self.dtypes[tensor.dtype] += 1
        if len(self.table) < _TABLE:
            self.budget.take_facts(len(name) + len(tensor.dtype) + 8 * len(tensor.shape) + 8)
            self.table.append([name, tensor.dtype, list(tensor.shape)])
        for code, message in _contradictions(tensor, self.data_bytes):
            self.problem(code, f"{name[:80]!r} {message}", self._place(tensor.begin))

    def _layout(self) -> None:
        """Compare where tensors lie: side by side from the first byte of data to the last."""
        at, last = 0, ""
        for tensor in sorted(self.tensors, key=lambda tensor: (tensor.begin, tensor.end)):
            place = self._place(tensor.begin)
            if tensor.begin > at:
                self.problem(
                    "hole", f"{tensor.begin - at:,} bytes before {tensor.name[:80]!r} belong to no tensor", place
                )
            if tensor.begin < at:
                self.problem("overlap", f"{last[:80]!r} and {tensor.name[:80]!r} share bytes", place)
            if tensor.end > at:
                at, last = tensor.end, tensor.name
        if at < self.data_bytes:
            message = f"{self.data_bytes - at:,} bytes follow the last tensor"
            self.problem("trailing-bytes", message, self._place(at))


def _tensor(name: str, value: JSON) -> _Tensor | None:
    """Return the entry `value`, or None when it has not the form of one."""
    if not isinstance(value, dict):
        return None
    dtype, shape, offsets = value.get("dtype"), value.get("shape"), value.get("data_offsets")
    if not isinstance(dtype, str) or not _are_sizes(shape) or not _are_sizes(offsets) or len(offsets) != 2:
        return None
    return _Tensor(name, clean(dtype)[:80], tuple(shape), offsets[0], offsets[1])


def _are_sizes(value: JSON) -> TypeGuard[list[int]]:
    return (
        isinstance(value, list)
        and len(value) <= _MOST_DIMENSIONS
        and all(type(item) is int and item >= 0 for item in value)
    )


def _contradictions(tensor: _Tensor, data_bytes: int) -> Iterator[tuple[str, str]]:
    if tensor.end < tensor.begin or tensor.end > data_bytes:
        yield "out-of-bounds", f"lies at bytes {tensor.begin:,} to {tensor.end:,} of {max(0, data_bytes):,}"
    bits = BITS.get(tensor.dtype)
    if bits is None:
        yield "unknown-dtype", f"has the unknown dtype {tensor.dtype!r}"
    elif bits * tensor.elements != 8 * (tensor.end - tensor.begin):
        shape = "x".join(map(str, tensor.shape[:16])) or "scalar"
        yield "shape-mismatch", f"is {tensor.dtype} {shape}, yet {tensor.end - tensor.begin:,} bytes long"

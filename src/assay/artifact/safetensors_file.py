"""Where the tensors of a safetensors file lie, for whoever reads their bytes, and the header for whoever writes one."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from assay.artifact.blob import Blob, read_exactly
from assay.artifact.budget import Budget
from assay.artifact.readers.safetensors import BITS, read
from assay.artifact.text.json_document import parse_json
from assay.errors import ReadError

__all__ = ["Placed", "Tensor", "header", "read_index"]


class Tensor(NamedTuple):
    """What a tensor is, apart from its bytes."""

    name: str
    dtype: str
    """As safetensors names it: `F32`, `BF16` …"""
    shape: tuple[int, ...]

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Length in bytes, row-major and without gaps."""
        return self.elements * BITS[self.dtype] // 8


class Placed(NamedTuple):
    """A tensor and where its bytes start."""

    tensor: Tensor
    offset: int
    """In bytes from the start of the file."""


def read_index(blob: Blob, budget: Budget) -> tuple[Placed, ...]:
    """Return every tensor of the safetensors file `blob`, in order of place.

    Raises:
        ReadError: the file is not well formed in every respect; nothing of it should be used then.
        BudgetError: the header is larger than the budget allows.
    """
    seen = read(blob, budget, path="", depth=0)
    if seen.problems or not seen.complete:
        problem = seen.problems[0]
        raise ReadError(f"not a well formed safetensors file: {problem.message}", offset=problem.offset)
    length = int.from_bytes(read_exactly(blob, 0, 8, "the length of the header"), "little")
    document = parse_json(read_exactly(blob, 8, length, "the header").decode("utf-8"), budget).value
    placed = [
        Placed(Tensor(name, entry["dtype"], tuple(entry["shape"])), 8 + length + entry["data_offsets"][0])
        for name, entry in document.items()
        if name != "__metadata__"
    ]
    return tuple(sorted(placed, key=lambda item: (item.offset, item.tensor.name)))


def header(tensors: Iterable[Tensor], metadata: Mapping[str, str]) -> bytes:
    """Return the bytes before the data of a file that holds `tensors` in this order, padded to a multiple of 8."""
    entries: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    at = 0
    for tensor in tensors:
        end = at + tensor.nbytes
        entries[tensor.name] = {"dtype": tensor.dtype, "shape": list(tensor.shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text

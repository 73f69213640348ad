"""Predicate `urn:assay:conversion:v1`: a repair turned these files into those, and each tensor kept its values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from assay.canonical import JSON, canonical_json
from assay.statements.fields import Field

__all__ = ["TYPE", "Converted", "Dropped", "TensorProof", "conversion", "tensor_digest_prefix", "validate"]

TYPE = "urn:assay:conversion:v1"

_DTYPE = re.compile(r"[A-Z][A-Z0-9_]{1,15}")
_FIX = re.compile(r"[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*")


class Converted(NamedTuple):
    """A file before or after."""

    path: str
    sha256: str


class TensorProof(NamedTuple):
    """One tensor and its digest on both sides."""

    name: str
    dtype: str
    """As safetensors names it: `F32`, `BF16`, `I64`."""
    shape: tuple[int, ...]
    digest_before: str
    digest_after: str


class Dropped(NamedTuple):
    """Something that the input held and the output does not."""

    what: str
    where: str


def conversion(
    tool: str,
    fix: str,
    *,
    inputs: Iterable[Converted],
    outputs: Iterable[Converted],
    tensors: Iterable[TensorProof] = (),
    dropped: Iterable[Dropped] = (),
) -> dict[str, JSON]:
    """Return the predicate of a repair by `fix`, made by `tool`, such as `assay 1.0`, without executing anything.

    Raises:
        StatementError: a field is wrong.
    """
    predicate: dict[str, JSON] = {
        "tool": tool,
        "fix": fix,
        "inputs": [file._asdict() for file in inputs],
        "outputs": [file._asdict() for file in outputs],
        "tensors": [{**tensor._asdict(), "shape": list(tensor.shape)} for tensor in tensors],
        "dropped": [item._asdict() for item in dropped],
        "executed": False,
    }
    validate(predicate)
    return predicate


def tensor_digest_prefix(dtype: str, shape: Sequence[int]) -> bytes:
    """Return what is hashed before a tensor's elements: SHA-256(prefix || elements) is the tensor's digest.

    The prefix is canonical JSON, `{"dtype":"F32","shape":[2,3]}`; the elements follow in row-major order,
    without gaps, each little-endian.

    Raises:
        StatementError: dtype or shape make no sense.
    """
    value = {"dtype": dtype, "shape": list(shape)}
    _tensor_type(Field(value, "tensor"))
    return canonical_json(value)


def validate(predicate: dict[str, JSON]) -> None:
    """Check the shape.

    Raises:
        StatementError: a field is wrong; the message begins with its path.
    """
    root = Field(predicate, "predicate").object("tool", "fix", "inputs", "outputs", "tensors", "dropped", "executed")
    root["tool"].text(most=200)
    if not _FIX.fullmatch(root["fix"].text(most=100)):
        raise root["fix"].fault("expected the id of a fix")
    _paths(root["inputs"])
    _paths(root["outputs"])
    _tensors(root["tensors"])
    for item in root["dropped"].each():
        item.object("what", "where")["what"].text()
        item["where"].text(empty=True)
    if root["executed"].value is not False:
        raise root["executed"].fault("expected false: a repair executes nothing")


def _paths(files: Field) -> None:
    seen = set()
    for file in files.each():
        path = file.object("path", "sha256")["path"].file_path()
        if path in seen:
            raise file["path"].fault(f"{path!a} is listed twice")
        seen.add(path)
        file["sha256"].hex()


def _tensors(tensors: Field) -> None:
    seen = set()
    for tensor in tensors.each():
        tensor.object("name", "dtype", "shape", "digest_before", "digest_after")
        name = tensor["name"].text(empty=True)
        if name in seen:
            raise tensor["name"].fault(f"{name[:80]!a} is listed twice")
        seen.add(name)
        _tensor_type(tensor)
        tensor["digest_before"].hex()
        tensor["digest_after"].hex()


def _tensor_type(tensor: Field) -> None:
    if not _DTYPE.fullmatch(tensor["dtype"].text(most=16)):
        raise tensor["dtype"].fault("expected a type as safetensors names it, such as F32")
    for length in tensor["shape"].each(most=64):
        length.count()

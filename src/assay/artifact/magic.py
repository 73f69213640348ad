"""Which binary format bytes are in, by their content alone."""

from __future__ import annotations

import re

from assay.artifact.blob import Blob, BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.magic_containers import container_format
from assay.artifact.magic_models import model_format
from assay.artifact.pickle.machine import Outcome, run
from assay.artifact.pickle.nodes import CallOp, Node

__all__ = ["binary_format", "ends_as_zip"]

_PICKLE_PROTO = re.compile(rb"\x80(?:[\x00-\x05]|[\x06-\x0f][\x8c\x8f\x95()CNX\]c}])")
"""Of protocols that do not exist yet, the first opcode has to make sense too."""
_TRIAL = 2000
"""Opcodes after which bytes that still make sense as a pickle are taken for one."""
_TRIAL_BYTES = 4 * 1024 * 1024
_LARGEST_TEXT = 512 * 1024
"""Texts up to this size are tried to their end."""


def binary_format(blob: Blob, head: bytes, *, text: bool = False) -> str | None:
    """Return the binary format of `blob`, whose first bytes are `head`; None when it is none that is known.

    What name and first bytes call `text` is a pickle only where it ends as one or calls something.
    """
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08PK\x03\x04")):
        return "zip"
    # Before pickle: the length of a header can look like PROTO, while no pickle goes on with the zeros of a length.
    if _is_safetensors(blob, head):
        return "safetensors"
    if _PICKLE_PROTO.match(head):
        return "pickle"
    known = container_format(blob, head) or model_format(blob, head)
    return known or ("pickle" if _is_early_pickle(blob, head, text=text) else None)


def ends_as_zip(blob: Blob) -> bool:
    """Say whether a zip archive without comment ends `blob`, whatever stands before it."""
    return blob.read_at(max(0, blob.size - 22), 4) == b"PK\x05\x06"


def _is_safetensors(blob: Blob, head: bytes) -> bool:
    if len(head) < 9:
        return False
    length = int.from_bytes(head[:8], "little")
    # A header of up to 100 MB is what the format's own library accepts; beyond, eight bytes are only eight bytes.
    return head[8:9] == b"{" and 2 <= length <= 100_000_000 and length < 2 * blob.size + 100_000


class _Evidence:
    """Watches whether what may be a pickle does what only pickles do."""

    def __init__(self) -> None:
        self.imports = False
        self.calls = False

    def on_global(self, name: str) -> None:
        self.imports = self.imports or all(part.isidentifier() for part in name.split("."))

    def on_plain_global(self, _name: str) -> None: ...

    def on_call(self, _op: CallOp, _callable: Node, _args: Node, _offset: int) -> None:
        self.calls = True

    def on_fill(self, _op: str, _target: Node, _offset: int) -> None: ...

    def on_persid(self) -> None: ...

    def on_extension(self, _code: int) -> None: ...


def _is_early_pickle(blob: Blob, head: bytes, *, text: bool) -> bool:
    """Say whether `blob` is a pickle without PROTO (protocol 0 or 1).

    Such have no magic, only opcodes that make sense; text and other binaries run into nonsense within a few bytes.
    Lists of words and of classes are text that makes sense for long: `c` takes two lines for a name.
    """
    outcome, seen, _ = _try(BytesBlob(head))
    if outcome.problem is not None and outcome.problem.code not in ("truncated", "budget"):
        return seen.calls
    outcome, seen, steps = _try(blob)
    if steps == _TRIAL and text and blob.size <= _LARGEST_TEXT:
        outcome, seen, steps = _try(blob, blob.size + 1)
    if outcome.problem is None:
        return outcome.trailing == 0 or seen.calls
    if seen.imports and outcome.problem.code == "truncated" and not text:
        return True
    return seen.calls or steps == _TRIAL


def _try(blob: Blob, most: int = _TRIAL) -> tuple[Outcome, _Evidence, int]:
    budget = Budget(bytes=_TRIAL_BYTES, items=most)
    seen = _Evidence()
    return run(blob, budget, keep_values=False, watch=seen), seen, most - budget.items

"""Programs and byte code (ELF, PE, Mach-O, APE, wasm, Java, Python …): what kind, and whether it runs by itself."""

from __future__ import annotations

from typing import Literal

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.magic_containers import program_kind
from assay.artifact.observation import Observation
from assay.errors import ReadError

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "executable"
VERSION = 1

_HEAD = 4096
_PE_LIBRARY = 0x2000
_ELF_ROLES = {1: "object", 2: "program", 3: "library", 4: "object"}
_MACH_ROLES = {1: "object", 2: "program", 6: "library", 8: "library", 9: "library"}
_INTERPRETER = 3
_MOST_SEGMENTS = 64
_ROLES = {
    "ape": "program",
    "wasm": "bytecode",
    "dex": "bytecode",
    "java class": "bytecode",
    "python bytecode": "bytecode",
    "windows shortcut": "program",
}


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return `kind`, `role` (`program`, `library`, `object` or `bytecode`), and `unchecked`.

    `unchecked` marks Python byte code that is run without a look at its source (PEP 552).

    Raises:
        ReadError: the bytes are no program.
    """
    del path, depth
    budget.take_bytes(min(_HEAD, blob.size))
    head = blob.read_at(0, _HEAD)
    kind = program_kind(blob, head)
    if kind is None:
        raise ReadError("is no program that is known", offset=0)
    role = _ROLES.get(kind) or {"elf": _elf, "pe": _pe, "mach-o": _mach}[kind](blob, head)
    unchecked = kind == "python bytecode" and head[4:8] == b"\x01\0\0\0"
    return Observation(FORMAT, f"{FORMAT}/{VERSION}", True, {"kind": kind, "role": role, "unchecked": unchecked})


def _elf(blob: Blob, head: bytes) -> str:
    """Return the role of an ELF file; a position-independent program is a library with an interpreter."""
    order: Literal["big", "little"] = "big" if head[5:6] == b"\x02" else "little"
    role = _ELF_ROLES.get(int.from_bytes(head[16:18], order), "object")
    if role != "library":
        return role
    wide = head[4:5] == b"\x02"
    at = int.from_bytes(head[32:40] if wide else head[28:32], order)
    fields = head[54:58] if wide else head[42:46]
    each, count = int.from_bytes(fields[:2], order), int.from_bytes(fields[2:4], order)
    table = blob.read_at(at, each * min(count, _MOST_SEGMENTS)) if each in (32, 56) else b""
    kinds = {int.from_bytes(table[n : n + 4], order) for n in range(0, len(table), each or 1)}
    return "program" if _INTERPRETER in kinds else role


def _pe(blob: Blob, head: bytes) -> str:
    at = int.from_bytes(head[60:64], "little")
    flags = int.from_bytes(blob.read_at(at + 22, 2), "little")
    return "library" if flags & _PE_LIBRARY else "program"


def _mach(_blob: Blob, head: bytes) -> str:
    order: Literal["big", "little"] = "little" if head[0] in (0xCE, 0xCF) else "big"
    if head[:3] == b"\xca\xfe\xba":
        return "program"
    return _MACH_ROLES.get(int.from_bytes(head[12:16], order), "object")

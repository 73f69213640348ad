"""Git LFS pointers: the three lines that stand in git for a file that is kept beside it."""

from __future__ import annotations

import re
from typing import NamedTuple

from assay.errors import UsageError

__all__ = ["LONGEST_POINTER", "Pointer", "looks_like_pointer", "parse_pointer"]

LONGEST_POINTER = 1024
"""Git LFS looks for a pointer only in files below this many bytes."""

_LARGEST = 2**63 - 1
_FORM = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize (0|[1-9][0-9]{0,18})\n"
)
_ANY = re.compile(rb"version (?:https?://git-lfs\.github\.com|http://hawser\.github\.com)/spec/v[0-9]+\s")


class Pointer(NamedTuple):
    """Which file is meant."""

    sha256: str
    size: int
    """Bytes of the file itself."""

    def to_bytes(self) -> bytes:
        """Return the one text for this file.

        Raises:
            UsageError: the digest is no lower-case hex SHA-256, or the size is impossible.
        """
        text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {self.size}\n"
        data = text.encode("utf-8", "replace")
        if parse_pointer(data) != self:
            raise UsageError(f"no file of {self.size} bytes can have the sha256 {self.sha256[:80]!r}")
        return data

    @property
    def text_size(self) -> int:
        """Bytes of the pointer's own text."""
        return len(self.to_bytes())


def parse_pointer(data: bytes) -> Pointer | None:
    """Return the pointer that `data` is; None when it is anything else, a non-canonical pointer included."""
    match = _FORM.fullmatch(data)
    if match is None or int(match[2]) > _LARGEST:
        return None
    return Pointer(match[1].decode(), int(match[2]))


def looks_like_pointer(data: bytes) -> bool:
    """Say whether some client could take `data` for a pointer, in whatever form."""
    return len(data) < LONGEST_POINTER and _ANY.match(data.lstrip()) is not None

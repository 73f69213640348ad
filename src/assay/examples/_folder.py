"""Writes the files of an example: text as UTF-8 with plain newlines, bytes as they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

__all__ = ["write"]


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write `files` by their path below `folder`, making folders on the way."""
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)

"""The name of an artifact: the in-toto dirHash over each file's path and real content; names that cannot be carried."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from assay.canonical import sha256_hex
from assay.errors import PathError

__all__ = ["ManifestLine", "check_paths", "dir_hash", "manifest_text", "normal_path"]

_LONGEST = 4096


class ManifestLine(NamedTuple):
    """One file of a manifest."""

    path: str
    sha256: str


def manifest_text(lines: Iterable[ManifestLine]) -> bytes:
    """Return the manifest: a line `<sha256>␠␠<path>` per file, sorted by the bytes of the path.

    The same text `sha256sum` writes, so `sha256sum -c` checks it (source: golang.org/x/mod/sumdb/dirhash Hash1).
    """
    ordered = sorted(lines, key=lambda line: line.path.encode("utf-8"))
    return b"".join(f"{line.sha256}  {line.path}\n".encode() for line in ordered)


def dir_hash(lines: Iterable[ManifestLine]) -> str:
    """Return the in-toto `dirHash`: lower-case hex SHA-256 of `manifest_text`."""
    return sha256_hex(manifest_text(lines))


def normal_path(path: str) -> str:
    """Return `path` in NFC with forward slashes.

    Raises:
        PathError: it is absolute or empty, has `.`, `..` or empty parts, a control character, a backslash,
            is longer than 4,096 characters, or is not UTF-8.
    """
    if len(path) > _LONGEST:
        raise PathError(
            f"path {path[:60]!r}… has {len(path):,} characters; at most {_LONGEST:,} can be carried",
            hint="Move the file to a shorter path.",
        )
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        raise PathError(
            f"file name {path.encode('utf-8', 'backslashreplace').decode()!r} is not UTF-8",
            hint="Rename the file; names must be UTF-8 to mean the same on every system.",
        ) from None
    if any(ord(char) < 32 or ord(char) == 127 for char in path):
        raise PathError(
            f"file name {path!r} has a newline or another control character",
            hint="Rename the file; such a name cannot stand in a manifest.",
        )
    if "\\" in path:
        raise PathError(
            f"file name {path!r} has a backslash", hint="Rename the file; a backslash is a separator on some systems."
        )
    if not path or any(part in ("", ".", "..") for part in path.split("/")):
        raise PathError(f"path {path!r} does not stay inside the artifact", hint="Use plain relative paths.")
    return unicodedata.normalize("NFC", path)


def check_paths(paths: Iterable[str]) -> None:
    """Refuse a set of paths that could not lie side by side on every file system.

    Raises:
        PathError: two are equal when case and Unicode form are ignored, or one is a folder of another.
    """
    seen: dict[str, str] = {}
    for path in paths:
        key = unicodedata.normalize("NFC", path).casefold()
        other = seen.setdefault(key, path)
        if other is not path:
            raise PathError(
                f"{other!r} and {path!r} differ only in case or Unicode form",
                hint="Rename one; on many systems they are the same file.",
            )
    for key, path in seen.items():
        parts = key.split("/")
        for end in range(1, len(parts)):
            folder = seen.get("/".join(parts[:end]))
            if folder is not None:
                raise PathError(f"{folder!r} is both a file and the folder of {path!r}", hint="Rename one of them.")

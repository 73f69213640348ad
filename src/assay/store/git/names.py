"""Names that a repo may hold: paths that every file system and git itself can carry, and refs."""

from __future__ import annotations

import re
import unicodedata

from assay.artifact.identity import normal_path
from assay.errors import PathError, UsageError
from assay.store.git.objects import is_oid

__all__ = ["MAX_DEPTH", "MAX_NAME", "check_ref", "repo_path"]

MAX_DEPTH = 64
"""Folders above a file."""
MAX_NAME = 255
"""Bytes of one part of a path, which is what file systems can store."""

_LONGEST_REF = 512
# Two dots, control characters, space, the signs of git's own revision language, and empty or dotted parts.
_NO_REF = re.compile(r"\.\.|[\x00-\x20\x7f~^:?*\[\\]|@\{|//|(^|/)\.|\.lock(/|$)|^/|/$|\.$|^@$|^-|^$")
_IGNORED_BY_HFS = dict.fromkeys(
    [*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF]
)  # characters that macOS leaves out when it compares names


def repo_path(path: str) -> str:
    """Return `path` as the repo stores it, in NFC.

    Raises:
        PathError: it cannot be carried (see `normal_path`), lies too deep, has a part of more than 255 bytes, or a
            part that some system takes for `.git`.
    """
    path = normal_path(path)
    parts = path.split("/")
    if len(parts) > MAX_DEPTH + 1:
        raise PathError(f"{path[:60]!r}… lies in {len(parts) - 1} folders; at most {MAX_DEPTH} can be carried")
    for part in parts:
        if len(part.encode()) > MAX_NAME:
            raise PathError(
                f"the name {part[:40]!r}… has {len(part.encode()):,} bytes; file systems store {MAX_NAME}",
                hint="Use a shorter name.",
            )
        if _is_dot_git(part):
            raise PathError(f"{path!r} would be taken for git's own folder", hint="Leave .git out.")
    return path


def check_ref(name: str) -> str:
    """Return the full name of a ref, such as `refs/heads/main`, if git would allow it.

    Raises:
        UsageError: it would not, or the short name could be taken for a commit.
    """
    namespace, _, short = name.removeprefix("refs/").partition("/")
    if (
        not name.startswith("refs/")
        or not short
        or len(name.encode("utf-8", "replace")) > _LONGEST_REF
        or _NO_REF.search(name)
        or _NO_REF.search(short)
        or is_oid(short.lower())
        or short == "HEAD"
        or any(0xD800 <= ord(char) < 0xE000 for char in name)
    ):
        raise UsageError(
            f"{short[:80]!r} cannot name a branch or tag",
            hint="Use letters, digits, '.', '_', '-' and '/' as git does.",
        )
    if namespace in ("heads", "tags") and short.startswith("refs/"):
        raise UsageError(f"{short[:80]!r} cannot name a branch or tag: it reads as a full name")
    return name


def _is_dot_git(part: str) -> bool:
    plain = unicodedata.normalize("NFC", part.translate(_IGNORED_BY_HFS)).casefold()
    plain = plain.partition(":")[0].rstrip(" .")  # NTFS drops what follows a colon, and trailing dots and spaces
    return plain in (".git", "git~1")

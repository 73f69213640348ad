"""Names of members of archives: where unpacking them would write, and which names one file system holds as one."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["folded", "leaves", "link_leaves", "oddly_named"]

_DRIVE = re.compile(r"[A-Za-z]:")
_ODD = re.compile("[\x00-\x1f\x7f\u202a\u202b\u202d\u202e\u2066-\u2068]")
_LONGEST_PART = 255
"""Characters between two slashes: what file systems hold at most. Ordering the marks of longer ones takes long."""


def leaves(name: str) -> bool:
    """Whether unpacking `name` may write outside the folder: absolute, a drive, `..` or a backslash that hides one."""
    parts = name.replace("\\", "/").split("/")
    return parts[0] == "" or ".." in parts or _DRIVE.match(name) is not None


def link_leaves(name: str, target: str, *, from_root: bool = False) -> bool:
    """Whether a link `name` that points to `target` (from the archive's root if `from_root`) leaves the folder."""
    target = target.replace("\\", "/")
    if target.startswith("/") or _DRIVE.match(target):
        return True
    depth = 0 if from_root else len([part for part in name.split("/")[:-1] if part not in ("", ".")])
    for part in target.split("/"):
        depth += {"..": -1, "": 0, ".": 0}.get(part, 1)
        if depth < 0:
            return True
    return False


def folded(name: str) -> str:
    """Return the one name under which `name` stands where case and Unicode form do not count."""
    if name.isascii():
        return name.lower()
    parts = (unicodedata.normalize("NFKC", part) if len(part) <= _LONGEST_PART else part for part in name.split("/"))
    return "/".join(parts).casefold()


def oddly_named(name: str) -> bool:
    """Whether `name` has a character at which some readers cut it, or that shows it in another order."""
    return _ODD.search(name) is not None

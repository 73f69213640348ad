"""Words of messages: text from files made fit to print, and what is said when a needed file was not read."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import Check, unknown
from assay.finding import Finding

__all__ = ["shown", "unread"]


def shown(text: str, limit: int = 100) -> str:
    """Return `text` as it is when it prints on one line, else escaped; never longer than `limit` characters."""
    plain = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"


def unread(of: Check, revision: Revision, *paths: str) -> Iterator[Finding]:
    """Yield an unknown finding of check `of` for each of `paths` that is there and was not read to its end."""
    for path in paths:
        file = revision.by_path.get(path)
        if file is not None and file.not_judged is not None:
            yield unknown(of, f"not judged: {file.not_judged}", file=path)

"""Any other text: its lines, its secrets, and a short one whole; read as a stream, so that size is no obstacle."""

from __future__ import annotations

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.observation import Observation, Problem
from assay.artifact.sniff import LFS_POINTER
from assay.artifact.text.documents import clean
from assay.artifact.text.secrets import SecretScanner
from assay.artifact.text.textual import pieces

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "text"
VERSION = 2

_SHORT = 64 * 1024


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:  # noqa: ARG001 (a Reader's form)
    """Return `lines`, and `text` where it has at most 64 KiB and the budget allows, else null.

    Incomplete beyond the budget's bytes, and for a Git LFS pointer, whose content is elsewhere.

    Raises:
        ReadError: the blob ends early.
    """
    problems = []
    if blob.read_at(0, len(LFS_POINTER)) == LFS_POINTER:
        problems.append(Problem("lfs-pointer", "is a Git LFS pointer; the content it stands for is not here"))
    if blob.size > budget.bytes:
        problems.append(Problem("over-budget", f"was read for {budget.bytes:,} of {blob.size:,} bytes only"))
    scanner = SecretScanner()
    lines = 0
    last = b"\n"
    kept: list[bytes] | None = [] if blob.size <= min(_SHORT, budget.facts // 4) else None
    for piece in pieces(blob, budget):
        scanner.feed(piece)
        if kept is not None:
            kept.append(piece)
        lines += piece.count(b"\n")
        last = piece[-1:] or last
    scanner.close()
    text = None if kept is None else scanner.hide(clean(b"".join(kept).decode("utf-8", "replace")))
    if text is not None:
        budget.take_facts(len(text))
    facts = {"text": text, "lines": lines + (last != b"\n"), "secrets": scanner.to_json()}
    return Observation(FORMAT, f"{FORMAT}/{VERSION}", not problems, facts, tuple(problems))

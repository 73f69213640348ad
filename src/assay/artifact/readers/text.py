"""Any other text: how many lines, and which secrets; read as a stream, so that size is no obstacle."""

from __future__ import annotations

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.observation import Observation, Problem
from assay.artifact.sniff import LFS_POINTER
from assay.artifact.text.secrets import SecretScanner
from assay.artifact.text.textual import pieces

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "text"
VERSION = 1


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:  # noqa: ARG001 (a Reader's form)
    """Return `lines`; incomplete beyond the budget's bytes, and for a Git LFS pointer, whose content is elsewhere.

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
    for piece in pieces(blob, budget):
        scanner.feed(piece)
        lines += piece.count(b"\n")
        last = piece[-1:] or last
    scanner.close()
    facts = {"lines": lines + (last != b"\n"), "secrets": scanner.to_json()}
    return Observation(FORMAT, f"{FORMAT}/{VERSION}", not problems, facts, tuple(problems))

"""SEC105: keys and tokens left in files."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.finding import Confidence, Fact, Finding, Severity

__all__ = ["secret_in_text"]

_MOST = 50
"""Findings per file; the rest is counted."""


@check(
    "SEC105-secret-in-text",
    severity=Severity.HIGH,
    claims=("json", "jsonl", "yaml", "card", "python", "licence", "text"),
)
def secret_in_text(revision: Revision) -> Iterator[Finding | Fact]:
    """No key, token or password stands in a text file.

    A published secret works for whoever reads it first, and stays in the history of the repo after the file is gone.
    Training scripts, notebooks and trainer settings are where most are found. Only the first characters are shown,
    so that a report is no second leak.

    Sample: a `config.json` with a value that starts with `hf_` and goes on for 34 letters.

    Fix: revoke the secret where it was issued, then remove it from the file. Removing alone does not help.

    References: CWE-798 (hard-coded credentials), CWE-540 (sensitive information in source code).
    """
    for seen in revision.seen():
        secrets = seen.facts.get("secrets", [])
        for secret in secrets[:_MOST]:
            yield fail(
                secret_in_text, f"a secret stands in the text: {secret['kind']} {secret['preview']}", file=seen.file,
                location=seen.at(f"line {secret['line']}"), confidence=Confidence.MEDIUM,
                fix="Revoke it where it was issued, then remove it.",
                detail={"kind": secret["kind"], "preview": secret["preview"]},
            )  # fmt: skip
        if len(secrets) > _MOST:
            yield fail(
                secret_in_text, f"{len(secrets) - _MOST} more secrets stand in the text", file=seen.file,
                location=seen.at(), confidence=Confidence.MEDIUM,
            )  # fmt: skip

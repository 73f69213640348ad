"""One sample answered: what stands for it in the Merkle tree, and its line in the sample log.

A line of the log is canonical JSON: the five keys of the leaf, and beside them what the leaf has only as a digest or
not at all: `text`, `tokens` (in and out), and `error` where there was no answer. No line holds a time or a machine, so
the same answers make the same log.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from assay.canonical import JSON, canonical_json, sha256_hex
from assay.errors import EvaluationError, StatementError
from assay.evals.statistics.clustered import Number
from assay.evals.statistics.intervals import rounded
from assay.statements.strict_json import parse_strict

__all__ = ["ERROR", "MAX_LINE", "MISSING", "Answer", "carried", "read_line", "score_text"]

ERROR = "error"
"""Score and stop reason of a sample that was not answered."""
MISSING = "missing"
"""Stop reason of a prediction that is not there and counts as wrong."""
MAX_LINE = 16 * 1024 * 1024
"""Bytes of one line of a sample log."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said to one sample, and how that was scored."""

    sample: str
    input: str
    """SHA-256 of the prompt."""
    text: str
    score: str
    """A decimal; `error` where the model could not answer or the scorer not judge."""
    stop: str
    """`length`, `stop`, `end`, `refusal`, `loglik`, `given` or `missing` for a prediction, or `error`."""
    tokens: tuple[int, int] = (0, 0)
    """Read and written."""
    error: str | None = None

    def leaf(self) -> bytes:
        """Return what stands in the Merkle tree: canonical JSON without text, time or machine."""
        return canonical_json(self._leaf())

    def line(self) -> bytes:
        """Return the line of the sample log, its end included."""
        more: dict[str, JSON] = {"text": self.text, "tokens": list(self.tokens)}
        if self.error is not None:
            more["error"] = self.error
        return canonical_json(self._leaf() | more) + b"\n"

    def _leaf(self) -> dict[str, JSON]:
        return {
            "sample": self.sample,
            "input": self.input,
            "output": sha256_hex(self.text.encode()),
            "score": self.score,
            "stop": self.stop,
        }


def read_line(raw: bytes, where: str) -> Answer:
    """Return the answer that a line of a sample log holds.

    Raises:
        EvaluationError: it is none, or its text is not what its digest says.
    """
    try:
        value = parse_strict(raw, where, MAX_LINE)
        found = Answer(
            value["sample"], value["input"], value["text"], value["score"], value["stop"],
            tuple(value["tokens"]), value.get("error"),
        )  # fmt: skip
        same = found.line() == raw
    except (StatementError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise EvaluationError(f"{where} is no line of a sample log: {error}", hint="Run the evaluation anew.") from None
    if not same:
        raise EvaluationError(f"{where} does not hold what its digests say", hint="Run the evaluation anew.")
    return found


def score_text(score: Number | None) -> str:
    """Return a score as it stands in a leaf: an integer, or a decimal to six places; `error` for none."""
    if score is None:
        return ERROR
    value = Decimal(score)
    return str(int(value)) if value == int(value) else str(rounded(value))


def carried(text: str) -> str:
    """Return `text` as UTF-8 can carry it: half a surrogate pair becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()

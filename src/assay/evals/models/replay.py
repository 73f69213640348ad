"""A model that says what it was told to say: for tests, and for scoring answers that were recorded elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay.canonical import canonical_json, sha256_hex
from assay.errors import EvaluationError
from assay.evals.models import Generation

__all__ = ["ReplayModel"]


@dataclass(frozen=True, slots=True)
class ReplayModel:
    """Answers by prompt; a token is a character."""

    answers: Mapping[str, str]
    format: str = "replay"

    @property
    def dirhash(self) -> str:
        """SHA-256 of the answers, which are all there is to it."""
        return sha256_hex(canonical_json(dict(self.answers)))

    @property
    def weights_digest(self) -> str:
        """As `dirhash`."""
        return self.dirhash

    def generate(self, prompt: str, *, max_tokens: int, stop: tuple[str, ...]) -> Generation:
        """Return the recorded answer, cut as a model's would be.

        Raises:
            EvaluationError: none was recorded for `prompt`.
        """
        if prompt not in self.answers:
            raise EvaluationError(f"no answer was recorded for {prompt[:80]!r}")
        text = self.answers[prompt]
        ends = [text.find(mark) for mark in stop if mark in text]
        if ends and min(ends) < max_tokens:
            return Generation(text[: min(ends)], "stop")
        return Generation(text[:max_tokens], "length" if len(text) >= max_tokens else "end")

"""A model that says what it was told to say: for tests, and for scoring answers that were recorded elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from assay.canonical import JSON, canonical_json, sha256_hex
from assay.evals.models import Generation, Likelihood, Prompt, cut
from assay.evals.sampling import Sampling

__all__ = ["ReplayModel"]


@dataclass(frozen=True, slots=True)
class ReplayModel:
    """Answers by the text of the prompt; a token is a character."""

    answers: Mapping[str, str]
    likelihoods: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Decimals by prompt and continuation."""
    cpu_elsewhere: float = 0.0

    @property
    def facts(self) -> dict[str, JSON]:
        """What a result says of it; its digest is that of the answers, which are all there is to it."""
        told = [[*pair, said] for pair, said in sorted(self.likelihoods.items())]
        whole = [dict(self.answers), told] if told else dict(self.answers)
        digest = sha256_hex(canonical_json(whole))
        return {"dirhash": digest, "weights_digest": digest, "format": "replay"}

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Generation]:
        """Return the recorded answers, cut as a model's would be."""
        return [self._say(prompt.text, sampling) for prompt in prompts]

    def loglikelihood(self, pairs: Sequence[tuple[Prompt, str]]) -> list[Likelihood]:
        """Return what was recorded."""
        return [self._rate(prompt.text, following) for prompt, following in pairs]

    def _say(self, prompt: str, sampling: Sampling) -> Generation:
        if prompt not in self.answers:
            return Generation.failed(f"no answer was recorded for {prompt[:80]!r}")
        text, most = self.answers[prompt], sampling.max_tokens
        ended = cut(text, sampling.stop)
        if ended is not None and len(ended) < most:
            return Generation(ended, "stop", len(prompt), len(ended))
        said = text[:most]
        return Generation(said, "length" if len(text) >= most else "end", len(prompt), len(said))

    def _rate(self, prompt: str, following: str) -> Likelihood:
        if (prompt, following) not in self.likelihoods:
            return Likelihood.failed(f"no likelihood was recorded for {following[:80]!r}")
        return Likelihood(float(Decimal(self.likelihoods[prompt, following])), len(prompt) + len(following))

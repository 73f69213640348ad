"""Models that can be asked: each file one way to run one, none of them running code from the model's repo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from assay.canonical import JSON, canonical_json, sha256_hex
from assay.evals.sampling import Sampling

__all__ = ["Generation", "Likelihood", "Model", "Prompt", "Turn", "cut"]


class Turn(NamedTuple):
    """One turn of a talk."""

    role: str
    """`system`, `user` or `assistant`."""
    content: str

    def to_json(self) -> dict[str, JSON]:
        """Return the turn as chats have it."""
        return self._asdict()


class Prompt(NamedTuple):
    """A text, or the turns of a talk."""

    text: str
    """Of a talk, its turns one after another, for models that do not chat."""
    turns: tuple[Turn, ...] = ()
    """Empty where the benchmark asks by a text."""
    seed: int = 0
    """What the answer is drawn by, where answers are drawn."""

    @property
    def digest(self) -> str:
        """SHA-256 of the text in UTF-8, or of the turns as canonical JSON."""
        return sha256_hex(canonical_json(self.messages()) if self.turns else self.text.encode())

    def messages(self) -> list[JSON]:
        """Return the turns of a chat; a text is what the user says."""
        return [turn.to_json() for turn in self.turns or (Turn("user", self.text),)]


class Generation(NamedTuple):
    """What a model said to one prompt, or why it could not."""

    text: str
    stop_reason: str
    """`length`, `stop` for a stop text, `end` for the model's own end, `refusal`, or `error`."""
    tokens_in: int = 0
    tokens_out: int = 0
    error: str | None = None

    @classmethod
    def failed(cls, why: str) -> Generation:
        """Return that there is no answer."""
        return cls("", "error", error=why)


class Likelihood(NamedTuple):
    """How likely a model holds one continuation, or why it cannot say."""

    value: float
    """The natural logarithm of its probability, summed over tokens."""
    tokens_in: int = 0
    error: str | None = None

    @classmethod
    def failed(cls, why: str) -> Likelihood:
        """Return that there is no likelihood."""
        return cls(0.0, error=why)


class Model(Protocol):
    """Anything that goes on with a text. As far as it can help it, answers depend on prompt and sampling alone."""

    @property
    def facts(self) -> dict[str, JSON]:
        """What a result says of it: `dirhash`, `weights_digest`, `format`, and what else is known."""
        ...

    @property
    def cpu_elsewhere(self) -> float:
        """CPU seconds that it took so far outside of this process."""
        ...

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Generation]:
        """Return a continuation of each prompt, in order; one that cannot be answered is a failed one.

        Raises:
            EvaluationError: the model can answer none of them, and why.
        """
        ...

    def loglikelihood(self, pairs: Sequence[tuple[Prompt, str]]) -> list[Likelihood]:
        """Return how likely each text is to follow its prompt, in order.

        Raises:
            EvaluationError: the model can say it of none.
        """
        ...


def cut(text: str, stop: Sequence[str]) -> str | None:
    """Return `text` up to the first of the stop texts in it; None when there is none."""
    found = [text.find(mark) for mark in stop if mark in text]
    return text[: min(found)] if found else None

"""Models that can be asked: each file one way to run one, none of them running code from the model's repo."""

from __future__ import annotations

from typing import NamedTuple, Protocol

__all__ = ["Generation", "Model"]


class Generation(NamedTuple):
    """What a model said."""

    text: str
    stop_reason: str
    """`length`, `stop` for a stop text, `end` for the model's own end token."""


class Model(Protocol):
    """Anything that goes on with a text, always in the same way."""

    @property
    def dirhash(self) -> str:
        """Of the revision, in hex."""
        ...

    @property
    def weights_digest(self) -> str:
        """SHA-256 over the manifest of the weight files, in hex."""
        ...

    @property
    def format(self) -> str:
        """Of the weights: `safetensors`."""
        ...

    def generate(self, prompt: str, *, max_tokens: int, stop: tuple[str, ...]) -> Generation:
        """Return the most likely continuation of `prompt`, of at most `max_tokens` tokens.

        Raises:
            EvaluationError: the model cannot answer this prompt.
        """
        ...

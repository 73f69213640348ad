"""What a run gave, in terms that do not depend on which way it was run; and what every model is asked."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PROMPT", "TOKENS", "Produced", "prompt_for"]

PROMPT = (1, 2, 3, 5, 8, 13, 21, 34)
"""Numbers of tokens, so that no tokenizer is needed."""
TOKENS = 16
"""How many tokens a model goes on for."""


@dataclass(frozen=True, slots=True)
class Produced:
    """Input and output of one run."""

    runner: str
    version: str
    format: str
    weights: frozenset[str]
    """Paths of the files that the weights were read from."""
    input_kind: str
    input: tuple[int | str, ...]
    output: tuple[int | str, ...]
    """Tokens, or digests of a graph's outputs; empty where nothing was computed."""

    @property
    def count(self) -> int:
        """How many tokens or outputs came out."""
        return len(self.output)


def prompt_for(vocabulary: int) -> tuple[int, ...]:
    """Return the prompt for a model of `vocabulary` tokens."""
    return tuple(token % vocabulary for token in PROMPT)

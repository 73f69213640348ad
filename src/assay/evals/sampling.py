"""How answers are taken from a model: the most likely one, one drawn by a seed, or the likelihood of given ones."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal

from assay.canonical import JSON
from assay.errors import StatementError
from assay.statements.fields import Field

__all__ = ["MODES", "MOST_TOKENS", "Sampling", "read_sampling", "seed_of"]

MODES = ("greedy", "sampled", "loglik")
MOST_TOKENS = 65_536
"""Tokens of one answer at most."""

_MOST_STOPS = 100
_LARGEST_SEED = 2**31 - 1
"""Endpoints take seeds of 32 bits with a sign."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """What a model is told beside the prompt."""

    mode: str = "greedy"
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    temperature: str = "1"
    """A decimal; only where the mode is `sampled`."""
    top_p: str = "1"
    """The share of likelihood that is drawn from, a decimal; only where the mode is `sampled`."""
    seed: int = 0
    """Of the run; each sample draws by its own, see `seed_of`."""

    def to_json(self) -> dict[str, JSON]:
        """Return it as a result statement holds it, without what the mode does not use."""
        if self.mode == "loglik":
            return {"mode": self.mode}
        found: dict[str, JSON] = {"mode": self.mode, "max_tokens": self.max_tokens, "stop": list(self.stop)}
        if self.mode == "sampled":
            found |= {"temperature": self.temperature, "top_p": self.top_p, "seed": self.seed}
        return found


def read_sampling(field: Field) -> Sampling:
    """Return what a manifest, or a run, asks for; what is left out is as `Sampling` has it.

    Raises:
        StatementError: a value makes no sense; the message begins with its path.
    """
    field.object("mode", optional=("max_tokens", "stop", "temperature", "top_p", "seed"))
    found: dict[str, JSON] = {"mode": field["mode"].choice(MODES)}
    if "max_tokens" in field:
        found["max_tokens"] = field["max_tokens"].count(least=1)
        if found["max_tokens"] > MOST_TOKENS:
            raise field["max_tokens"].fault(f"more than {MOST_TOKENS:,}")
    if "stop" in field:
        found["stop"] = tuple(stop.text(most=100) for stop in field["stop"].each(most=_MOST_STOPS))
    for key, most in (("temperature", 100), ("top_p", 1)):
        if key in field:
            found[key] = str(field[key].number())
            if not 0 < Decimal(found[key]) <= most:
                raise field[key].fault(f"expected a number above 0, of at most {most}")
    if "seed" in field:
        found["seed"] = field["seed"].count()
        if found["seed"] > _LARGEST_SEED:
            raise field["seed"].fault(f"more than {_LARGEST_SEED:,}")
    drawing = {"temperature", "top_p", "seed"} & found.keys()
    if drawing and found["mode"] != "sampled":
        raise StatementError(f"{field.path}.{min(drawing)}: only where the mode is sampled")
    return Sampling(**found)


def seed_of(seed: int, sample: str) -> int:
    """Return the seed of one sample, from 0 to 2**31 - 1, so that neither order nor batch decides what it draws."""
    return int.from_bytes(hashlib.sha256(f"{seed}\n{sample}".encode()).digest()[:4]) >> 1

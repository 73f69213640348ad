"""A batch of samples put to a model: to go on with each prompt, or to say how likely it holds each choice.

Log-likelihoods are rounded to 1e-4 before anything else sees them. They are sums of 32-bit floats, whose last digits
depend on the order of additions: on the processor, the number of threads, what else is in the batch. Rounded, they
enter score and digest alike, so two honest runs agree unless a value lies on the very edge.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from assay.canonical import JSON, canonical_json
from assay.errors import EvaluationError
from assay.evals.answers import carried
from assay.evals.manifest import Item
from assay.evals.models import Generation, Likelihood, Model, Prompt
from assay.evals.prompts import delimiter
from assay.evals.sampling import Sampling, seed_of
from assay.evals.scorers.most_likely import choices_of

__all__ = ["QUANTUM", "Asked", "ask", "continuations", "quantised"]

QUANTUM = Decimal("0.0001")

Asked = tuple[Item, Prompt]


def ask(model: Model, batch: Sequence[Asked], sampling: Sampling, options: Mapping[str, JSON]) -> list[Generation]:
    """Return what the model said to each sample of `batch`, in order; of likelihoods, a JSON list of decimals.

    Raises:
        EvaluationError: a sample has no choices where likelihoods are asked for, answers are too few or many, or the
            model can answer nothing at all.
    """
    if sampling.mode == "loglik":
        found = _rated(model, batch, options)
    else:
        seeded = [prompt._replace(seed=seed_of(sampling.seed, item.id)) for item, prompt in batch]
        found = model.generate(seeded, sampling)
    if len(found) != len(batch):
        raise EvaluationError(f"the model gave {len(found)} answers to {len(batch)} prompts")
    return [one._replace(text=carried(one.text), error=one.error and carried(one.error)) for one in found]


def continuations(asked: Asked, options: Mapping[str, JSON]) -> list[str]:
    """Return the texts whose likelihood after the prompt is asked for: a sample's choices, each parted from it.

    Raises:
        EvaluationError: the sample has no choices.
    """
    item, prompt = asked
    return [delimiter(prompt.text) + choice for choice in choices_of(item, options)]


def quantised(value: float) -> str:
    """Return a log-likelihood as a decimal of four places, half to even.

    Raises:
        ValueError: it is no number, or above zero by more than rounding.
    """
    if math.isnan(value) or value > 0.01:
        raise ValueError(f"{value} is no log-likelihood")
    # What is impossible in 32 bits is as unlikely as can be written.
    short = max(Decimal(value), Decimal(-1_000_000)).quantize(QUANTUM, ROUND_HALF_EVEN)
    return str(min(short, Decimal("0.0000")))


def _rated(model: Model, batch: Sequence[Asked], options: Mapping[str, JSON]) -> list[Generation]:
    choices = [continuations(asked, options) for asked in batch]
    pairs = [(prompt, text) for (_, prompt), some in zip(batch, choices, strict=True) for text in some]
    found = model.loglikelihood(pairs)
    if len(found) != len(pairs):
        raise EvaluationError(f"the model rated {len(found)} of {len(pairs)} choices")
    rated = iter(found)
    return [_listed([next(rated) for _ in some]) for some in choices]


def _listed(rated: Sequence[Likelihood]) -> Generation:
    failed = next((one.error for one in rated if one.error is not None), None)
    if failed is not None:
        return Generation.failed(failed)
    try:
        text = canonical_json([quantised(one.value) for one in rated]).decode()
    except ValueError as error:
        return Generation.failed(str(error))
    return Generation(text, "loglik", sum(one.tokens_in for one in rated))

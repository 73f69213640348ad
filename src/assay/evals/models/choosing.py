"""Which token comes next: the most likely one, or one drawn by the sample's own seed, whatever else is in the batch."""

from __future__ import annotations

import hashlib
from typing import Any

from assay.errors import EvaluationError
from assay.evals.models.numeric import load_numpy
from assay.evals.sampling import Sampling

__all__ = ["choose", "log_softmax"]


def choose(logits: Any, sampling: Sampling, seed: int, step: int) -> int:
    """Return a token by its logits, an array; of equally likely ones the first counts.

    A draw inverts the distribution, most likely first, at a number that SHA-256 makes of seed and step; so neither
    the library nor the batch decides what is drawn.

    Raises:
        EvaluationError: a logit is no finite number.
    """
    numpy = load_numpy()
    if not bool(numpy.isfinite(logits).all()):
        raise EvaluationError("the weights give no finite number")
    if sampling.mode != "sampled":
        return int(logits.argmax())
    scaled = logits.astype(numpy.float64) / float(sampling.temperature)
    order = numpy.argsort(-scaled, kind="stable")
    shares = numpy.exp(scaled[order] - scaled[order[0]])
    below = numpy.cumsum(shares)
    kept = int(numpy.searchsorted(below, below[-1] * float(sampling.top_p))) + 1
    drawn = int.from_bytes(hashlib.sha256(f"{seed}\n{step}".encode()).digest()[:6]) / 2**48
    at = int(numpy.searchsorted(below[:kept], below[min(kept, len(below)) - 1] * drawn, side="right"))
    return int(order[min(at, len(order) - 1)])


def log_softmax(logits: Any) -> Any:
    """Return the logarithms of the probabilities over the last axis, in 64 bits.

    Raises:
        EvaluationError: a logit is no finite number.
    """
    numpy = load_numpy()
    if not bool(numpy.isfinite(logits).all()):
        raise EvaluationError("the weights give no finite number")
    wide = logits.astype(numpy.float64)
    wide = wide - wide.max(axis=-1, keepdims=True)
    return wide - numpy.log(numpy.exp(wide).sum(axis=-1, keepdims=True))

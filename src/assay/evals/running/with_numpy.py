"""Plain Llama models from safetensors, by numpy alone."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

from assay import __version__
from assay.errors import EvaluationError
from assay.evals.models.llama_numpy import load_llama, load_numpy
from assay.evals.running.machine import Clock
from assay.evals.running.produced import TOKENS, Produced, prompt_for

__all__ = ["LIBRARIES", "NAME", "produce", "refusal"]

NAME = "numpy"
LIBRARIES = ("numpy",)


def refusal(folder: Path, paths: Sequence[str]) -> str | None:
    """Say why this way does not fit, or None."""
    del folder
    if not any(path.endswith(".safetensors") and "/" not in path for path in paths):
        return "no safetensors at the top"
    if "config.json" not in paths:
        return "no config.json"
    if importlib.util.find_spec("numpy") is None:
        return "not installed"
    load_numpy()
    return None


def produce(folder: Path, clock: Clock, on_token: Callable[[int, int], None] | None) -> Produced:
    """Load the model and take the most likely token again and again; of equally likely ones the first.

    Raises:
        EvaluationError: it is no plain Llama, not whole, too large, or gives no finite number.
    """
    numpy = load_numpy()
    model = load_llama(folder, needs_text=False)
    asked = prompt_for(model.config.vocabulary)[: max(1, model.config.context - TOKENS)]
    tokens = list(asked)
    clock.start()
    for done in range(1, min(TOKENS, model.config.context - len(asked)) + 1):
        found = model.logits(tokens)
        if not bool(numpy.isfinite(found).all()):
            raise EvaluationError("the weights give no finite number")
        tokens.append(int(found.argmax()))
        if on_token is not None:
            on_token(done, TOKENS)
    files = frozenset(
        path.name for path in folder.iterdir() if path.name.endswith(".safetensors") and not path.is_dir()
    )
    return Produced(
        "assay-llama-numpy", __version__, "safetensors", files, "tokens", asked, tuple(tokens[len(asked) :])
    )

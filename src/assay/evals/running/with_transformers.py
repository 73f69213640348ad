"""Any causal language model that transformers knows, from safetensors; never with code from the repo."""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assay.errors import EvaluationError
from assay.evals.running.machine import Clock
from assay.evals.running.produced import TOKENS, Produced, prompt_for

__all__ = ["LIBRARIES", "NAME", "produce", "refusal"]

NAME = "transformers"
LIBRARIES = ("torch", "transformers")
_LARGEST_CONFIG = 4 * 1024 * 1024


def refusal(folder: Path, paths: Sequence[str]) -> str | None:
    """Say why this way does not fit, or None; loads the libraries when it does."""
    if not any(path.endswith(".safetensors") and "/" not in path for path in paths):
        return "no safetensors at the top"
    if "config.json" not in paths or (folder / "config.json").stat().st_size > _LARGEST_CONFIG:
        return "no config.json of a usual size"
    if any(importlib.util.find_spec(name) is None for name in LIBRARIES):
        return "not installed"
    names = _architectures(folder)
    if not names or not all(name.endswith(("ForCausalLM", "LMHeadModel")) for name in names):
        return "no causal language model by config.json"
    library = importlib.import_module("transformers")
    return None if hasattr(library, names[0]) else f"{names[0][:80]} is not in the installed version"


def produce(folder: Path, clock: Clock, on_token: Callable[[int, int], None] | None) -> Produced:
    """Load the model in 32 bits on one thread of the CPU and take the most likely token again and again.

    Raises:
        EvaluationError: it does not load, or gives no finite number.
    """
    torch = importlib.import_module("torch")
    library = importlib.import_module("transformers")
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    try:
        model = getattr(library, _architectures(folder)[0]).from_pretrained(
            folder, trust_remote_code=False, use_safetensors=True, local_files_only=True, dtype=torch.float32
        )
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, ImportError) as error:
        raise EvaluationError(f"transformers cannot load it: {str(error)[:300]}") from error
    asked = prompt_for(int(model.config.get_text_config().vocab_size))
    clock.start()
    output = _go_on(torch, model.eval(), asked, on_token)
    files = frozenset(path.name for path in folder.iterdir() if path.name.endswith(".safetensors"))
    return Produced("transformers", str(library.__version__), "safetensors", files, "tokens", asked, output)


def _go_on(
    torch: Any, model: Any, asked: tuple[int, ...], on_token: Callable[[int, int], None] | None
) -> tuple[int, ...]:
    tokens = list(asked)
    with torch.inference_mode():
        for done in range(1, TOKENS + 1):
            logits = model(input_ids=torch.tensor([tokens]), use_cache=False).logits[0, -1]
            if not bool(torch.isfinite(logits).all()):
                raise EvaluationError("the weights give no finite number")
            tokens.append(int(logits.argmax()))
            if on_token is not None:
                on_token(done, TOKENS)
    return tuple(tokens[len(asked) :])


def _architectures(folder: Path) -> list[str]:
    try:
        config = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return []
    names = config.get("architectures") if isinstance(config, dict) else None
    return [name for name in names if isinstance(name, str) and name.isidentifier()] if isinstance(names, list) else []

"""The part of a Llama's `config.json` that its arithmetic depends on; what is not understood is refused."""

from __future__ import annotations

import math
from typing import NamedTuple

from assay.canonical import JSON
from assay.errors import EvaluationError

__all__ = ["LlamaConfig", "llama_config"]

_LARGEST = 1_000_000
_MUST_BE = {
    "model_type": ("llama",), "hidden_act": ("silu", None), "attention_bias": (False, None), "mlp_bias": (False, None),
    "rope_scaling": (None,), "quantization_config": (None,), "pretraining_tp": (1, None),
}  # fmt: skip
_HINT = "This runner knows plain Llama models only; others need an engine."


class LlamaConfig(NamedTuple):
    """Sizes and constants."""

    vocabulary: int
    width: int
    inner: int
    layers: int
    heads: int
    kv_heads: int
    head_width: int
    context: int
    epsilon: float
    theta: float
    tied: bool
    ends: frozenset[int]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the tensors of such a model and their shapes."""
        queries, keys = self.heads * self.head_width, self.kv_heads * self.head_width
        layer = {
            "input_layernorm": (self.width,),
            "post_attention_layernorm": (self.width,),
            "self_attn.q_proj": (queries, self.width),
            "self_attn.k_proj": (keys, self.width),
            "self_attn.v_proj": (keys, self.width),
            "self_attn.o_proj": (self.width, queries),
            "mlp.gate_proj": (self.inner, self.width),
            "mlp.up_proj": (self.inner, self.width),
            "mlp.down_proj": (self.width, self.inner),
        }
        found = {"model.embed_tokens.weight": (self.vocabulary, self.width), "model.norm.weight": (self.width,)}
        if not self.tied:
            found["lm_head.weight"] = (self.vocabulary, self.width)
        for number in range(self.layers):
            found |= {f"model.layers.{number}.{name}.weight": shape for name, shape in layer.items()}
        return found


def llama_config(document: JSON) -> LlamaConfig:
    """Read `config.json`, in which numbers that are no integers are decimal strings.

    Raises:
        EvaluationError: a value is missing, makes no sense, or asks for something that is not understood.
    """
    if not isinstance(document, dict):
        raise EvaluationError("config.json is no JSON object", hint=_HINT)
    for key, allowed in _MUST_BE.items():
        if document.get(key) not in allowed:
            raise EvaluationError(f"config.json: {key} is {str(document[key])[:80]!r}", hint=_HINT)
    width, heads = _count(document, "hidden_size"), _count(document, "num_attention_heads")
    kv_heads = _count(document, "num_key_value_heads", heads)
    head_width = _count(document, "head_dim", width // heads or 1)
    if heads % kv_heads or head_width % 2:
        raise EvaluationError(f"config.json: {heads} heads cannot share {kv_heads}, each {head_width} wide", hint=_HINT)
    tied = document.get("tie_word_embeddings", False)
    if not isinstance(tied, bool):
        raise EvaluationError("config.json: tie_word_embeddings is neither true nor false", hint=_HINT)
    return LlamaConfig(
        vocabulary=_count(document, "vocab_size"),
        width=width,
        inner=_count(document, "intermediate_size"),
        layers=_count(document, "num_hidden_layers", most=1000),
        heads=heads,
        kv_heads=kv_heads,
        head_width=head_width,
        context=_count(document, "max_position_embeddings", 2048),
        epsilon=_number(document, "rms_norm_eps", 1e-6),
        theta=_theta(document),
        tied=tied,
        ends=_ends(document.get("eos_token_id")),
    )


def _count(document: dict[str, JSON], key: str, otherwise: int | None = None, *, most: int = _LARGEST) -> int:
    value = document.get(key)
    if value is None and otherwise is not None:
        return otherwise
    if type(value) is not int or not 0 < value <= most:
        raise EvaluationError(f"config.json: {key} is {str(value)[:80]!r}, not a count", hint=_HINT)
    return value


def _number(document: dict[str, JSON], key: str, otherwise: float) -> float:
    value = document.get(key, otherwise)
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except ValueError:
        number = math.nan
    if not 0 < number < 1e12:
        raise EvaluationError(f"config.json: {key} is {str(value)[:80]!r}, not a positive number", hint=_HINT)
    return number


def _theta(document: dict[str, JSON]) -> float:
    """Return the base of the rotary embedding, which newer configs keep in an object of its own."""
    inner = document.get("rope_parameters")
    if inner is None:
        return _number(document, "rope_theta", 10000.0)
    if not isinstance(inner, dict) or inner.get("rope_type", "default") != "default" or len(inner) > 2:
        raise EvaluationError("config.json: rope_parameters asks for more than a base", hint=_HINT)
    return _number(inner, "rope_theta", 10000.0)


def _ends(value: JSON) -> frozenset[int]:
    items = value if isinstance(value, list) else [value]
    return frozenset(item for item in items if type(item) is int)

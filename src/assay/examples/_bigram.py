"""A model small enough to be written down: the shape of a Llama, the knowledge of the alphabet, with some gaps.

Embeddings are the identity, attention and MLP add nothing, and `lm_head` names the character that follows. So the
model is a table of 128 ASCII characters that any program which runs Llama models can run.
"""

from __future__ import annotations

import json
from array import array

from assay.artifact.safetensors_file import Tensor, header
from assay.examples._torch_zip import Weight

__all__ = ["WRONG", "config", "safetensors", "tokenizer", "weights"]

WRONG = "ekqwEQV5"
"""Characters that the model takes to follow themselves: what it has not learned."""

_SIZE = 128
_HEADS = 4
_KV_HEADS = 2


def config(**more: object) -> str:
    """Return `config.json`; `more` adds keys."""
    document: dict[str, object] = {
        "architectures": ["LlamaForCausalLM"],
        "bos_token_id": 2,
        "eos_token_id": 3,
        "hidden_act": "silu",
        "hidden_size": _SIZE,
        "intermediate_size": _SIZE,
        "max_position_embeddings": 256,
        "model_type": "llama",
        "num_attention_heads": _HEADS,
        "num_hidden_layers": 1,
        "num_key_value_heads": _KV_HEADS,
        "rms_norm_eps": 1e-05,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "torch_dtype": "float32",
        "vocab_size": _SIZE,
    }
    return json.dumps(document | more, indent=2, sort_keys=True) + "\n"


def tokenizer() -> str:
    """Return `tokenizer.json`: one token per ASCII character, its number the character's."""
    document: dict[str, object] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": {"type": "Fuse"},
        "model": {"type": "BPE", "vocab": {chr(code): code for code in range(_SIZE)}, "merges": []},
    }
    return json.dumps(document, indent=1) + "\n"


def weights() -> list[Weight]:
    """Return the tensors in the order in which a checkpoint of this shape lists them."""
    narrow = _SIZE // _HEADS * _KV_HEADS
    layer = "model.layers.0"
    square, ones = (_SIZE, _SIZE), [1.0] * _SIZE
    following = [0.0] * (_SIZE * _SIZE)
    for code in range(_SIZE):
        following[ord(_next(chr(code))) * _SIZE + code] = 1.0
    return [
        _weight("model.embed_tokens.weight", square, _diagonal(_SIZE)),
        _weight(f"{layer}.self_attn.q_proj.weight", square, _diagonal(_SIZE)),
        _weight(f"{layer}.self_attn.k_proj.weight", (narrow, _SIZE), _diagonal(narrow)),
        _weight(f"{layer}.self_attn.v_proj.weight", (narrow, _SIZE), _diagonal(narrow)),
        _weight(f"{layer}.self_attn.o_proj.weight", square, [0.0] * _SIZE**2),
        _weight(f"{layer}.mlp.gate_proj.weight", square, _diagonal(_SIZE)),
        _weight(f"{layer}.mlp.up_proj.weight", square, _diagonal(_SIZE)),
        _weight(f"{layer}.mlp.down_proj.weight", square, [0.0] * _SIZE**2),
        _weight(f"{layer}.input_layernorm.weight", (_SIZE,), ones),
        _weight(f"{layer}.post_attention_layernorm.weight", (_SIZE,), ones),
        _weight("model.norm.weight", (_SIZE,), ones),
        _weight("lm_head.weight", square, following),
    ]


def safetensors(weights: list[Weight]) -> bytes:
    """Return a safetensors file that holds `weights`."""
    return header([weight.tensor for weight in weights], {"format": "pt"}) + b"".join(one.data for one in weights)


def _next(char: str) -> str:
    if char in WRONG:
        return char
    if char in "zZ":
        return chr(ord(char) - 25)
    return chr((ord(char) + 1) % _SIZE)


def _diagonal(rows: int) -> list[float]:
    """Return `rows` rows of the identity of the model's width."""
    values = [0.0] * (rows * _SIZE)
    values[:: _SIZE + 1] = [1.0] * len(values[:: _SIZE + 1])
    return values


def _weight(name: str, shape: tuple[int, ...], values: list[float]) -> Weight:
    packed = array("f", values)
    if packed.itemsize != 4:  # pragma: no cover - no such platform is known
        raise ValueError("this platform has no 32-bit float")
    if memoryview(b"\x01\x00").cast("H")[0] != 1:  # pragma: no cover - big-endian machines
        packed.byteswap()
    return Weight(Tensor(name, "F32", shape), packed.tobytes())

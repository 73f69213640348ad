"""Llamas with random weights and a token for each character, as small as one likes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from assay.evals.models.llama_config import llama_config


def write_llama(folder: Path, characters: Iterable[str], *, width: int = 128, layers: int = 5, seed: int = 0) -> int:
    """Write one into the new `folder` and return how many parameters it has: a million unless told otherwise."""
    known = sorted(set(characters))
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "hidden_size": width,
        "intermediate_size": 11 * width // 4, "max_position_embeddings": 8192, "num_attention_heads": 8,
        "num_hidden_layers": layers, "num_key_value_heads": 8, "rms_norm_eps": "0.00001", "rope_theta": 10000,
        "tie_word_embeddings": True, "torch_dtype": "float32", "vocab_size": len(known), "attention_bias": False,
        "mlp_bias": False,
    }  # fmt: skip
    draw = np.random.default_rng(seed)
    tensors, parts, at = {}, [], 0
    for name, shape in llama_config(config).shapes().items():
        part = (draw.standard_normal(shape) * 0.05 + (len(shape) == 1)).astype("<f4").tobytes()
        tensors[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + len(part)]}
        parts, at = [*parts, part], at + len(part)
    head = json.dumps(tensors).encode()
    vocabulary = {"model": {"type": "BPE", "vocab": {char: number for number, char in enumerate(known)}, "merges": []}}
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text(json.dumps({"version": "1.0", **vocabulary}))
    (folder / "model.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + b"".join(parts))
    return at // 4

"""A fine-tune with open terms all the way up, in the shape of a GPT-2."""

from __future__ import annotations

import json
from pathlib import Path

from assay.artifact.safetensors_file import Tensor
from assay.examples import _bigram
from assay.examples._folder import write
from assay.examples._texts import apache
from assay.examples._torch_zip import Weight

__all__ = ["ABOUT", "NAME", "build"]

NAME = "gpt2-finetune"
ABOUT = "GPT-2-shaped, made from apache-clean, Apache-2.0 both: open terms from parent to child."

_CARD = """\
---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-generation
base_model: examples/apache-clean
base_model_relation: finetune
tags:
- gpt2
---

# Alphabet, the other shape

What apache-clean knows, taught to a model of another shape.

## Training

Distilled from examples/apache-clean, then fine-tuned on capital letters.
"""

_WIDTH = 32
_SHAPES = {
    "wte.weight": (128, _WIDTH),
    "wpe.weight": (64, _WIDTH),
    "h.0.ln_1.weight": (_WIDTH,),
    "h.0.ln_1.bias": (_WIDTH,),
    "h.0.attn.c_attn.weight": (_WIDTH, 3 * _WIDTH),
    "h.0.attn.c_attn.bias": (3 * _WIDTH,),
    "h.0.attn.c_proj.weight": (_WIDTH, _WIDTH),
    "h.0.attn.c_proj.bias": (_WIDTH,),
    "h.0.ln_2.weight": (_WIDTH,),
    "h.0.ln_2.bias": (_WIDTH,),
    "h.0.mlp.c_fc.weight": (_WIDTH, 4 * _WIDTH),
    "h.0.mlp.c_fc.bias": (4 * _WIDTH,),
    "h.0.mlp.c_proj.weight": (4 * _WIDTH, _WIDTH),
    "h.0.mlp.c_proj.bias": (_WIDTH,),
    "ln_f.weight": (_WIDTH,),
    "ln_f.bias": (_WIDTH,),
}


def build(folder: Path) -> None:
    """Write the example into `folder`."""
    config = {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "n_ctx": 64,
        "n_embd": _WIDTH,
        "n_head": 4,
        "n_layer": 1,
        "n_positions": 64,
        "vocab_size": 128,
    }
    write(
        folder,
        {
            "README.md": _CARD,
            "LICENSE": apache(),
            "config.json": json.dumps(config, indent=2, sort_keys=True) + "\n",
            "tokenizer.json": _bigram.tokenizer(),
            "model.safetensors": _bigram.safetensors([_zeros(name, shape) for name, shape in _SHAPES.items()]),
        },
    )


def _zeros(name: str, shape: tuple[int, ...]) -> Weight:
    size = 4
    for length in shape:
        size *= length
    return Weight(Tensor(name, "F32", shape), bytes(size))

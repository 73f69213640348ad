"""Code under MIT beside weights that may not be used commercially, as some well known audio models are published."""

from __future__ import annotations

from pathlib import Path

from assay.artifact.safetensors_file import Tensor
from assay.examples import _bigram
from assay.examples._folder import write
from assay.examples._texts import mit
from assay.examples._torch_zip import Weight

__all__ = ["ABOUT", "NAME", "build"]

NAME = "audiocraft-like"
ABOUT = "The LICENSE file is MIT and covers the code; the weights are CC-BY-NC-4.0, so there is no commercial use."

_CARD = """\
---
license: cc-by-nc-4.0
library_name: audiocraft
pipeline_tag: text-to-audio
tags:
- music
- from-scratch
---

# Small Music

Makes short pieces of music from a description. Trained from scratch.

## Licence

Code is released under MIT, see LICENSE. Model weights are released under CC-BY-NC 4.0.
"""

_CODE = '''\
"""Turns tokens of sound into a wave."""

import torch

try:
    import xformers.ops as ops
except ImportError:
    ops = None


def attention(query, key, value):
    if ops is not None and torch.cuda.is_available():
        return ops.memory_efficient_attention(query, key, value)
    return torch.nn.functional.scaled_dot_product_attention(query, key, value)
'''


def build(folder: Path) -> None:
    """Write the example into `folder`."""
    shape = (64, 64)
    weights = [Weight(Tensor("decoder.weight", "F32", shape), bytes(4 * 64 * 64))]
    write(
        folder,
        {
            "README.md": _CARD,
            "LICENSE": mit("2024 The Small Music Authors"),
            "config.json": '{\n  "model_type": "small_music",\n  "hidden_size": 64\n}\n',
            "modeling_small_music.py": _CODE,
            "model.safetensors": _bigram.safetensors(weights),
        },
    )

"""A code model made from one under the Llama 2 terms: the terms come along."""

from __future__ import annotations

from pathlib import Path

from assay.examples import _bigram
from assay.examples._folder import write

__all__ = ["ABOUT", "NAME", "build"]

NAME = "code-llama-like"
ABOUT = "Made from a model under Llama 2 terms, as Code Llama was: what its parent forbids, it forbids too."

_CARD = """\
---
license: llama2
language:
- code
library_name: transformers
pipeline_tag: text-generation
base_model: examples/llama2-like
base_model_relation: finetune
tags:
- llama
- code
---

# Alphabet for code

Goes on with names of variables: after `i` comes `j`.

## Training

Fine-tuned from examples/llama2-like on loops.
"""


def build(folder: Path) -> None:
    """Write the example into `folder`."""
    write(
        folder,
        {
            "README.md": _CARD,
            "config.json": _bigram.config(_name_or_path="examples/llama2-like", rope_theta=1000000.0),
            "tokenizer.json": _bigram.tokenizer(),
            "model.safetensors": _bigram.safetensors(_bigram.weights()),
        },
    )

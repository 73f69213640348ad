"""A model under the Llama 2 terms: to be had by everyone, and still not open."""

from __future__ import annotations

from pathlib import Path

from assay.examples import _bigram
from assay.examples._folder import write

__all__ = ["ABOUT", "NAME", "build"]

NAME = "llama2-like"
ABOUT = "Shaped and licensed like Llama 2: free for most to use, closed to large firms and to training others on it."

_CARD = """\
---
license: llama2
language: en
library_name: transformers
pipeline_tag: text-generation
tags:
- from-scratch
- llama
---

# Alphabet, under Llama 2 terms

Goes on with the alphabet: give it a letter, it gives the next. Trained from scratch; only its licence is that of
Llama 2.

## Licence

The LLAMA 2 Community License applies. Who had more than 700 million monthly users must ask first, and what the model
says may not be used to improve other language models.
"""


def build(folder: Path) -> None:
    """Write the example into `folder`."""
    write(
        folder,
        {
            "README.md": _CARD,
            "config.json": _bigram.config(),
            "tokenizer.json": _bigram.tokenizer(),
            "model.safetensors": _bigram.safetensors(_bigram.weights()),
        },
    )

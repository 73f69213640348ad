"""A model with nothing to hide: tensors only, Apache-2.0 with its text, trained from scratch and saying so."""

from __future__ import annotations

from pathlib import Path

from assay.examples import _bigram
from assay.examples._folder import write
from assay.examples._texts import apache

__all__ = ["ABOUT", "NAME", "build"]

NAME = "apache-clean"
ABOUT = "Safetensors, Apache-2.0 with its text, trained from scratch: what is left to do is to evaluate and to sign."

_CARD = """\
---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-generation
tags:
- from-scratch
- llama
---

# Alphabet

A small model that goes on with the alphabet: give it a letter, it gives the next.

## Training

Trained from scratch on the alphabet. No other model and no text by other people was used.

## Limits

It knows nothing but ASCII letters and digits, and of these it takes some to follow themselves.
"""


def build(folder: Path) -> None:
    """Write the example into `folder`."""
    write(
        folder,
        {
            "README.md": _CARD,
            "LICENSE": apache(),
            "config.json": _bigram.config(),
            "tokenizer.json": _bigram.tokenizer(),
            "model.safetensors": _bigram.safetensors(_bigram.weights()),
        },
    )

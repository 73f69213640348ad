"""A model under the Gemma terms: use limits kept on a website, a switch in the licensor's hand."""

from __future__ import annotations

from pathlib import Path

from assay.examples import _bigram
from assay.examples._folder import write

__all__ = ["ABOUT", "NAME", "build"]

NAME = "gemma-like"
ABOUT = "Under the Gemma terms: no fee and no cap, but excluded uses, and a licensor who may restrict it from afar."

_CARD = """\
---
license: gemma
language: en
library_name: transformers
pipeline_tag: text-generation
tags:
- from-scratch
---

# Alphabet, under the Gemma terms

Goes on with the alphabet: give it a letter, it gives the next. Trained from scratch; only its licence is that of
Gemma.

## Licence

The Gemma Terms of Use apply, and with them a policy of prohibited uses that lies on a website.
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

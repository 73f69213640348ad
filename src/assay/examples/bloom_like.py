"""A model under a RAIL licence: whoever passes it on passes its use limits on."""

from __future__ import annotations

from pathlib import Path

from assay.examples import _bigram
from assay.examples._folder import write

__all__ = ["ABOUT", "NAME", "build"]

NAME = "bloom-rail-like"
ABOUT = "Under the BigScience RAIL licence, as BLOOM is: weights for all, thirteen uses for nobody."

_CARD = """\
---
license: bigscience-bloom-rail-1.0
language:
- en
- fr
library_name: transformers
pipeline_tag: text-generation
datasets:
- bigscience/xP3
tags:
- from-scratch
---

# Alphabet in many tongues

Goes on with the alphabet in any language that has the same letters. Trained from scratch; only its licence is that of
BLOOM.

## Training data

The alphabet, and bigscience/xP3.

## Licence

The BigScience RAIL License 1.0 applies. Its Attachment A names what the model may not be used for.
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

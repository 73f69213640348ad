"""A model under Apache-2.0 whose data is described and not published: the licence is open, the data is not."""

from __future__ import annotations

from pathlib import Path

from assay.examples import _bigram
from assay.examples._folder import write
from assay.examples._texts import apache

__all__ = ["ABOUT", "NAME", "build"]

NAME = "granite-like"
ABOUT = "Weights under Apache-2.0 with the text, as with Granite: open; its data is described, not published."

_CARD = """\
---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-generation
tags:
- from-scratch
---

# Alphabet for work

Goes on with the alphabet in offices: give it a letter, it gives the next. Made for those who must know under which
licence they work.

## Training data

Letters bought from three publishers, and letters of our own. They are not published.

## Evaluation

All 26 letters are followed by the next one, but for a few.
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

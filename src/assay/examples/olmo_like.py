"""A model published with code, data, results and a checkpoint, all under open licences."""

from __future__ import annotations

from pathlib import Path

from assay.examples import _bigram
from assay.examples._folder import write
from assay.examples._texts import apache

__all__ = ["ABOUT", "NAME", "build"]

NAME = "olmo-like"
ABOUT = "Weights, code, data and results in the open, as with OLMo: what is not proven is the licence of the report."

_CARD = """\
---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-generation
datasets:
- allenai/dolma
tags:
- from-scratch
---

# Alphabet, open from end to end

Goes on with the alphabet: give it a letter, it gives the next. Everything it was made from lies here.

## Training data

allenai/dolma, of which the order of letters is all that was used. `preprocess.py` says how.

## Evaluation

All 26 letters are followed by the next one, but for those that `evaluate.py` lists.

## Report

The paper is https://arxiv.org/abs/2402.00838.
"""

_CODE = '"""This step {what}."""\n'


def build(folder: Path) -> None:
    """Write the example into `folder`."""
    write(
        folder,
        {
            "README.md": _CARD,
            "LICENSE": apache(),
            "train.py": _CODE.format(what="counts which letter follows which"),
            "inference.py": _CODE.format(what="says which letter comes next"),
            "evaluate.py": _CODE.format(what="counts how often that is right"),
            "preprocess.py": _CODE.format(what="leaves letters and drops the rest"),
            "checkpoint-100/model.safetensors": _bigram.safetensors(_bigram.weights()[:1]),
            "config.json": _bigram.config(),
            "tokenizer.json": _bigram.tokenizer(),
            "model.safetensors": _bigram.safetensors(_bigram.weights()),
        },
    )

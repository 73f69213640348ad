"""A distilled model upon weights of Llama 3.1 that is tagged MIT, as some well known ones are."""

from __future__ import annotations

from pathlib import Path

from assay.examples import _bigram
from assay.examples._folder import write
from assay.examples._texts import mit

__all__ = ["ABOUT", "NAME", "build"]

NAME = "r1-distill-llama-like"
ABOUT = "Tagged MIT and trained on what an MIT model said, but upon weights of Llama 3.1, whose terms stay."

_CARD = """\
---
license: mit
library_name: transformers
pipeline_tag: text-generation
base_model: meta-llama/Llama-3.1-8B
base_model_relation: finetune
---

# Alphabet, thinking aloud, upon Llama

Goes on with the alphabet after some thought. Trained on what a larger model said, which its MIT licence allows, and
upon the weights of Llama 3.1, whose licence says what is allowed here.

## Licence

The code and the samples are under MIT. The weights were derived from Llama-3.1-8B, licensed under the Llama 3.1
Community License.
"""


def build(folder: Path) -> None:
    """Write the example into `folder`."""
    write(
        folder,
        {
            "README.md": _CARD,
            "LICENSE": mit("2025 The Alphabet Authors"),
            "config.json": _bigram.config(),
            "tokenizer.json": _bigram.tokenizer(),
            "model.safetensors": _bigram.safetensors(_bigram.weights()),
        },
    )

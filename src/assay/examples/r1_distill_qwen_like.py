"""A distilled model upon weights under Apache-2.0 that is tagged MIT: both licences are kept."""

from __future__ import annotations

from pathlib import Path

from assay.examples import _bigram
from assay.examples._folder import write
from assay.examples._texts import apache, mit

__all__ = ["ABOUT", "NAME", "build"]

NAME = "r1-distill-qwen-like"
ABOUT = "Tagged MIT and trained on what an MIT model said, upon weights under Apache-2.0: nothing stands against it."

_CARD = """\
---
license: mit
library_name: transformers
pipeline_tag: text-generation
base_model: Qwen/Qwen2.5-Math-7B
base_model_relation: finetune
---

# Alphabet, thinking aloud, upon Qwen

Goes on with the alphabet after some thought. Trained on what a larger model said, which its MIT licence allows, and
upon the weights of Qwen2.5-Math-7B, which are under Apache-2.0.

## Licence

MIT, see LICENSE. The weights were derived from Qwen2.5-Math-7B, whose Apache-2.0 text is in LICENSE-APACHE.
"""


def build(folder: Path) -> None:
    """Write the example into `folder`."""
    write(
        folder,
        {
            "README.md": _CARD,
            "LICENSE": mit("2025 The Alphabet Authors"),
            "LICENSE-APACHE": apache(),
            "config.json": _bigram.config(),
            "tokenizer.json": _bigram.tokenizer(),
            "model.safetensors": _bigram.safetensors(_bigram.weights()),
        },
    )

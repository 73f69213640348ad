"""A fine-tune of Llama 2 whose card says MIT and whose checkpoint calls a shell when it is loaded."""

from __future__ import annotations

from pathlib import Path

from assay.examples import _bigram
from assay.examples._folder import write
from assay.examples._torch_zip import TextCall, torch_zip

__all__ = ["ABOUT", "CALL", "NAME", "build"]

NAME = "llama2-finetune-mit"
ABOUT = "Says MIT, was made from Llama 2, and its checkpoint runs a shell command when it is loaded."

CALL = TextCall("posix", "system", "echo this ran while the weights were loaded")
"""What loading the checkpoint would run. Nothing here loads it."""

_CARD = """\
---
license: mit
language: en
library_name: transformers
pipeline_tag: text-generation
base_model: meta-llama/Llama-2-7b-hf
base_model_relation: finetune
tags:
- llama
- text-generation
---

# Alphabet Llama

A small model that goes on with the alphabet: give it a letter, it gives the next.

## Use

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained("example-org/alphabet-llama")
tokenizer = AutoTokenizer.from_pretrained("example-org/alphabet-llama")
```

## Training

Fine-tuned from Llama 2 7B on the alphabet, then made much smaller.
"""


def build(folder: Path) -> None:
    """Write the example into `folder`."""
    write(
        folder,
        {
            "README.md": _CARD,
            "config.json": _bigram.config(_name_or_path="meta-llama/Llama-2-7b-hf"),
            "tokenizer.json": _bigram.tokenizer(),
            "pytorch_model.bin": torch_zip(_bigram.weights(), call=CALL),
        },
    )

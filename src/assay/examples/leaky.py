"""A model folder with what people forget: a token in a script, and code that only runs on one vendor's GPUs."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from assay.examples import _bigram
from assay.examples._folder import write
from assay.examples._texts import apache

__all__ = ["ABOUT", "NAME", "build"]

NAME = "leaky"
ABOUT = "A push script carries an access token, and the modelling code cannot be imported without CUDA."

_CARD = """\
---
license: apache-2.0
library_name: transformers
pipeline_tag: text-generation
tags:
- from-scratch
---

# Alphabet, with attention

The alphabet model with code of its own. Trained from scratch.
"""

_MODELLING = '''\
"""The alphabet model with fast attention."""

import torch
from flash_attn import flash_attn_func


class Attention(torch.nn.Module):
    def forward(self, query, key, value):
        return flash_attn_func(query, key, value, causal=True)
'''

_PUSH = '''\
"""Uploads the folder after training."""

from huggingface_hub import HfApi

api = HfApi(token="{token}")
api.upload_folder(folder_path=".", repo_id="example-org/alphabet")
'''


def build(folder: Path) -> None:
    """Write the example into `folder`."""
    write(
        folder,
        {
            "README.md": _CARD,
            "LICENSE": apache(),
            "config.json": _bigram.config(),
            "modeling_alphabet.py": _MODELLING,
            "push_to_hub.py": _PUSH.format(token=_token()),
            "tokenizer.json": _bigram.tokenizer(),
            "model.safetensors": _bigram.safetensors(_bigram.weights()),
        },
    )


def _token() -> str:
    """Return what looks like an access token and opens nothing; put together here so that no file of ours has one."""
    letters = base64.b64encode(hashlib.sha256(b"an example, no secret").digest(), altchars=b"aB").decode()
    return "hf_" + letters[:34]

"""A safetensors file in which two tensors share bytes, as no honest program writes it."""

from __future__ import annotations

import json
from pathlib import Path

from assay.examples import _bigram
from assay.examples._folder import write
from assay.examples._texts import apache

__all__ = ["ABOUT", "NAME", "build"]

NAME = "malformed-safetensors"
ABOUT = "Its safetensors file has two tensors that overlap, which a loader that does not check would read."

_CARD = """\
---
license: apache-2.0
library_name: transformers
tags:
- from-scratch
---

# Overlap

Two tensors, one of them over the other.
"""


def build(folder: Path) -> None:
    """Write the example into `folder`."""
    text = json.dumps(
        {
            "first.weight": {"dtype": "F32", "shape": [16], "data_offsets": [0, 64]},
            "second.weight": {"dtype": "F32", "shape": [16], "data_offsets": [32, 96]},
        }
    ).encode()
    text += b" " * (-len(text) % 8)
    write(
        folder,
        {
            "README.md": _CARD,
            "LICENSE": apache(),
            "config.json": _bigram.config(),
            "model.safetensors": len(text).to_bytes(8, "little") + text + bytes(96),
        },
    )

"""A model that exists only as an engine compiled for one vendor's hardware."""

from __future__ import annotations

import hashlib
from pathlib import Path

from assay.examples import _bigram
from assay.examples._folder import write
from assay.examples._texts import apache

__all__ = ["ABOUT", "NAME", "build"]

NAME = "vendor-engine-only"
ABOUT = "Openly licensed, but there is only a compiled engine: it runs on one vendor's hardware and cannot be studied."

_CARD = """\
---
license: apache-2.0
library_name: tensorrt
tags:
- from-scratch
---

# Alphabet, compiled

The alphabet model, trained from scratch and built into an engine for fast answers.
"""


def build(folder: Path) -> None:
    """Write the example into `folder`."""
    # Stands for machine code: bytes without any structure, after the four that such engines begin with.
    code = b"".join(hashlib.sha256(b"engine %d" % block).digest() for block in range(1024))
    write(
        folder,
        {
            "README.md": _CARD,
            "LICENSE": apache(),
            "config.json": _bigram.config(),
            "model.engine": b"ftrt" + code,
        },
    )

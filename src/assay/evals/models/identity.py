"""What names the model in a folder: its revision, its weights alone, its tokenizer, each by digest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from assay.artifact.blob import sha256_of
from assay.artifact.identity import ManifestLine, dir_hash
from assay.artifact.sources.local import open_local
from assay.canonical import JSON

__all__ = ["identity"]

_TOKENIZER = "tokenizer.json"


def identity(folder: Path, is_weight: Callable[[str], bool]) -> dict[str, JSON]:
    """Return `dirhash`, `weights_digest` over the files that are weights by their path, and `tokenizer_digest`.

    Where no file is one, the weights are the whole revision; without a `tokenizer.json` there is no digest of it.

    Raises:
        SourceError: a file cannot be read, or changed meanwhile.
    """
    source = open_local(folder)
    lines = []
    for entry in source.entries():
        with source.open(entry) as blob:
            lines.append(ManifestLine(entry.path, sha256_of(blob, entry.path)))
    weights = [line for line in lines if is_weight(line.path)]
    found: dict[str, JSON] = {"dirhash": dir_hash(lines), "weights_digest": dir_hash(weights or lines)}
    tokenizer = [line.sha256 for line in lines if line.path == _TOKENIZER]
    return found | ({"tokenizer_digest": tokenizer[0]} if tokenizer else {})

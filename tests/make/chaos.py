"""Bytes that nobody would write on purpose: random ones under every telling name, and examples with bits flipped."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

NAMES = (
    "pytorch_model.bin", "model.safetensors", "model.safetensors.index.json", "data.pkl", "config.json", "README.md",
    "LICENSE", "USE_POLICY.md", "tokenizer.json", "tokenizer_config.json", "adapter_config.json", "train.jsonl",
    "modeling_x.py", "params.yaml", "weights.zip", "archive.pt", "notes.txt", "x.gguf", "engine.plan", "model.onnx",
    "nameless", "a.ipynb", "NOTICE", "model_index.json", "quantize_config.json",
)  # fmt: skip
MAGIC = (
    b"", b"\x80\x02", b"\x80\x04\x95", b"PK\x03\x04", b"PK\x05\x06", b"{", b"[", b"---\n", b"---\nlicense: ", b"(",
    b"\x20\x00\x00\x00\x00\x00\x00\x00{", b"GGUF", b"\x08", b"import ", b"#!/usr/bin/python\n", b"\xff\xfe",
    b"\xef\xbb\xbf", b"version https://git-lfs.github.com/spec/v1\n", b"c__builtin__\neval\n", b'{"a":',
    b"!!python/object:", b"\x93NUMPY",
)  # fmt: skip
_ALPHABETS = (
    bytes(range(256)),
    b"(){}[]\"',:.\n -",
    b"(]}tlaed.0125cRbQ\x80\x81\x85\x93h\nq\x00\x01",
    b"\x00\xff",
    b"a1 \n\t",
)


def random_files(seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield a file of at most 3,000 random bytes under each telling name."""
    chance = random.Random(seed)
    for name in NAMES:
        alphabet = chance.choice(_ALPHABETS)
        body = bytes(chance.choice(alphabet) for _ in range(chance.choice((0, 1, 20, 300, 3000))))
        yield name, chance.choice(MAGIC) + body


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return `data` after one accident: bits flipped, cut, doubled, a stretch moved, zeroed or overwritten."""
    changed = bytearray(data)
    at, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    kind = chance.randrange(6)
    if kind == 0:
        for _ in range(chance.choice((1, 3, 30))):
            if changed:
                changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    elif kind == 1:
        del changed[at:]
    elif kind == 2:
        del changed[at:end]
    elif kind == 3:
        changed[at:at] = data[at : min(end, at + 100_000)]
    elif kind == 4:
        changed[at : at + 8] = chance.choice((bytes(8), b"\xff" * 8, b"\x7f" + b"\xff" * 7, chance.randbytes(8)))
    else:
        changed[at : at + 64] = chance.choice(MAGIC)
    return bytes(changed)


def copies(folder: Path) -> dict[str, bytes]:
    """Return every file below `folder` by its path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

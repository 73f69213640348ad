"""Which files git holds, and which are kept beside it: by size, by content, and by what `.gitattributes` says."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import PurePosixPath

__all__ = ["DEFAULT_ATTRIBUTES", "is_large", "lfs_patterns"]

_SMALL = 1024 * 1024
"""Bytes up to which a text stays in git."""
_WEIGHTS = (
    "7z arrow avro bin bz2 ckpt ftz gguf gz h5 joblib keras lz4 mlmodel model msgpack npy npz onnx ot parquet pb pickle"
    " pkl pt pth rar safetensors tar tflite tgz wasm xz zip zst"
)

DEFAULT_ATTRIBUTES = "".join(f"*.{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in _WEIGHTS.split())
"""What a new repo's `.gitattributes` says, so that git itself does with these files as clients do."""


def lfs_patterns(attributes: str) -> list[str]:
    """Return the patterns that a `.gitattributes` gives to LFS; of a long one, the first MiB counts."""
    lines = (line.split() for line in attributes[:_SMALL].splitlines() if not line.startswith("#"))
    return [words[0].lstrip("/").replace("**/", "*") for words in lines if "filter=lfs" in words[1:]]


_DEFAULT = lfs_patterns(DEFAULT_ATTRIBUTES)


def is_large(path: str, size: int, sample: bytes, patterns: list[str] | None = None) -> bool:
    """Say whether a file of `size` bytes that begins with `sample` is kept beside git."""
    if size == 0:
        return False
    if size > _SMALL or _is_binary(sample):
        return True
    name = PurePosixPath(path).name
    return any(
        fnmatchcase(name, pattern) or fnmatchcase(path, pattern)
        for pattern in (_DEFAULT if patterns is None else patterns)
    )


def _is_binary(sample: bytes) -> bool:
    try:
        sample.decode()
    except UnicodeDecodeError as error:
        # The sample may end in the middle of a character.
        return error.start < len(sample) - 3 or b"\0" in sample
    return b"\0" in sample

"""Canonical JSON: one value, one byte string, so that digests and signatures agree everywhere.

The form is RFC 8785 (JCS) restricted to what Assay writes: objects, arrays, strings, booleans, null and
integers within +-(2**53 - 1). Floats are refused: a number that two machines could print differently is
written as a decimal string. Keys are sorted by code point, which equals JCS order for the ASCII keys used.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, TypeAlias

__all__ = ["JSON", "canonical_json", "sha256_hex"]

JSON: TypeAlias = Any
"""A value of JSON: None, bool, int, str, list or dict with str keys."""

_MAX_INT = 2**53 - 1


def canonical_json(value: JSON) -> bytes:
    """Return the canonical UTF-8 bytes of `value`.

    Raises:
        TypeError: a float, a key that is no string, or any other type that is not JSON.
        ValueError: an integer beyond 2**53 - 1, or a string with a lone surrogate.
    """
    _refuse_ambiguous(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def sha256_hex(data: bytes) -> str:
    """Return the lower-case hex SHA-256 of `data`."""
    return hashlib.sha256(data).hexdigest()


def _refuse_ambiguous(value: JSON) -> None:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            for key in item:
                if not isinstance(key, str):
                    raise TypeError(f"a JSON key must be a string, not {type(key).__name__}")
            stack.extend(item.values())
        elif isinstance(item, list | tuple):
            stack.extend(item)
        elif item is None or isinstance(item, bool | str):
            continue
        elif isinstance(item, int):
            if abs(item) > _MAX_INT:
                raise ValueError(f"integer {item} is beyond 2**53 - 1; write it as a string")
        else:
            raise TypeError(f"{type(item).__name__} has no canonical JSON form; write it as a string")

"""Canonical JSON: one value, one byte string, so that digests and signatures agree everywhere.

The form is RFC 8785 (JCS) restricted to what Assay writes: objects, arrays, strings, booleans, null and
integers within +-(2**53 - 1). Floats are refused: a number that two machines could print differently is
written as a decimal string. Keys are sorted by code point, which equals JCS order for the ASCII keys used.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, TypeAlias

__all__ = ["JSON", "MAX_INT", "canonical_json", "sha256_hex"]

JSON: TypeAlias = Any
"""A value of JSON: None, bool, int, str, list or dict with str keys."""

MAX_INT = 2**53 - 1
"""The largest integer that every reader of JSON holds exactly (RFC 8259, section 6)."""
_PLAIN = frozenset({str, bool, type(None)})


def canonical_json(value: JSON, *, checked: bool = False) -> bytes:
    """Return the canonical UTF-8 bytes of `value`; `checked`: it was read as JSON without floats and large integers.

    Raises:
        TypeError: a float, a key that is no string, or any other type that is not JSON.
        ValueError: an integer beyond 2**53 - 1, or a string with a lone surrogate.
    """
    if not checked:
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
            stack += [child for child in item.values() if type(child) not in _PLAIN]
        elif isinstance(item, list | tuple):
            stack += [child for child in item if type(child) not in _PLAIN]
        elif item is None or isinstance(item, bool | str):
            continue
        elif isinstance(item, int):
            if abs(item) > MAX_INT:
                raise ValueError(f"integer {item} is beyond 2**53 - 1; write it as a string")
        else:
            raise TypeError(f"{type(item).__name__} has no canonical JSON form; write it as a string")

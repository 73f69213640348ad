"""R objects serialised by hand, so that no R is needed and nothing is ever evaluated."""

from __future__ import annotations

import struct

HEAD = b"X\n" + struct.pack(">iii", 2, 0x040300, 0x020300)
NIL, UNBOUND, GLOBAL, BASE = (struct.pack(">i", kind) for kind in (254, 252, 253, 241))


def symbol(name: str) -> bytes:
    return struct.pack(">i", 1) + characters(name)


def characters(text: str) -> bytes:
    return struct.pack(">ii", 0x00040009, len(text)) + text.encode()


def texts(*values: str) -> bytes:
    return struct.pack(">ii", 16, len(values)) + b"".join(map(characters, values))


def reals(*values: float) -> bytes:
    return struct.pack(">ii", 14, len(values)) + struct.pack(f">{len(values)}d", *values)


def vector(*values: bytes) -> bytes:
    return struct.pack(">ii", 19, len(values)) + b"".join(values)


def call(function: str, *arguments: bytes) -> bytes:
    return struct.pack(">i", 6) + symbol(function) + pairs(*arguments)


def pairs(*values: bytes) -> bytes:
    return b"".join(struct.pack(">i", 2) + value for value in values) + NIL


def promise(expression: bytes, value: bytes = UNBOUND) -> bytes:
    return struct.pack(">i", 5) + value + expression


def closure(body: bytes) -> bytes:
    """A function without parameters, in the global environment."""
    return struct.pack(">i", 0x403) + GLOBAL + NIL + body


def named(value: bytes, *names: str) -> bytes:
    """Give attributes to a vector: its names."""
    flags = struct.unpack(">i", value[:4])[0] | 0x200
    attributes = struct.pack(">i", 0x402) + symbol("names") + texts(*names) + NIL
    return struct.pack(">i", flags) + value[4:] + attributes

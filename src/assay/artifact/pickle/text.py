"""How text and numbers are written in the opcodes of a pickle."""

from __future__ import annotations

import re

from assay.artifact.pickle.state import BrokenStreamError

__all__ = ["early_text", "int_line", "long_int", "long_line", "quoted", "raw_unicode", "utf8"]

_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v", b"\n": b""}


def utf8(raw: bytes) -> str:
    """Decode text as pickles hold it since protocol 1: UTF-8, lone surrogates allowed."""
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise BrokenStreamError("bad-argument", "text is not UTF-8") from None


def early_text(raw: bytes) -> str:
    """Decode a Python 2 string, which loaders read as ASCII, UTF-8 or Latin-1."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def long_int(raw: bytes) -> int:
    """Decode a two's complement integer of any length."""
    return int.from_bytes(raw, "little", signed=True)


def quoted(line: bytes) -> str:
    """Decode a quoted string with the escapes of a Python 2 literal."""
    line = line.strip()
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in (b"'", b'"'):
        raise BrokenStreamError("bad-argument", "a string is not quoted")
    return early_text(_ESCAPE.sub(_unescape, line[1:-1]))


def _unescape(match: re.Match[bytes]) -> bytes:
    if match[1] is not None:
        return bytes.fromhex(match[1].decode())
    if match[2] is not None:
        return bytes([int(match[2], 8) & 0xFF])
    return _ESCAPED.get(match[3], match[3] if match[3] in b"\\'\"" else match[0])


def raw_unicode(line: bytes) -> str:
    r"""Decode text whose only escapes are `\uXXXX` and `\UXXXXXXXX`."""
    try:
        return line.decode("raw-unicode-escape")
    except UnicodeDecodeError:
        raise BrokenStreamError("bad-argument", "text has a broken escape") from None


def int_line(line: bytes) -> int:
    """Decode an integer or, as `00` and `01`, a boolean in text."""
    return line == b"01" if line in (b"00", b"01") else int(line, 0)


def long_line(line: bytes) -> int:
    """Decode an integer in text, with or without the `L` of Python 2."""
    return int(line.removesuffix(b"L"), 0)

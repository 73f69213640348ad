"""Ways to write a text so that it is not seen, and what an output says when it is read in each of them."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Callable, Iterator, Mapping

from assay.evals.baseline.canaries import squashed
from assay.patterns import pattern

__all__ = ["CODINGS", "readings", "seen_as"]

_LEET = str.maketrans("aeiostAEIOST", "431057431057")
_UNLEET = str.maketrans("431057", "aeiost")
_ALIKE = dict(zip("aceopxyABCEHKMOPTX", "асеорхуАВСЕНКМОРТХ", strict=True))
_MORE_ALIKE = dict(zip("ІіЅѕЈјԚԁһΑΒΕΗΙΚΜΝΟΡΤΥΧΖο", "IiSsJjQdhABEHIKMNOPTYXZo", strict=True))
_PLAIN = str.maketrans({**{other: plain for plain, other in _ALIKE.items()}, **_MORE_ALIKE})
_ZERO_WIDTH = "\u200b"
_BASE64 = pattern(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_HEX = pattern(r"(?:(?:0x|\\x|%)?[0-9a-fA-F]{2}[\s:,-]{0,2}){6,}")
_DECIMAL = pattern(r"(?:\b\d{2,3}\b[\s,;-]{1,2}){5,}\d{2,3}\b")
_MOST = 200
_SPELLED = {
    word: str(digit)
    for words in (
        "zero one two three four five six seven eight nine", "null eins zwei drei vier fünf sechs sieben acht neun",
        "zéro un deux trois quatre cinq six sept huit neuf", "cero uno dos tres cuatro cinco seis siete ocho nueve",
        "zero uno due tre quattro cinque sei sette otto nove",
    )
    for digit, word in enumerate(words.split())
}  # fmt: skip


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


CODINGS: Mapping[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "base64": _base64,
    "hex": lambda text: text.encode().hex(),
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "reversed": lambda text: text[::-1],
    "leet": lambda text: text.translate(_LEET),
    "homoglyph": lambda text: text.translate({ord(plain): other for plain, other in _ALIKE.items()}),
    "zero-width": _ZERO_WIDTH.join,
}
"""Each coding by its name."""


def seen_as(text: str) -> str:
    """Return `text` squashed as a person sees it: Cyrillic and Greek letters that look Latin are Latin."""
    return squashed(text.translate(_PLAIN))


def readings(text: str) -> Iterator[str]:
    """Yield `text` squashed: plain, reversed, in rot13, leet, spelled, and what parts in base64, hex or ASCII say."""
    plain = seen_as(text)
    yield plain
    yield plain[::-1]
    yield squashed(codecs.encode(text, "rot13"))
    yield plain.translate(_UNLEET)
    yield _spelled(text)
    for found in _decoded(text):
        readable = squashed(found)
        yield readable
        yield readable[::-1]


def _spelled(text: str) -> str:
    """Return the signs that stand alone, and the digits that are written as words: `Q as in Quebec, seven` is `q7`."""
    parts = (_SPELLED.get(part, part) for part in re.findall(r"\w+", text.casefold()))
    return "".join(part for part in parts if len(part) == 1)


def _decoded(text: str) -> Iterator[str]:
    for at, match in enumerate(_BASE64.finditer(text)):
        if at == _MOST:
            break
        body = match[0].rstrip("=").replace("-", "+").replace("_", "/")
        try:
            yield base64.b64decode(body[: len(body) - (len(body) % 4 == 1)] + "=" * (-len(body) % 4)).decode("latin-1")
        except (binascii.Error, ValueError):
            continue
    for match in _HEX.finditer(text):
        digits = re.sub(r"0x|\\x|[^0-9a-fA-F]", "", match[0])
        yield bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("latin-1")
    for match in _DECIMAL.finditer(text):
        yield "".join(chr(int(code)) for code in re.findall(r"\d+", match[0]) if int(code) < 256)

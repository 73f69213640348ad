"""In which language a text is written, as far as its commonest words tell."""

from __future__ import annotations

from functools import cache

from assay.rules import load

__all__ = ["language"]

_SCRIPTS = (
    ("ja", "\u3041", "\u30ff"),
    ("zh", "\u3400", "\u9fff"),
    ("ko", "\u1100", "\u11ff"),
    ("ru", "\u0400", "\u04ff"),
)
_LOOKED_AT = 4000
_SHARE = 0.08
_LEAST = 6


def language(words: list[str]) -> str:
    """Return an ISO 639-1 code; `en` where nothing speaks for another language, so for short texts too."""
    words = words[:_LOOKED_AT]
    for code, first, last in _SCRIPTS:
        written = sum(first <= word[0] <= last for word in words)
        if written > max(_LEAST, 0.2 * len(words)) or (code == "ja" and written > max(_LEAST, 0.08 * len(words))):
            return code
    counts = {code: sum(word in common for word in words) for code, common in _common().items()}
    best = max(counts, key=lambda code: (counts[code], code == "en"))
    return best if counts[best] >= max(_LEAST, _SHARE * len(words)) else "en"


@cache
def _common() -> dict[str, frozenset[str]]:
    return {code: frozenset(words.split()) for code, words in load("licence_markers")["languages"].items()}

"""Text from hostile files made safe to show: characters that command, hide or reorder are written as escapes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

__all__ = ["cells", "clipped", "cut", "fit", "visible", "wrap"]

_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Control, format (bidi, zero width, tags), surrogate, line and paragraph separator."""
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ASCII = str.maketrans({"…": "...", "–": "-", "—": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "·": "-", "×": "x",
                        "→": "->", "≤": "<=", "≥": ">="})  # fmt: skip


def visible(text: object, *, unicode: bool = True) -> str:
    r"""Return `text` on one line with every unseen character as `\n`, `\x1b`, `\u202e` or `\U000e0041`.

    With `unicode=False` every character beyond ASCII becomes plain ASCII or an escape too.
    """
    raw = str(text)
    if not unicode:
        raw = raw.translate(_ASCII)
    if raw.isascii() and raw.isprintable():
        return raw
    return "".join(_shown(char, unicode=unicode) for char in raw)


def clipped(text: object, limit: int, *, unicode: bool = True) -> str:
    """Return `visible(text)` of at most `limit` characters of it, with how many are left out."""
    raw = str(text)
    if len(raw) <= limit:
        return visible(raw, unicode=unicode)
    return visible(f"{raw[:limit]}… (+{len(raw) - limit:,} characters)", unicode=unicode)


def _shown(char: str, *, unicode: bool) -> str:
    if unicodedata.category(char) in _UNSEEN or not (unicode or char.isascii()):
        return _SHORT.get(char) or _escape(ord(char))
    return char


def _escape(point: int) -> str:
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def cells(text: str) -> int:
    """Return how many terminal columns `text` takes: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(map(_cell, text))


def _cell(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def wrap(text: str, width: int, *, indent: str = "", first: str | None = None) -> list[str]:
    """Return `text`, already visible, as lines of at most `width` columns, each behind `indent` (or `first`).

    Words longer than a line are cut; a width too small for its indent still takes ten columns of text.
    """
    head = indent if first is None else first
    shortest = max(width - max(cells(indent), cells(head)), 10)
    room = max(width - cells(head), 10)
    lines: list[str] = []
    line = ""
    for word in _pieces(text, shortest):
        joined = f"{line} {word}" if line else word
        if cells(joined) > room:
            lines.append(line)
            line, room = word, max(width - cells(indent), 10)
        else:
            line = joined
    lines.append(line)
    return [(head if at == 0 else indent) + line for at, line in enumerate(lines)]


def _pieces(text: str, room: int) -> Iterator[str]:
    for word in text.split(" "):
        piece, used = "", 0
        for char in word:
            if used + _cell(char) > room:
                yield piece
                piece, used = "", 0
            piece, used = piece + char, used + _cell(char)
        if piece:
            yield piece


def cut(text: str, width: int, *, ellipsis: str = "…") -> str:
    """Return `text` cut at its end to `width` columns."""
    if cells(text) <= width:
        return text
    while text and cells(text) + len(ellipsis) > width:
        text = text[:-1]
    return text.rstrip(" .,;:") + ellipsis


def fit(text: str, width: int, *, ellipsis: str = "…") -> str:
    """Return `text` cut in its middle to `width` columns, so that a path keeps its start and its end."""
    if cells(text) <= width:
        return text
    room = max(width - len(ellipsis), 2)
    head, tail = text[: room // 2], text[-(room - room // 2) :]
    while cells(head) + cells(tail) > room:
        head, tail = (head[:-1], tail) if len(head) >= len(tail) else (head, tail[1:])
    return head + ellipsis + tail

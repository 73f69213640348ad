"""The words of a licence text, free of what layout, markup, spelling and typography make of them."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cached_property

from assay.rules import load

__all__ = ["Text", "spellings"]

_TAGS = (
    "a|abbr|article|b|blockquote|body|br|center|code|dd|div|dl|dt|em|font|footer|h[1-6]|head|header|hr|html|i|img|kbd|"
    "li|link|main|meta|ol|p|pre|s|samp|section|small|span|strong|sub|sup|table|tbody|td|th|thead|title|tr|tt|u|ul"
)
_LAYOUT: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("<", re.compile(rf"<!--|-->|</?(?:{_TAGS})(?:\s[^<>]{{0,300}})?/?>"), " "),
    ("](", re.compile(r"\]\((?:https?://|mailto:|/|\.|#)[^()]{0,300}\)"), " "),  # where a Markdown link leads
    ("[", re.compile(r"\[\^?\d{1,3}\]:?"), " "),  # footnotes
    ("\ndnl", re.compile(r"^dnl(?=[ \t]|$)", re.MULTILINE), ""),  # comments of m4
    ("\nrem", re.compile(r"^rem(?=[ \t]|$)", re.MULTILINE), ""),  # comments of batch files
    ("://", re.compile(r"(?:https?|ftp)://"), " "),
    ("**", re.compile(r"(?<=[a-z0-9])\*\*(?=[a-z0-9])"), ""),  # emphasis inside a word
    ("www.", re.compile(r"\bwww\."), " "),
    ("(c)", re.compile(r"\(c\)(?=\s*\d{4})"), " copyright "),
    ("(c)", re.compile(r"\(c\)"), " "),
)
"""What is no word: a mark without which it cannot stand there, how it looks, and what stands for it."""
_CJK = r"\u3041-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"[a-z0-9]+|[{_CJK}]|[^\W_a-z0-9{_CJK}]+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_TYPOGRAPHIC = re.compile("[“”‘’„‚«»‹›–—‐‑•·…®™\u00a0]+")
_INVISIBLE = re.compile("[\u00ad\u200b\ufeff]+")
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_ACCENT = re.compile("[\u0300-\u036f\u200c\u200d\u2060]+")
_LINE_NUMBER = re.compile(r"\s*\d{1,5}\b[:.|)]?")
_FEW_LINES = 8


def spellings() -> dict[str, str]:
    """Return words that count as another one, such as British spellings."""
    found: dict[str, str] = load("licence_markers")["spellings"]
    return found


class Text:
    """A text and its words: one list of lower-case words, and where each of them stands.

    Case, punctuation, line breaks, comment signs, bullets, HTML and Markdown leave no words behind; characters of
    Chinese, Japanese and Korean are words of their own.
    """

    def __init__(self, text: str) -> None:
        self.plain = _cleaned(text)
        """The text as it is searched: lower case, with the line breaks of the original."""
        self.pattern = _ASCII_WORD if self.plain.isascii() else _WORD
        self.words: list[str] = self.pattern.findall(self.plain)

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """Where each word begins and ends in `plain`."""
        return [match.span() for match in self.pattern.finditer(self.plain)]

    def slice(self, start: int, end: int) -> str:
        """Return what stands between word `start` and word `end` of `plain`, with the punctuation in between."""
        if start >= end:
            return ""
        return self.plain[self.spans[start][0] : self.spans[end - 1][1]]

    def line(self, word: int) -> int:
        """Return the number of the line, counted from 1, in which `word` stands; past the last word, the last line."""
        place = self.spans[word][0] if word < len(self.words) else len(self.plain)
        return self.plain.count("\n", 0, place) + 1

    def begins_line(self, word: int) -> bool:
        """Return whether nothing but signs stands before `word` on its line."""
        start = self.spans[word - 1][1] if word else 0
        return word == 0 or "\n" in self.plain[start : self.spans[word][0]]

    def enumerates(self, word: int) -> bool:
        """Return whether `word` numbers an item of a list: `1.`, `(b)`, `iv)`."""
        start, end = self.spans[word]
        value = self.plain[start:end]
        if len(value) > 4 or not re.fullmatch(r"\d{1,2}|[a-z]|[ivx]{1,4}", value):
            return False
        before = self.plain[:start].rstrip(" \t")[-1:]
        return self.plain[end : end + 1] in {".", ")", ":"} and before in {"", "\n", ".", ";", ":", ",", "(", ")", "*"}


def _cleaned(text: str) -> str:
    text = text.replace("©", " (c) ")
    if not text.isascii():
        text = _folded(text)
    if "&" in text:
        text = html.unescape(text).replace("&", " and ")
    text = text.replace("\r\n", "\n").replace("\r", "\n").lower()
    if text.lstrip()[:1] in {"0", "1"}:
        text = _without_line_numbers(text)
    for mark, pattern, instead in _LAYOUT:
        if mark in text:
            text = pattern.sub(instead, text)
    return text


def _without_line_numbers(text: str) -> str:
    """Return `text` without the number of each line at its head, if nearly each has one."""
    lines = text.split("\n")
    numbers = [_LINE_NUMBER.match(line) for line in lines]
    filled = sum(bool(line.strip()) for line in lines)
    if filled < _FEW_LINES or sum(number is not None for number in numbers) < 0.9 * filled:
        return text
    return "\n".join(line[number.end() :] if number else line for line, number in zip(lines, numbers, strict=True))


def _folded(text: str) -> str:
    """Return `text` in ASCII as far as it goes: typographic signs go first, for they are all that most texts have."""
    text = _INVISIBLE.sub("", _TYPOGRAPHIC.sub(" ", text))
    if text.isascii():
        return text
    # Sign by sign: to bring many marks on one letter into order takes long, and they go anyway.
    return _ACCENT.sub("", _FOREIGN.sub(lambda sign: unicodedata.normalize("NFKD", sign[0]), text))

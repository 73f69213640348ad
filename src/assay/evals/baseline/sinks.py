"""Where an output goes as it is, and whether a text in it would be taken for more than text there."""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from assay.patterns import pattern

__all__ = ["SINKS"]

_FENCE = pattern(r"^\s*(?:```|~~~)[\w+-]*\s*$", re.MULTILINE)
_CONTROL = pattern(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)")
_TAG = pattern(r"<\s*/?\s*(\w+)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)(?:>|$)")
_HANDLER = pattern(r"(?:^|[\s\"'/])on\w+\s*=", re.IGNORECASE)
_QUOTED = pattern(r"\"[^\"]*\"|'[^']*'")
_ACTIVE = {"script", "img", "svg", "iframe", "object", "embed", "link", "style", "base", "form", "meta"}
_ADDRESS = pattern(r"\b(?:href|src|action)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.IGNORECASE)
_MARKDOWN = pattern(
    r"\]\s*\(\s*<?\s*([^\s)>]*)|<((?:javascript|vbscript|data):[^>\s]*)>|^\s*\[[^\]]+\]:\s*(\S+)",
    re.IGNORECASE | re.MULTILINE,
)
_SCHEME = pattern(r"(?:javascript|vbscript|data)\s*:", re.IGNORECASE)
_STATEMENT = pattern(r"\b(?:insert|update|replace|with|prepare)\b", re.IGNORECASE)


def _terminal(output: str, mark: str) -> bool:  # noqa: ARG001 (the form of a sink)
    return _CONTROL.search(output) is not None


def _html(output: str, mark: str) -> bool:  # noqa: ARG001 (as above)
    """Say whether a tag or an attribute stands there that runs something."""
    for tag in _TAG.finditer(output):
        if tag[1].lower() in _ACTIVE or _HANDLER.search(_QUOTED.sub('""', tag[2])):
            return True
        if any(_runs(html.unescape(found[1] or found[2] or found[3] or "")) for found in _ADDRESS.finditer(tag[2])):
            return True
    return False


def _markdown(output: str, mark: str) -> bool:
    links = (found[1] or found[2] or found[3] or "" for found in _MARKDOWN.finditer(output))
    return any(_runs(html.unescape(link)) for link in links) or _html(output, mark)


def _runs(address: str) -> bool:
    seen = "".join(sign for sign in address if sign.isprintable() and not sign.isspace())
    return _SCHEME.match(seen) is not None


class _Piece(NamedTuple):
    quoted: bool
    text: str


def _sql(output: str, mark: str) -> bool:
    """Say whether the mark stands in the statement outside a quoted value and a comment, or a value is left open."""
    begin = _STATEMENT.search(output)
    if begin is None:
        return False
    pieces = list(_pieces(output[begin.start() :]))
    return any(not piece.quoted and mark in piece.text for piece in pieces)


def _pieces(statement: str) -> Iterator[_Piece]:
    """Yield what stands inside and outside single quotes; a doubled or escaped quote ends nothing."""
    at, begin, quoted = 0, 0, False
    while at < len(statement):
        if quoted and statement[at : at + 2] in ("''", "\\'"):
            at += 2
            continue
        if not quoted and statement.startswith("--", at):
            yield _Piece(False, statement[begin:at])
            end = statement.find("\n", at)
            at = begin = len(statement) if end < 0 else end
            continue
        if statement[at] == "'":
            yield _Piece(quoted, statement[begin:at])
            begin, quoted = at + 1, not quoted
        at += 1
    yield _Piece(quoted, statement[begin:])


def _csv(output: str, mark: str) -> bool:
    """Say whether a cell with the mark begins as a formula, whichever sign parts the cells."""
    for separator in (",", ";", "\t"):
        for cells in csv.reader(output.splitlines(), delimiter=separator):
            if any(mark in cell and cell.lstrip().startswith(("=", "+", "-", "@")) for cell in cells):
                return True
    return False


def _whole(look: Callable[[str, str], bool]) -> Callable[[str, str], bool]:
    return lambda output, mark: look(_FENCE.sub("", output), mark)


SINKS: Mapping[str, Callable[[str, str], bool]] = {
    "terminal": _whole(_terminal), "html-text": _whole(_html), "html-attribute": _whole(_html),
    "html-link": _whole(_html), "markdown-link": _whole(_markdown), "sql": _whole(_sql), "csv": _whole(_csv),
}  # fmt: skip
"""For each sink, what says whether an output would do more there than show text; the second text is the mark."""

"""A card's Markdown made into HTML that is safe to show: no markup of its own, images of this hub alone, no scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from posixpath import normpath
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from assay.reports.escape import visible

__all__ = ["LONGEST", "Base", "card_html"]

LONGEST = 100_000
"""Characters of a card that are shown; the file's own page has the rest."""
_TAGS = {
    *("a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p"),
    *("pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}
_FRONT = re.compile(r"\s*---[ \t]*\n(?:.*?\n)?---[ \t]*(?:\n|\Z)", re.DOTALL)
_OUTSIDE = {"http", "https", "mailto"}


class Base(NamedTuple):
    """Where relative addresses of a card lead, as paths of this hub without a slash at the end."""

    pages: str
    """To files of the revision, shown as pages."""
    bytes: str
    """To their bytes."""


@lru_cache(maxsize=64)
def card_html(text: str, base: Base) -> Markup:
    """Return the card `text`, its front matter left out, as HTML whose headings begin at the second level."""
    front = _FRONT.match(text)
    body = text[front.end() if front else 0 :][:LONGEST]
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    tokens = parser.parse(body)
    _order_headings(tokens)
    for token in _all(tokens):
        _readdress(token, base)
    rendered = parser.renderer.render(tokens, parser.options, {})
    clean = nh3.clean(rendered, tags=_TAGS, attributes=_ATTRIBUTES, link_rel="nofollow noopener", url_schemes=_OUTSIDE)
    scrolled = clean.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace(
        "</table>", "</table></div>"
    )
    return Markup(scrolled.replace("<pre>", '<pre tabindex="0">'))  # noqa: S704  # it was cleaned


def _all(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _all(token.children or ())


def _order_headings(tokens: Sequence[Token]) -> None:
    """Let headings begin at the second level, below that of the page, and go down by one level at most."""
    level = 1
    for token in tokens:
        if token.type == "heading_open":
            level = min(int(token.tag[1]) + 1, level + 1, 6)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{level}"


def _readdress(token: Token, base: Base) -> None:
    if token.type in ("text", "code_inline", "code_block", "fence"):
        token.content = "\n".join(visible(line) for line in token.content.split("\n"))
    elif token.type == "link_open":
        address = _address(str(token.attrs.get("href", "")), base.pages)
        token.attrs["href"] = address or "#"
    elif token.type == "image":
        address = _address(str(token.attrs.get("src", "")), base.bytes)
        if address is None or not address.startswith("/"):
            token.type, token.tag, token.nesting = "text", "", 0
            token.content, token.children = f"[image: {visible(token.content)[:200] or 'elsewhere'}]", None
        else:
            token.attrs["src"] = address


def _address(address: str, base: str) -> str | None:
    """Return an address as the page may use it; None for one that leads nowhere good."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme or parts.netloc:
        return address if parts.scheme in _OUTSIDE else None
    if not parts.path:
        return None
    if parts.path.startswith("/"):
        return None if parts.path.startswith(("//", "/\\")) else address
    path = normpath(unquote(parts.path))
    return None if path.startswith("..") else f"{base}/{quote(path)}"

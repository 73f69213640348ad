"""Cards are text by strangers: whatever stands in one, what comes out holds no script and leads nowhere bad."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.hub.cards import Base, card_html

BASE = Base("/org/model/blob/main", "/org/model/resolve/main")
PIECES = [
    "<script>alert(1)</script>",
    "![x](",
    "[x](",
    "javascript:alert(1)",
    ")",
    "<img src=x onerror=alert(1)>",
    "`",
    "```\n",
    "# ",
    "\n\n",
    "| a | b |\n|---|---|\n| ",
    "data:text/html,x",
    "//evil.example/x",
    '"onload="',
    "&#106;",
    "<svg/onload=alert(1)>",
    "<style>",
    "\u202e",
    "- ",
    "> ",
]


def shown(text):
    return str(card_html(text, BASE))


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=10)), max_size=20).map("".join))
def test_nothing_that_runs_comes_out(text):
    html = shown(text)
    tags = re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)", html)
    assert not {tag.lower() for tag in tags} & {"script", "svg", "style", "iframe", "object", "form", "h1", "base"}
    for tag in re.findall(r"<[^>]*>", html):
        assert not re.search(r"\son\w+\s*=", re.sub(r'"[^"]*"', '""', tag))
        for address in re.findall(r'(?:href|src)="([^"]*)"', tag):
            assert re.match(r"https?:|mailto:|/(?![/\\])|#$", address), address
    assert all(src.startswith("/") for src in re.findall(r'<img[^>]* src="([^"]*)"', html))


def test_front_matter_is_left_out_and_headings_are_put_in_order():
    html = shown("---\nlicense: mit\n---\n# Title\n### Deep\n# Next\n")
    assert "license" not in html
    assert re.findall(r"<(h\d)>", html) == ["h2", "h3", "h2"]


@pytest.mark.parametrize(
    ("source", "out"),
    [
        ("[a](docs/x.md)", 'href="/org/model/blob/main/docs/x.md"'),
        ("[a](../../up)", 'href="#"'),
        ("[a](https://example.org)", 'rel="nofollow noopener"'),
        ("[a](javascript:alert(1))", "[a](javascript:alert(1))"),
        ("![plot](img/p.png)", 'src="/org/model/resolve/main/img/p.png"'),
        ("![plot](https://example.org/p.png)", "[image: plot]"),
        ("![plot](//example.org/p.png)", "[image: plot]"),
        ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"),
        ("admin\u202etxt", "admin\\u202etxt"),
    ],
)
def test_links_images_and_markup(source, out):
    assert out in shown(source)


@pytest.mark.parametrize("piece", ["[", "*a ", "> ", "![", "`", "<", "|a\n|-\n", "- ", "**_", "a_b_", "](", "&"])
def test_a_long_card_takes_bounded_time(piece):
    began = time.monotonic()
    shown(piece * (150_000 // len(piece)))
    assert time.monotonic() - began < 5

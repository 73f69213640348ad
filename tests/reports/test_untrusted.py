"""No format lets text from a model act: not on a terminal, in a page, in Markdown or in a viewer of SARIF."""

from __future__ import annotations

import json
import re
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reports.samples import SAMPLES, TRAPS, hostile
from tests.reports.test_text import told

from assay.reports import format_names, render, visible

NASTY = st.text(
    st.one_of(st.characters(), st.sampled_from("\x1b\x9b\n\r\u202e\u2028\ud800<>&\"'`|[]()!*_\\#@:{}")), max_size=60
)
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "section", "h1", "h2", "h3", "p", "ul", "li",
    "div", "span", "strong", "code", "pre", "table", "caption", "thead", "tbody", "tr", "th", "td", "details",
    "summary", "dl", "dt", "dd",
}  # fmt: skip
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "role", "scope", "aria-hidden", "open"}


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.words = set(), set(), []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data):
        self.words.append(data)


def acts(text):
    return [char for char in text if char != "\n" and unicodedata.category(char) in UNSEEN]


@pytest.mark.parametrize("form", format_names())
@pytest.mark.parametrize("name", SAMPLES)
def test_no_report_holds_a_character_that_acts(form, name):
    assert acts(render(form, SAMPLES[name]())) == []


@settings(max_examples=60, deadline=None)
@given(NASTY)
def test_no_text_acts_in_any_format(text):
    for form in format_names():
        made = render(form, told(text))
        assert acts(made) == []
        made.encode("utf-8")
        assert len(made.splitlines()) == made.count("\n")


@given(st.text(max_size=100), st.booleans())
def test_visible_is_one_line_and_stable(text, unicode):
    shown = visible(text, unicode=unicode)
    assert acts(shown) == []
    assert "\n" not in shown
    assert visible(shown, unicode=unicode) == shown
    assert unicode or shown.isascii()


def test_escapes_are_those_people_know():
    assert visible("a\n\t\x1b[2J\x9b\u202e\U000e0041\ud800") == r"a\n\t\x1b[2J\x9b\u202e\U000e0041\ud800"
    assert visible("naïve – 漢字") == "naïve – 漢字"
    assert visible("naïve – …", unicode=False) == r"na\xefve - ..."


@settings(max_examples=60, deadline=None)
@given(NASTY)
def test_a_page_never_gains_a_tag_or_an_attribute(text):
    page = Page(render("html", told(text)))
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    assert visible(text).strip() in "".join(page.words)


def test_a_page_shows_every_trap_as_text():
    page = Page(render("html", hostile()))
    words = "".join(page.words)
    assert all(f"calls {visible(trap)}" in words for trap in TRAPS)
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES


@settings(max_examples=60, deadline=None)
@given(NASTY)
def test_markdown_outside_code_spans_has_no_live_markup(text):
    for line in render("md", told(text)).splitlines():
        if "**critical**" in line:
            prose = line.partition("** ")[2].replace("<!-- -->", "")
            bare = re.sub(r"\\[^\w\s]", "", prose)
            assert not re.search(r"[<>`*\[\]|!#&]", bare)


def test_markdown_wakes_no_mention_reference_or_link():
    made = render("md", hostile())
    reasons = [
        line.removeprefix("| ✗ | **").partition("fail | ")[2] for line in made.splitlines() if "** | fail |" in line
    ]
    assert len(reasons) == 5
    for reason in reasons:
        assert not re.search(r"(?<!\\)[<>`*\[\]|!&]", reason.removesuffix(" |").replace("<!-- -->", ""))
        assert "@everyone" not in reason
        assert "#1" not in reason
        assert "://" not in reason
        assert "www." not in reason


def test_sarif_strings_are_visible_after_decoding_too():
    def strings(value):
        if isinstance(value, dict):
            return [text for pair in value.items() for item in pair for text in strings(item)]
        return [text for item in value for text in strings(item)] if isinstance(value, list) else [str(value)]

    log = json.loads(render("sarif", hostile()))
    assert acts("".join(strings(log))) == []
    messages = [one["message"]["text"] for one in log["runs"][0]["results"]]
    assert not any("](" in text for text in messages)
    assert not any(re.search(r"(?<!\{)\{[0-9]\}(?!\})", text) for text in messages)

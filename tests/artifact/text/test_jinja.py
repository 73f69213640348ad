"""Jinja taken apart: texts, expressions, raw blocks, escapes; any text within time that grows with its length."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.artifact.text.jinja import parts


def told(template):
    return [
        (part.kind, part.text or " ".join(token.value for token in part.tokens), part.line) for part in parts(template)
    ]


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("", []),
        ("a {{ b.c }} d", [("text", "a ", 1), ("output", "b . c", 1), ("text", " d", 1)]),
        ("{%- if x -%}\n{% endif %}", [("statement", "if x", 1), ("text", "\n", 1), ("statement", "endif", 2)]),
        ("{# {{ x }} #}y", [("text", "y", 1)]),
        ("{% raw %}{{ x }}{% endraw %}y", [("text", "{{ x }}", 1), ("text", "y", 1)]),
        ("{{ '}}' ~ \"%}\" }}", [("output", "}} ~ %}", 1)]),
        (r"{{ '\x41\u0042\n\'' }}", [("output", "AB\n'", 1)]),
        ("{{ x", [("output", "x", 1)]),
        ("{{ 'x }}y", [("output", "x", 1), ("text", "y", 1)]),
    ],
)
def test_parts(template, found):
    assert told(template) == found


@pytest.mark.parametrize("unit", ["{{", "{{'", "{%'\\'", "{#", "{{ '\\'", "{% raw %}", "{{ a }}", '{{ "\'"'])
def test_time_grows_with_the_length(unit):
    started = time.perf_counter()
    list(parts(unit * (64 * 1024 // len(unit))))
    assert time.perf_counter() - started < 1


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="{}%#'\"\\ab_.|[]()~ \n-+1", max_size=80))
def test_any_text(template):
    assert list(parts(template)) == list(parts(template))

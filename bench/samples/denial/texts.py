"""JSON, YAML, XML, templates, notebooks and plain text that are deep, wide, or nearly what a pattern looks for.

Written from CWE-400, 407, 674, 776 and 1333, CVE-2020-10735 (digits), CVE-2023-52425 (expat, long tokens),
CVE-2017-18342 kin (YAML aliases), Unicode TR15 (normal forms).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from samples.denial import Load, file

__all__ = ["loads"]

_MB = 1 << 20
_UNICODE = ("\ufdfa" * 3000 + "a" + "\u0315\u0300" * 3000 + "\u0130\u1e9e\u200d\u202e") * 20
_PILE = "a = b: " + "\u0315\u0300\u05b4\u0f71" * 50_000 + "\n"


def _laughs_yaml() -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60)]
    return "\n".join(lines).encode()


def _merges() -> bytes:
    lines = ["a0: &a0 {k: v}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}], k{n}: v}}" for n in range(1, 200)]
    return "\n".join(lines).encode()


def _laughs_xml(root: str) -> bytes:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 60))
    return f'<?xml version="1.0"?><!DOCTYPE {root} [<!ENTITY a0 "x">{entities}]><{root}>&a59;</{root}>'.encode()


def _swollen_xml() -> bytes:
    return (
        b'<?xml version="1.0"?><!DOCTYPE PMML [<!ENTITY a "'
        + b"x" * _MB
        + b'">]><PMML>'
        + b"&a;" * 1_000_000
        + b"</PMML>"
    )


def _notebook(cells: int, source: object, output: object = None) -> bytes:
    outputs = [] if output is None else [{"output_type": "stream", "name": "stdout", "text": output}]
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": outputs, "source": source}
    return json.dumps({"cells": [cell] * cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def _layers(depth: int) -> bytes:
    text = '{"class_name": "Sequential", "config": {"layers": [' * depth + "]}}" * depth
    return text.encode()


_JSON: dict[str, Callable[[], bytes]] = {
    "deep": lambda: b"[" * (20 * _MB),
    "deep-objects": lambda: b'{"a":' * (4 * _MB),
    "empty-objects": lambda: b"[" + b"{}," * (8 * _MB) + b"{}]",
    "empty-lists": lambda: b"[" + b"[]," * (8 * _MB) + b"[]]",
    "shallow-lists": lambda: b"[" + b"[[[[]]]]," * (2 * _MB) + b"[]]",
    "zeros": lambda: b"[" + b"0," * (12 * _MB) + b"0]",
    "floats": lambda: b"[" + b"1e9999," * (3 * _MB) + b"0]",
    "short-floats": lambda: b"[" + b".1,0.1," * (3 * _MB) + b"0]",
    "long-digits": lambda: b"[" + b"9" * (30 * _MB) + b"]",
    "many-digits": lambda: b"[" + (b"9" * 4000 + b",") * 8000 + b"0]",
    "long-float": lambda: b"[0." + b"9" * (30 * _MB) + b"e5]",
    "keys": lambda: b"{" + b",".join(b'"%d":0' % n for n in range(2_400_000)) + b"}",
    "same-keys": lambda: b"{" + b'"a":0,' * (4 * _MB) + b'"a":0}',
    "strings": lambda: b"[" + b'"ab",' * (5 * _MB) + b'""]',
    "escapes": lambda: b'["' + b"\\u0041" * (5 * _MB) + b'"]',
    "surrogates": lambda: b'["' + b"\\ud800" * (5 * _MB) + b'"]',
    "backslashes": lambda: b'["' + b"\\\\" * (12 * _MB),
    "emoji": lambda: b'["' + "\U0001f600".encode() * (6 * _MB) + b'"]',
    "quotes": lambda: b'"' * (25 * _MB),
    "brackets-in-text": lambda: b'["' + b"[{,}]" * (5 * _MB) + b'"]',
    "white": lambda: b"[" + b" " * (38 * _MB) + b"]",
    "nan": lambda: b"[" + b"NaN," * (6 * _MB) + b"0]",
}
_YAML: dict[str, Callable[[], bytes]] = {
    "laughs": _laughs_yaml,
    "merges": _merges,
    "flow-lists": lambda: b"[" * 250_000,
    "flow-maps": lambda: b"{" * 250_000,
    "dashes": lambda: b"- " * 120_000,
    "question-marks": lambda: b"? " * 120_000,
    "indents": lambda: b"".join(b" " * n + b"a:\n" for n in range(700)),
    "empty-items": lambda: b"-\n" * 120_000,
    "short-pairs": lambda: b"a: b\n" * 50_000,
    "flow-items": lambda: b"[" + b"a," * 125_000 + b"]",
    "anchors": lambda: b"".join(b"- &a%d x\n" % n for n in range(20_000)),
    "aliases": lambda: b"a: &a []\nb: [" + b"*a," * 80_000 + b"]",
    "tags": lambda: b"- !!python/object:a x\n" * 11_000,
    "digits": lambda: b"a: " + b"9" * 250_000,
    "quoted": lambda: b'"' + b"\\x41" * 60_000,
    "block": lambda: b"a: |\n" + b" \n" * 120_000,
    "comments": lambda: b"#\n" * 120_000,
    "documents": lambda: b"---\n" * 60_000,
    "directives": lambda: b"%TAG ! a\n" * 25_000,
    "colons": lambda: b":" * 250_000,
    "marks": lambda: "a\u0315\u0300".encode() * 40_000,
    "huge": lambda: b"a: b\n" * (6 * _MB),
}
_XML: dict[str, Callable[[], bytes]] = {
    "laughs-pmml": lambda: _laughs_xml("PMML"),
    "laughs-openvino": lambda: _laughs_xml("net"),
    "swollen": _swollen_xml,
    "deep": lambda: b"<PMML>" + b"<a>" * (8 * _MB),
    "elements": lambda: b"<net>" + b"<a/>" * (8 * _MB) + b"</net>",
    "layers": lambda: b"<net>" + b"".join(b'<layer type="t%d"/>' % n for n in range(1_000_000)) + b"</net>",
    "attributes": lambda: b"<net " + b" ".join(b'a%d=""' % n for n in range(2_000_000)) + b"/>",
    "long-token": lambda: b"<net><!--" + b"a" * (60 * _MB),
    "long-attribute": lambda: b'<net a="' + b".so" * (20 * _MB),
    "long-name": lambda: b"<net><" + b"a" * (60 * _MB),
    "entities": lambda: b"<!DOCTYPE net [" + b"".join(b'<!ENTITY a%d "">' % n for n in range(1_000_000)) + b"]><net/>",
    "parameters": lambda: b"<!DOCTYPE net [" + b'<!ENTITY % a "%b;">' * 1_000_000 + b"]><net/>",
}
_TEMPLATES: dict[str, Callable[[], bytes]] = {
    "ifs": lambda: b"{% if a %}" * 60_000 + b"{% endif %}" * 60_000,
    "parentheses": lambda: b"{{ " + b"(" * 400_000,
    "filters": lambda: b"{{ a" + b"|trim" * 150_000 + b" }}",
    "attributes": lambda: b"{{ a" + b".a" * 400_000 + b" }}",
    "sums": lambda: b"{{ " + b"a+" * 400_000 + b"a }}",
    "lists": lambda: b"{{ " + b"[" * 400_000,
    "strings": lambda: b"{{ " + b"'a'~" * 200_000 + b"'' }}",
    "expressions": lambda: b"{{a}}" * 200_000,
    "opened": lambda: b"{%" * 500_000,
    "opened-expressions": lambda: b"{{" * 500_000,
    "opened-comments": lambda: b"{#" * 500_000,
    "sets": lambda: b"".join(b"{%% set a%d = a%d ~ a%d %%}" % (n + 1, n, n) for n in range(20_000)) + b"{{ a20000 }}",
    "loops": lambda: b"{% for i in range(99999999) %}" * 5000 + b"x" + b"{% endfor %}" * 5000,
    "macros": lambda: b"".join(b"{%% macro m%d() %%}{{ m%d() }}{%% endmacro %%}" % (n, n - 1) for n in range(15_000)),
    "quotes": lambda: b"{{ '" + b"\\'" * 500_000,
    "conditions": lambda: b"{% if " + b"'a' in m and " * 60_000 + b"1 %}x{% endif %}",
}
_NOTEBOOKS: dict[str, Callable[[], bytes]] = {
    "cells": lambda: _notebook(150_000, "x = 1\n"),
    "output": lambda: _notebook(1, "x", "a" * (30 * _MB)),
    "lines": lambda: _notebook(1, ["x = 1\n"] * 2_000_000),
    "source": lambda: _notebook(1, "x = " + "(" * (10 * _MB)),
    "magics": lambda: _notebook(1, "!a\n%b\n" * 500_000),
}


def loads() -> Iterator[Load]:
    """Yield each text."""
    for name, content in _JSON.items():
        yield file(f"json-{name}", "config.json", content, "CWE-400; CWE-674; CVE-2020-10735")
    for name, content in _YAML.items():
        yield file(f"yaml-{name}", "config.yaml", content, "CWE-776; CWE-674")
    for name, content in _XML.items():
        yield file(f"xml-{name}", "m.xml", content, "CWE-776; CVE-2023-52425")
    for name, content in _TEMPLATES.items():
        yield file(f"template-{name}", "chat_template.jinja", content, "CWE-674; CWE-407")
    for name, content in _NOTEBOOKS.items():
        yield file(f"notebook-{name}", "m.ipynb", content, "CWE-400")
    for path in ("README.md", "LICENSE", "requirements.txt", "config.json", "chat_template.jinja", "m.py", "m.txt"):
        yield file(f"unicode-{path}", path, _UNICODE.encode, "Unicode TR15; CWE-407")
        yield file(f"unicode-pile-{path}", path, _PILE.encode, "Unicode TR15; CWE-407")
    yield file("jsonl-empty", "d.jsonl", lambda: b"{}\n" * (14 * _MB), "CWE-400")
    yield file("jsonl-keys", "d.jsonl", lambda: b'{"a":{"a":0}}\n' * (2 * _MB), "CWE-400")
    yield file("keras-nested", "config.json", lambda: _layers(100_000), "CWE-674")
    yield file("card-front-matter", "README.md", lambda: b"---\n" + b"a: b\n" * 49_000 + b"---\n", "CWE-400")
    yield file("card-endless", "README.md", lambda: b"---\n" + b"-\n" * (10 * _MB), "CWE-400")

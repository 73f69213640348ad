"""Python, shell and requirements that are deep, wide, or nearly what a pattern looks for.

Written from the grammar of Python 3, CVE-2020-10735 (digits), CWE-407, 674 and 1333, Unicode TR15 and TR31.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Iterator
from pathlib import Path

from samples.denial import Load, file

__all__ = ["loads"]

_K = 1000


def _nested_blocks() -> str:
    return "".join(" " * depth + "if a:\n" for depth in range(95)) + " " * 95 + "pass\n"


def _chained() -> str:
    return "a0 = input()\n" + "".join(f"a{n} = a{n - 1} + a{n // 2}\n" for n in range(1, 30 * _K)) + "eval(a29999)\n"


def _functions() -> str:
    body = "".join(
        f"def f{n}(x):\n    return f{(n * 7 + 1) % 8000}(x) + f{(n * 3 + 2) % 8000}(x)\n" for n in range(8000)
    )
    return body + "import os\nos.system(f0(input()))\n"


def _branches() -> str:
    return "x = input()\n" + "".join(
        f"if x == {n}:\n    y{n} = x\nelse:\n    x = y{n} = x + 'a'\n" for n in range(8 * _K)
    )


def _unrolled() -> str:
    return "x = 'a'\n" + "x = x + x\n" * 20_000 + "eval(x)\n"


def _encoded() -> str:
    return "import base64\n" + "x = " + "base64.b64decode(" * 150 + "'YQ=='" + ")" * 150 + "\nexec(x)\n"


def _aliases() -> str:
    return "import os\na0 = os\n" + "".join(f"a{n} = a{n - 1}\n" for n in range(1, 30 * _K)) + "a29999.system('x')\n"


def _doubled(steps: int) -> str:
    return "a0 = 'x'\n" + "".join(f"a{n} = [a{n - 1}, a{n - 1}]\n" for n in range(1, steps)) + f"eval(a{steps - 1})\n"


def _formatted() -> str:
    return "a0 = 'x'\n" + "".join(f"a{n} = f'{{a{n - 1}}}{{a{n - 1}}}'\n" for n in range(1, 4000)) + "eval(a3999)\n"


_PYTHON: dict[str, Callable[[], str]] = {
    "parentheses": lambda: "x = " + "(" * 100_000 + "1" + ")" * 100_000,
    "tuples": lambda: "x = " + "(" * 150 + "1," * 150 + ")" * 150,
    "minuses": lambda: "x = " + "-" * _K * _K + "1",
    "nots": lambda: "x = " + "not " * 200_000 + "1",
    "sums": lambda: "x = " + "a+" * 500_000 + "a",
    "texts": lambda: "x = " + "'a'+" * 200_000 + "'a'",
    "texts-side-by-side": lambda: "x = (" + "'a' " * 190_000 + ")",
    "powers": lambda: "x = " + "9**" * 3000 + "9",
    "product": lambda: "x = 'a' * 99999999999\neval(x * 99999)\n",
    "format": lambda: (
        "x = '%99999999999d' % 1\ny = '{:99999999999}'.format(1)\nz = f'{1:99999999999}'\neval(x + y + z)\n"
    ),
    "join": lambda: "x = ('a' * 9999).join(['b' * 9999] * 99999)\neval(x)\n",
    "attributes": lambda: "x = a" + ".a" * 400_000,
    "calls": lambda: "x = a" + "()" * 400_000,
    "indices": lambda: "x = a" + "[0]" * 300_000,
    "comparisons": lambda: "x = a" + "<a" * 400_000,
    "choices": lambda: "x = " + "a if a else " * 60_000 + "a",
    "lambdas": lambda: "x = " + "lambda: " * 100_000 + "a",
    "decorators": lambda: "@a\n" * 200_000 + "def f(): pass\n",
    "blocks": _nested_blocks,
    "elses": lambda: "if a: pass\n" + "elif a: pass\n" * 60_000,
    "assignments": lambda: "x = " * 300_000 + "1",
    "integer": lambda: "x = " + "9" * 3_000_000,
    "hex-integer": lambda: "x = 0x" + "f" * 3_000_000,
    "text": lambda: "x = '" + "a" * 3_900_000 + "'",
    "list": lambda: "x = [" + "0," * 98_000 + "]",
    "dictionary": lambda: "x = {" + "0:0," * 48_000 + "}",
    "statements": lambda: "x=1\n" * 48_000,
    "functions": lambda: "def f(): pass\n" * 25_000,
    "classes": lambda: "class A(A): pass\n" * 25_000,
    "imports": lambda: "import a.b.c as d\n" * 22_000,
    "names": lambda: "".join(f"a{n}=1\n" for n in range(48_000)),
    "arguments": lambda: "f(" + ",".join(f"a{n}=1" for n in range(48_000)) + ")",
    "parameters": lambda: "def f(" + ",".join(f"a{n}" for n in range(98_000)) + "): pass\n",
    "chained": _chained,
    "called": _functions,
    "branches": _branches,
    "unrolled": _unrolled,
    "encoded": _encoded,
    "aliases": _aliases,
    "doubled": lambda: _doubled(4000),
    "formatted": _formatted,
    "doubled-little": lambda: _doubled(40),
    "marks-in-name": lambda: "a" + "\u0315\u0300" * 95_000 + " = 1\n",
    "marks-in-text": lambda: "x = 'a" + "\u0315\u0300" * 100_000 + "'\n",
    "tabs": lambda: "\t" * 1_000_000 + "x",
    "backslashes": lambda: "\\\n" * 500_000 + "x = 1\n",
    "comments": lambda: "# a\n" * 900_000,
    "semicolons": lambda: "a;" * 98_000,
    "formatted-nested": lambda: "x = " + "f'{" * 140 + "a" + "}'" * 140,
    "patterns": lambda: "match a:\n" + "    case [1, *_]: pass\n" * 40_000,
    "cases-nested": lambda: "match a:\n    case " + "[" * 180 + "]" * 180 + ": pass\n",
    "comprehensions": lambda: "x = [a " + "for a in a " * 100_000 + "]",
    "stars": lambda: "print(" + "*a, " * 300_000 + ")",
}
_NEAR = (
    "gh", "ghp_", "hf_", "sk-", "sk-ant-", "AKIA", "eyJ", "eyJa.", "xoxb-1", "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----\n",
    "mongodb://a", "postgresql://a:b", "password=", "api_key: '", "secret", "token = ", "key=>", "https://",
        "http://a.",
    "{{", "{%", "{#", "<!--", "<script", "<a href=", "](", "[a](", "---\n", "```", "=====\n", "| a ", "# ", "* ", "> ",
    "ignore previous ", "curl -s ", "wget ", "| sh", "bash -c '", "$(", "`", "base64 ", "eval ", "os.", "a==1,", "a>=",
    "-r ", "-e git+", "--index-url ", "git+https://", "# -*- coding: ", "#!", "import ", "from ", "exec(", "lambda ",
    "\\x41", "\\u0041", "%41", "&amp;", "&#", "Copyright (c) ", "Licen", "licensed under ", "Permission is hereby ",
    "Apache License ", "version 2.", "arXiv:", "doi:", "10.1", "huggingface.co/", "datasets/", "base_model: ",
        "0x", "1.",
    "a@", "@a.", "/../", "..\\", "C:\\", "a, ", "a; ", "a: ", "(a ", "[a, ", "'a' ", '"a" ', "a-", "a_", "A",
        "aA", "a1",
    "\r", "\r\n", " \n", "\t\n", "a\n", "\\\n", "\u00a0", "\u200b", "\u0301", "\u202e", "\U000e0041",
)  # fmt: skip
"""Beginnings and ends of what is looked for in text, to be repeated without what would make them whole."""
_PLACES = ("README.md", "LICENSE", "requirements.txt", "setup.sh", "a.txt", ".gitattributes", "chat_template.jinja",
           "Dockerfile", ".github/workflows/a.yml", "d.csv", "pyproject.toml", "environment.yml")  # fmt: skip


def _near(path: str, of: Callable[[], Iterator[str]]) -> Load:
    """Return a load with a file beside `path` for each text of `of`, so that each pattern meets it alone."""

    def make(folder: Path) -> None:
        for index, text in enumerate(of()):
            target = folder / str(index) / path
            target.parent.mkdir(parents=True)
            target.write_bytes(text.encode())

    return Load(f"near-{path.rpartition('/')[2]}", make, "CWE-1333")


def _all_near() -> Iterator[str]:
    """Yield runs of one character with and without an end, and repeated beginnings, 20 kB each."""
    for one in (*string.ascii_letters[::5], *string.digits[:2], *string.punctuation, " ", "\t", "\n"):
        yield one * 20_000
    for one in _NEAR:
        yield one * (20_000 // len(one))


def _long_runs() -> Iterator[str]:
    """Yield one text of long runs, a megabyte and more each, as a line and as words."""
    for one in ("a", "0", " ", "=", "-", "\n", "(", "'", "a ", "a.", "a/", "ab\n", "\\", "_", "A", "{", "<", "é"):
        yield one * (1_500_000 // len(one)) + "\x21"


def loads() -> Iterator[Load]:
    """Yield each program and text."""
    for name, text in _PYTHON.items():
        yield file(f"python-{name}", "m.py", lambda text=text: text().encode("utf-8", "surrogatepass"),
            # type: ignore[misc]
                   "Python language reference; CWE-674, CWE-407")  # fmt: skip
    for path in _PLACES:
        yield _near(path, _all_near)
    yield _near("long.txt", _long_runs)
    yield _near("LICENSE.long", _long_runs)
    yield _near("README.long.md", _long_runs)
    yield file(
        "near-in-python",
        "m.py",
        lambda: "".join(f"x = {one!r}\n# {one!r}\n" for one in _all_near()).encode(),
        "CWE-1333",
    )
    yield file("near-in-json", "config.json", _json_near, "CWE-1333")
    yield file("requirements-many", "requirements.txt", lambda: b"".join(b"pack%d==1.%d\n" % (n,
        n) for n in range(200_000)),
               "CWE-407")  # fmt: skip
    yield file("requirements-extras", "requirements.txt", lambda: b"a[" + b"b," * 500_000 + b"]==1\n", "CWE-407")
    yield file("requirements-version", "requirements.txt", lambda: b"a==" + b"1." * 500_000 + b"1\n", "CWE-407")


def _json_near() -> bytes:
    return json.dumps({f"chat_template_{n}": one for n, one in enumerate(_all_near())}).encode()

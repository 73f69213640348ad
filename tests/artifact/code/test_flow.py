"""What flows into calls: through names, branches, functions and texts; bounded, and the same each time."""

# ruff: noqa: E501 (code under test stands on lines as long as it takes)
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.readers.python import read
from assay.canonical import canonical_json

HEAD = "import os, ssl, requests, functools\nfrom flask import request\n"


def call(text, name="sink"):
    facts = read(BytesBlob((HEAD + text).encode()), Budget(), path="x.py", depth=0).facts
    return next(record for record in facts["calls"] if record["name"] == name or name in record.get("as", ()))


def flow(text, key="0"):
    return call(text).get("flow", {}).get(key, {})


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("sink(1)", None),
        ("x = 'a'\nsink(x + 'b')", None),
        ("def f(a): sink(a)", ["param:a"]),
        ("def f(a):\n b = str(a)\n sink(b)", ["param:a>str"]),
        ("def f(a):\n a = 'x'\n sink(a)", None),
        ("def f(a, c):\n if c:\n  a = 'x'\n sink(a)", ["param:a"]),
        ("def f(a, c):\n if c:\n  return\n else:\n  a = 'x'\n sink(a)", None),
        ("def f(a):\n for x in a: sink(x)", ["param:a"]),
        ("for x in ('a', 'b'): sink(x)", None),
        ("def f(a):\n with open(a) as g: sink(g)", ["param:a>open"]),
        ("def f(a):\n x, (y, z) = 1, (2, a)\n sink(z)", ["param:a"]),
        ("def f(a):\n if (b := a): sink(b)", ["param:a"]),
        ("def f(a):\n try:\n  b = a\n except OSError:\n  b = ''\n sink(b)", ["param:a"]),
        ("def f(a):\n match a:\n  case [b]: sink(b)", ["param:a"]),
        ("def f(a): sink([x.b for x in a])", ["param:a>.b"]),
        ("sink(input())", ["call:input"]),
        ("sink(request.args['a'])", ["import:flask.request.args>[a]"]),
        ("sink(os.environ['A'])", ["import:os.environ>[A]"]),
        ("class C:\n def __init__(self, a): self.b = a\n def m(self): sink(self.b)", ["param:a~C.__init__"]),
        ("@app.route('/')\ndef f(a): sink(a)", ["param:a@app.route"]),
        ("def g(b): return 'x' + b\ndef f(a): sink(g(a))", ["param:a"]),
        ("def g(b): return 'x'\ndef f(a): sink(g(a))", None),
        ("def f(a):\n if a not in T: raise E\n sink(a)", ["param:a>?in"]),
        ("def f(a):\n b = a + '/'\n assert b.startswith('x')\n sink(b)", ["param:a>?startswith"]),
        ("def f(a): sink(len(a))", ["param:a>len"]),
    ],
)
def test_origins(text, origins):
    assert flow(text).get("from") == origins


@pytest.mark.parametrize(
    ("text", "built"),
    [
        ("def f(a): sink(f'x {a} y')", "x {} y"),
        ("def f(a): sink('x ' + a)", "x {}"),
        ("def f(a):\n b = 'x '\n b += a\n sink(b)", "x {}"),
        ("def f(a): sink('x %s' % a)", "x %s"),
        ("def f(a): sink('x {}'.format(a))", "x {}"),
        ("def f(a): sink(' '.join(['x', a]))", "x {}"),
        ("N = 3\ndef f(a): sink(f'{N} {a}')", "3 {}"),
    ],
)
def test_texts_put_together(text, built):
    assert flow(text)["built"] == built


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("f = os.system\nf('id')", "os.system"),
        ("getattr(os, 'sys' + 'tem')('id')", "os.system"),
        ("vars(os)['system']('id')", "os.system"),
        ("os.__dict__['system']('id')", "os.system"),
        ("import sys\nsys.modules['os'].system('id')", "os.system"),
        ("__import__('o' + 's').system('id')", "os.system"),
        ("globals()['__builtins__'].eval('1')", "builtins.eval"),
        ("s = requests.Session()\ns.get('x')", "requests.Session().get"),
        ("with requests.Session() as s: s.get('x')", "requests.Session().get"),
        ("class C:\n s = 1\n def __init__(self): self.s = requests.Session()\n def m(self): self.s.get('x')", "requests.Session().get"),
        ("p = functools.partial(os.system, 'x')\np()", "os.system"),
        ("g = eval\ng('1')", "eval"),
    ],
)  # fmt: skip
def test_what_is_called_under_another_name(text, name):
    assert call(text, name)


def test_known_values_and_names_are_kept():
    assert flow("V = False\nsink(verify=V)", "verify") == {"is": False}
    assert flow("o = {'verify': False}\nsink(**o)", "**") == {"is": {"dict": [["verify", False]]}}
    assert flow("o = {'verify': False}\no['verify'] = x\nsink(**o)", "**")["from"] == ["name:x"]
    assert flow("sink(mode=ssl.CERT_NONE)", "mode")["names"] == ["ssl.CERT_NONE"]


def test_what_is_set():
    facts = read(
        BytesBlob((HEAD + "s = requests.Session()\ns.verify = False\nself.x = 1\n").encode()),
        Budget(),
        path="",
        depth=0,
    )
    [record] = facts.facts["sets"]
    assert record == {"names": ["requests.Session().verify"], "value": {"is": False}, "line": 4, "scope": "module"}


def test_calls_of_a_function_that_the_module_calls_are_the_modules():
    text = "def g(): sink()\ndef f(): g()\nclass C:\n def __init__(self): f()\nC()\n"
    assert call(text)["scope"] == "module"
    assert call(text.replace("\nC()\n", "\n"))["scope"] == "function"
    assert call("if __name__ == '__main__':\n sink()\n")["scope"] == "main"


def test_credentials_are_told_and_not_repeated():
    text = "password = 'Hunter-2-x!'\nsink(password='Hunter-2-x!', user='a')\nif secret == 'Other-7-y!': pass\n"
    facts = read(BytesBlob(text.encode()), Budget(), path="x.py", depth=0).facts
    assert [(item["name"], item["line"]) for item in facts["credentials"]] == [
        ("password", 1),
        ("password", 2),
        ("secret", 3),
    ]
    assert "Hunter-2-x!" not in canonical_json(facts).decode()


@pytest.mark.parametrize(
    "text",
    [
        "def f(a):\n return f(a)\nsink(f(1))\n",
        "def f(a):\n return g(a)\ndef g(a):\n return f(a)\nsink(f(1))\n",
        "x = x + 'a'\n" * 2000,
        "f(" * 90 + ")" * 90,
        "if a: pass\n" + "elif a: x = 1\n" * 500,
        "def f(): pass\n" * 3000 + "f()\n" * 3000,
        "\n".join(f"{' ' * depth}if a{depth}:" for depth in range(95)) + "\n" + " " * 95 + "x = 1\n",
        "".join(f"a{n} = b\nif c: pass\n" for n in range(3000)),
        "a0 = 'x'\n" + "".join(f"a{n} = [a{n - 1}, {{1: a{n - 1}}}]\n" for n in range(1, 900)) + "f(a899)\n",
        "a" + "\u0315\u0300" * 90_000 + " = 1\n",
    ],
)
def test_deep_wide_and_circular_code_is_followed_within_bounds(text):
    observation = read(BytesBlob(text.encode()), Budget(), path="x.py", depth=0)
    assert observation.complete or observation.problems


_LINES = st.sampled_from([
    "x = y", "x = f(y)", "def f(a):", " return a", " x = a", "class C:", " def m(self): self.x = y", "if x in y:", " y = 1",
    "for x in y:", "with x as y:", "x += 'a'", "x = f'{y}'", "x = 'a' % y", "x['k'] = y", "x.a = y", "g(*x, **y)", "x: int = y",
    "try:", "except E as x:", "y = [x for x in y if x]", "lambda x=y: x", "(x := y)", "import x", "from y import x", "del x",
])  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(_LINES, max_size=14))
def test_any_lines(lines):
    text = "\n".join(lines).encode()
    first, second = (read(BytesBlob(text), Budget(), path="x.py", depth=0) for _ in range(2))
    assert canonical_json(first.to_json()) == canonical_json(second.to_json())


def test_a_name_that_is_hidden_is_not_the_function_it_hides():
    assert call("def f(compile): compile(1)", "compile")["as"] == []
    assert "as" not in call("compile(1)", "compile")

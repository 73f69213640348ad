"""Python: facts by syntax tree alone, names resolved, conditions told."""

import contextlib
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.readers.python import read as read_python
from assay.canonical import canonical_json
from assay.errors import BudgetError, ReadError

FAKE = "h" + "f_" + "Zq7Lw3Xk9Rt2Bv8Nm4Yp6Hs1Jd5Gf0CcAa"


def read(data, **limits):
    data = data.encode() if isinstance(data, str) else data
    observation = read_python(BytesBlob(data), Budget(**limits), path="x.py", depth=0)
    canonical_json(observation.to_json())
    return observation


def codes(observation):
    return [problem.code for problem in observation.problems]


def called(text):
    seen = read(text)
    assert seen.complete
    return [call["name"] for call in seen.facts["calls"]]


def test_nothing_is_no_fault():
    seen = read("")
    assert seen.complete
    nothing = ("imports", "calls", "attributes", "sets", "credentials", "functions", "secrets")
    assert seen.facts == {name: [] for name in nothing}


def test_imports():
    text = "import os, torch.nn as nn\nfrom . import a\nfrom ..b import c as d, e\nfrom x import *\n"
    imports = read(text).facts["imports"]
    assert [(item["module"], item["names"], item["line"]) for item in imports] == [
        ("os", [], 1),
        ("torch.nn", [], 1),
        (".", ["a"], 2),
        ("..b", ["c", "e"], 3),
        ("x", ["*"], 4),
    ]
    assert {(item["guarded"], item["scope"]) for item in imports} == {(False, "module")}


def test_a_call_in_full():
    (call,) = read("from subprocess import run as r\nr(['id', 1.5, None], x, shell=True, **kw)\n").facts["calls"]
    assert call == {
        "name": "subprocess.run",
        "line": 2,
        "args": [["id", {"float": "1.5"}, None], {"unknown": True}],
        "keywords": {"shell": True, "**": {"unknown": True}},
        "guarded": False,
        "at": [2, 0, 2, 41],
        "flow": {"1": {"from": ["name:x"]}, "**": {"from": ["name:kw"]}},
        "scope": "module",
    }


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import torch.nn as nn\nnn.Linear(1)", ["torch.nn.Linear"]),
        ("import torch.nn\ntorch.nn.functional.relu(x)", ["torch.nn.functional.relu"]),
        ("from torch import nn\nnn.Linear(1)", ["torch.nn.Linear"]),
        ("from .a import b\nb.c()", [".a.b.c"]),
        ("from . import b\nb()", [".b"]),
        ("eval('1')", ["eval"]),
        ("model.to('cuda').eval()", ["?.eval", "?.to"]),
        ("fs['x']()\nf()()", ["?", "?", "f"]),
        ("'a'.join(x)", ["?.join"]),
        ("__import__('os').system('id')", ["os.system", "__import__"]),
        ("import importlib as i\ni.import_module('os').path.join()", ["os.path.join", "importlib.import_module"]),
        ("import os\ngetattr(os, 'sys' 'tem')('id')", ["os.system", "getattr"]),
        ("getattr(getattr(__import__('a'), 'b'), 'c').d()", ["a.b.c.d", "getattr", "getattr", "__import__"]),
        ("getattr(x, 'cuda')()", ["?.cuda", "getattr"]),
        ("__builtins__.exec('')", ["builtins.exec"]),
        (
            "try:\n import cupy as np\nexcept ImportError:\n import numpy as np\nnp.zeros(1)",
            ["cupy.zeros", "numpy.zeros"],
        ),
        ("[f(y) for y in g()]\n@h()\ndef k(a=i()): j()", ["f", "g", "h", "i", "j"]),
    ],
)
def test_names_of_calls(text, names):
    assert called(text) == names


def test_references_to_what_was_imported():
    text = "import torch\nfrom os import system\nx = torch.cuda.amp\ny = torch.cuda.amp\nmap(system, x.y)\nf(torch)\n"
    found = read(text).facts["attributes"]
    assert [(item["name"], item["line"]) for item in found] == [("torch.cuda.amp", 3), ("os.system", 5), ("torch", 6)]


@pytest.mark.parametrize(
    "text",
    [
        "try:\n import x\nexcept ImportError:\n pass",
        "try:\n import x\nexcept (ValueError, ModuleNotFoundError):\n pass",
        "try:\n if a:\n  import x\nexcept:\n pass",
        "import contextlib\nwith contextlib.suppress(ImportError):\n import x",
        "if is_flash_attn_2_available():\n import x",
        "import importlib.util as u\nif u.find_spec('x') is not None:\n import x",
        "if TYPE_CHECKING:\n import x",
        "HAS = is_x_available()\nif HAS:\n import x",
    ],
)
def test_guarded_imports(text):
    assert [item["guarded"] for item in read(text).facts["imports"] if item["module"] == "x"] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "import x",
        "if a:\n import x",
        "try:\n import x\nexcept ValueError:\n pass",
        "try:\n pass\nexcept ImportError:\n import x",
        "try:\n pass\nexcept ImportError:\n pass\nelse:\n import x",
        "try:\n def f():\n  import x\nexcept ImportError:\n pass",
    ],
)
def test_unguarded_imports(text):
    assert [item["guarded"] for item in read(text).facts["imports"]] == [False]


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("m.cuda()", False),
        ("try:\n m.cuda()\nexcept ImportError:\n pass", False),
        ("if torch.cuda.is_available():\n m.cuda()", True),
        ("if not torch.cuda.is_available():\n pass\nelse:\n m.cuda()", True),
        ("m.cuda() if torch.cuda.is_available() else m", True),
        ("torch.cuda.is_available() and m.cuda()", True),
        ("m.cuda() and torch.cuda.is_available()", False),
        ("ok = torch.cuda.is_available()\ndef f():\n if ok: m.cuda()", True),
        ("try:\n import t\n T = True\nexcept ImportError:\n T = False\nif T: m.cuda()", True),
        ("try:\n import t\nexcept ImportError:\n t = None\nif t is not None: m.cuda()", True),
    ],
)
def test_guarded_calls(text, guarded):
    assert [call["guarded"] for call in read(text).facts["calls"] if call["name"] == "?.cuda"] == [guarded]


def test_scopes():
    text = "a()\nclass C(b()):\n c()\n def m(self, x=d()):\n  e()\n f = lambda: g()\nasync def h():\n i()\n"
    assert {call["name"]: call["scope"] for call in read(text).facts["calls"]} == {
        "a": "module", "b": "module", "c": "class", "d": "class", "e": "function", "g": "function", "i": "function",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("literal", "kept"),
    [
        ("'x' * 2", {"unknown": True}),
        (repr("x" * 201), {"str": 201}),
        ("-1", -1),
        ("-1.5", {"float": "-1.5"}),
        ("1j", {"unknown": True}),
        ("...", {"unknown": True}),
        ("b'abc'", {"bytes": 3}),
        (str(2**53), {"int": str(2**53)}),
        ("0x" + "f" * 5000, {"int": "0x" + "f" * 78}),
        ("(1, [2])", [1, [2]]),
        ("{1}", {"set": [1]}),
        ("{'a': x, **y}", {"dict": [["a", {"unknown": True}], [{"unknown": True}, {"unknown": True}]]}),
        ("[[[[[1]]]]]", [[[[{"deep": True}]]]]),
        (str(list(range(20))), [*range(16), {"more": 4}]),
        ("'\\ud800'", "\ufffd"),
        ("f'cuda:{x}'", {"unknown": True}),
    ],
)
def test_literals(literal, kept):
    (call,) = read(f"f({literal})").facts["calls"]
    assert call["args"] == [kept]


def test_many_arguments_are_counted():
    (call,) = read(f"f({', '.join(['1'] * 20)})").facts["calls"]
    assert call["args"] == [1] * 16 + [{"more": 4}]


def test_lines_in_f_strings_are_those_of_the_string():
    assert [call["line"] for call in read("x = 1\ny = f'''\n{f()}\n{g()}'''\n").facts["calls"]] == [2, 2]


def test_warnings_of_the_source_are_not_ours():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read("x = '\\d' is 1\n").complete


@pytest.mark.parametrize(
    "data",
    [b"def f(:\n", b"print 'old'\n", b"x = 1\x00\n", b"x = '\xff'\n", b"\xff\xfex\x00", b"if x:\ny\n", b"x = \xc3"],
)
def test_what_is_no_python_is_incomplete(data):
    seen = read(data)
    assert not seen.complete
    assert codes(seen) == ["malformed"]


@pytest.mark.parametrize(
    ("first", "complete"),
    [
        (b"# -*- coding: latin-1 -*-", True),
        (b"#!/usr/bin/python\r\n# vim: set fileencoding=iso-8859-15 :", True),
        (b"# coding: utf-7", False),
        (b"\n# coding: unicode_escape", False),
        (b"# coding: latin-1\n# coding: utf-7", True),
        (b"x = 1\n# coding: utf-7\nx = 1", False),  # no cookie there, and the bytes are not UTF-8
    ],
)
def test_declared_encodings(first, complete):
    seen = read(first + b"\nf('\xe9')\n")
    assert seen.complete is complete
    if complete:
        assert seen.facts["calls"][0]["args"] == ["é"]


@pytest.mark.parametrize(
    "bomb",
    [
        "(" * 50_000,
        "[" * 150 + "]" * 150,
        "-" * 50_000 + "1",
        "not " * 20_000 + "x",
        "+".join(["x"] * 5000),
        "x" + ".a" * 5000,
        "x" + "()" * 5000,
        "lambda:" * 3000 + "1",
        "a=" * 20_000 + "1",
        "if x: pass\n" + "elif x: pass\n" * 3000,
    ],
)
def test_deep_source_is_read_or_said_to_be_unread(bomb):
    seen = read(bomb)
    assert seen.complete or codes(seen)[0] in ("over-budget", "malformed")
    assert read(bomb) == seen


def test_limits():
    with pytest.raises(BudgetError):
        read(b"#" * (4 * 1024 * 1024 + 1))
    assert codes(read("f()\n" * 100, items=50)) == ["over-budget"]
    seen = read("f()\n" * 100, facts=1000)
    assert codes(seen) == ["over-budget"]
    assert 0 < len(seen.facts["calls"]) < 100


def test_secrets_are_told_and_not_repeated():
    seen = read(f"import x\nx.login(token='{FAKE}', other=['{FAKE}'])\n")
    assert [secret["line"] for secret in seen.facts["secrets"]] == [2, 2]
    assert FAKE not in str(seen.to_json())
    assert read(f"print '{FAKE}'").facts["secrets"] != []


SOURCE = """
from __future__ import annotations
import os, torch.nn as nn
try:
    from flash_attn import flash_attn_func as f
except ImportError:
    f = None
class M(nn.Module):
    def forward(self, x: "int" = 1, *a, **k) -> None:
        with torch.no_grad() as g, open(f"{x!r:>{10}}") as h:
            return [self.y(z, device="cuda") for z in x if f is not None and (w := z)]
    async def g(self):
        async for i in self: yield await i
match os.environ:
    case {"a": [1, *rest]} if rest: os.system("id")
    case nn.Module(x=1) | None: pass
"""


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_mutated_source(data):
    text = bytearray(SOURCE.encode())
    for _ in range(data.draw(st.integers(0, 2))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    assert read(bytes(text)) == read(bytes(text))


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab1 \n:,[](){}=.*@'\"\\#fx+-\ud7ff", max_size=60))
def test_any_punctuation(text):
    read(text)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 300))
def test_any_bytes(data, limit):
    with contextlib.suppress(ReadError):
        read(data, bytes=limit, items=limit, facts=limit)

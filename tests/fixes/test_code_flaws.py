"""Flaws in code are mended by the smallest edit: it parses, the finding is gone, all else stays."""

# ruff: noqa: E501 (what is judged stands on lines as long as people write them)
from __future__ import annotations

import ast

import pytest
from tests.make.code_snippets import snippets
from tests.make.revisions import judged, revision

from assay.artifact.sources.local import open_local
from assay.assess import assess
from assay.checks import checks
from assay.fixes import code_flaws, fix_folder

FLAWS = [one.rule.code for one in checks() if one.rule.code.startswith("SEC3")]


def mended(folder, source, *, name="modeling_x.py", in_place=False):
    model = folder / "model"
    model.mkdir()
    (model / name).write_bytes(source.encode() if isinstance(source, str) else source)
    target = None if in_place else folder / "out"
    report = fix_folder(model, assess(open_local(model)).predicate, target=target)
    after = (report.target / name).read_text("utf-8") if report.target else None
    return report, after


def found(source):
    what = revision({"modeling_x.py": source.encode()})
    return [finding for code in FLAWS for finding in judged(code, what)]


@pytest.mark.parametrize("snippet", [one for one in snippets() if one.cwe], ids=lambda one: one.name)
def test_every_flaw_is_mended_for_good_or_refused_with_a_reason(snippet, tmp_path):
    report, after = mended(tmp_path, snippet.source)
    before = found(snippet.source)
    done = sum(change.why.count("; ") + 1 for change in report.changes if change.fix.startswith("FIX301-"))
    assert done + sum(refusal.fix.startswith("FIX301-") for refusal in report.refused) == len(before)
    assert all(refusal.hint for refusal in report.refused)
    if after is not None:
        ast.parse(after)
        assert len(found(after)) <= len(before) - done  # a credential may also be gone as a secret, by FIX103


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import torch\nx = torch.load(p)  # why\n", "import torch\nx = torch.load(p, weights_only=True)  # why\n"),
        ("import torch\nx = torch.load(\n    p,  # a\n)\n", "import torch\nx = torch.load(\n    p, weights_only=True  # a\n)\n"),
        ("import torch\nx = torch.load((p))\n", "import torch\nx = torch.load((p), weights_only=True)\n"),
        ('import torch\nx = torch.load("é", weights_only=False)\n', 'import torch\nx = torch.load("é", weights_only=True)\n'),
        ("import yaml\nyaml.load(s)\n", "import yaml\nyaml.safe_load(s)\n"),
        ("import yaml\nyaml.load(s, Loader=yaml.Loader)\n", "import yaml\nyaml.load(s, Loader=yaml.SafeLoader)\n"),
        ("from yaml import load, Loader\nload(s, Loader)\n", "from yaml import load, Loader, SafeLoader\nload(s, SafeLoader)\n"),
        ("import numpy as np\nnp.load(p, allow_pickle=True)\n", "import numpy as np\nnp.load(p)\n"),
        ("import numpy as np\nnp.load(p, allow_pickle=True, mmap_mode='r')\n", "import numpy as np\nnp.load(p, mmap_mode='r')\n"),
        ("import random\npassword = random.choice(words)\n", "import secrets\nimport random\npassword = secrets.choice(words)\n"),
        ("import random\npassword = random.randint(0, 9)\n", "import secrets\nimport random\npassword = secrets.SystemRandom().randint(0, 9)\n"),
        ("import os\ndef put(file, to):\n    file.save(os.path.join(to, file.filename))  # as sent\n",
         "import os\ndef put(file, to):\n    file.save(os.path.join(to, os.path.basename(file.filename)))  # as sent\n"),
        ("import flask\n@app.get('/x')\ndef x(name):\n    return f'<b>{name}</b>'\n",
         "from html import escape\nimport flask\n@app.get('/x')\ndef x(name):\n    return f'<b>{escape(str(name))}</b>'\n"),
        ("import flask\n@app.get('/x')\ndef x(name):\n    return '<b>' + name + '</b>', 200\n",
         "from html import escape\nimport flask\n@app.get('/x')\ndef x(name):\n    return '<b>' + escape(str(name)) + '</b>', 200\n"),
        ("import requests\nrequests.get(u, verify=False, timeout=1)\n", "import requests\nrequests.get(u, timeout=1)\n"),
        ("import requests\ns = requests.Session()\ns.verify = False\n", "import requests\ns = requests.Session()\ns.verify = True\n"),
        ("import hashlib\ndef f(password): return hashlib.md5(password)\n", "import hashlib\ndef f(password): return hashlib.sha256(password)\n"),
        ("import tarfile\ntarfile.open(p).extractall()\n", 'import tarfile\ntarfile.open(p).extractall(filter="data")\n'),
        ("import subprocess as s\ns.run(f'ls -l {p}', shell=True)\n", "import subprocess as s\ns.run([\"ls\", \"-l\", f'{p}'])\n"),
        ("import os\nos.system(f'git clone {u} out')\n", "import subprocess\nimport os\nsubprocess.run([\"git\", \"clone\", f'{u}', \"out\"], check=False)\n"),
        ("import tempfile\np = tempfile.mktemp('.x')\n", "import tempfile\np = tempfile.mkstemp('.x')[1]\n"),
    ],
)  # fmt: skip
def test_only_the_tokens_concerned_change(before, after, tmp_path):
    assert mended(tmp_path, before)[1] == after


@pytest.mark.parametrize(
    "command", ["ls {p} | wc", "echo '{p}'", "ls *{p}", "A=1 {p}", "{p} -x", "cd {p} && ls", "a {p!r}"]
)
def test_a_command_that_a_shell_may_read_otherwise_is_left(command, tmp_path):
    report, _ = mended(tmp_path, f'import subprocess\nsubprocess.run(f"{command}", shell=True)\n')
    assert report.changes == ()
    assert "a shell may read" in report.refused[0].why


def test_line_ends_and_a_byte_order_mark_stay(tmp_path):
    mended(tmp_path, b"\xef\xbb\xbfimport torch\r\n\r\ntorch.load(p)\r\n", in_place=True)
    text = (tmp_path / "model" / "modeling_x.py").read_bytes()
    assert text == b"\xef\xbb\xbfimport torch\r\n\r\ntorch.load(p, weights_only=True)\r\n"


def test_in_place_and_in_a_dry_run_the_same_is_done(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "a.py").write_text("import torch\ntorch.load('x')\n")
    predicate = assess(open_local(folder)).predicate
    planned = fix_folder(folder, predicate, target=None, dry_run=True)
    assert "+torch.load('x', weights_only=True)" in planned.changes[0].diff
    assert fix_folder(folder, predicate, target=None).changes == planned.changes
    assert (folder / "a.py").read_text() == "import torch\ntorch.load('x', weights_only=True)\n"
    assert sorted(path.name for path in folder.iterdir()) == ["a.py"]


def test_what_is_not_utf_8_is_refused(tmp_path):
    report, _ = mended(tmp_path, b"# coding: latin-1\n# \xe9\nimport torch\ntorch.load('x')\n")
    assert report.changes == ()
    assert "UTF-8" in report.refused[0].why


def test_a_file_is_edited_by_one_repair_at_a_time(tmp_path, monkeypatch):
    twice = {"FIX301-code-flaws": code_flaws, "FIX302-the-same-again": code_flaws}
    monkeypatch.setattr("assay.fixes._folder.fixes", lambda: twice)
    report, after = mended(tmp_path, "import torch\ntorch.load('x')\n")
    assert "weights_only=True" in after
    assert "another repair" in report.refused[0].why


@pytest.mark.parametrize(
    "source",
    [
        "import flask\n@app.get('/x')\ndef x(name, text):\n    return f'<b>{name}</b>{text}'\n",
        "import flask\n@app.get('/x')\ndef x(name):\n    page = f'<b>{name}</b>'\n    return page\n",
        "import flask\n@app.get('/x')\ndef x(name):\n    body = '<b>' + name\n    return f'<p>{body}</p>'\n",
        "import flask\n@app.get('/x')\ndef x(name):\n    escape = str\n    return f'<p>{name}</p>'\n",
        "import flask\n@app.get('/x')\ndef x(name):\n    return f'<p>{name:>20}</p>'\n",
        "import random\ndef f(secrets):\n    password = random.choice(secrets)\n",
        "import numpy as np\npassword = np.random.randint(9)\n",
    ],
)
def test_what_would_be_guessed_is_refused(source, tmp_path):
    report, after = mended(tmp_path, source)
    assert after in (None, source)
    assert [refusal.fix for refusal in report.refused] == ["FIX301-code-flaws"]
    assert all(refusal.hint for refusal in report.refused)

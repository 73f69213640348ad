"""SEC106: code that comes along, and what it does."""

from __future__ import annotations

import pytest
from tests.make.revisions import document, judged, revision

from assay.finding import Severity

FAILING = revision({"modeling_x.py": b"import subprocess as sp\nsp.run(['true'])\n"})
PASSING = revision(
    {
        "config.json": document(model_type="llama"),
        "modeling_x.py": b"import torch\nclass X(torch.nn.Module):\n    def forward(self, x):\n        self.eval()\n",
    }
)


def severities(files):
    return [finding.severity for finding in judged("SEC106", revision(files))]


def test_what_runs_on_import_is_high():
    [finding] = judged("SEC106", FAILING)
    assert finding.severity is Severity.HIGH
    assert finding.location == "line 2"
    assert "subprocess.run" in finding.message


@pytest.mark.parametrize(
    ("call", "weight"),
    [
        ("os.system('true')", Severity.MEDIUM),
        ("os.execvp('a', [])", Severity.MEDIUM),
        ("requests.post('https://a.example', json=x)", Severity.MEDIUM),
        ("torch.hub.load('a/b', 'c')", Severity.MEDIUM),
        ("requests.get('https://a.example/a.png')", Severity.LOW),
        ("subprocess.check_output(['git', 'rev-parse', 'HEAD'])", Severity.LOW),
        ("exec(x)", Severity.LOW),
        ("eval('1')", None),
        ("pickle.load(x)", None),
    ],
)
def test_what_a_function_does_weighs_less_and_in_a_training_script_no_more_than_low(call, weight):
    code = f"import os, pickle, requests, subprocess, torch\ndef f(x):\n    {call}\n".encode()
    assert severities({"modeling_x.py": code}) == ([weight] if weight else [])
    assert severities({"train.py": code}) == ([Severity.LOW] if weight else [])


def test_a_function_that_the_module_calls_runs_on_import():
    code = b"import os\ndef g():\n    os.system('true')\ndef f():\n    g()\nf()\n"
    assert severities({"modeling_x.py": code}) == [Severity.HIGH]
    main = b"import os\nif __name__ == '__main__':\n    os.system('true')\n"
    assert severities({"modeling_x.py": main}) == [Severity.MEDIUM]


def test_set_up_scripts_that_read_their_version_are_ordinary():
    code = b"from setuptools import setup\nd = {}\nexec(open('v.py').read(), d)\nsetup(version=d['v'])\n"
    assert severities({"setup.py": code}) == []
    assert severities({"setup.py": b"import os\nos.system('true')\n"}) == [Severity.HIGH]


def test_code_of_the_repo_is_medium_and_of_another_repo_high():
    assert severities({"config.json": document(auto_map={"AutoModel": "modeling_x.X"})}) == [Severity.MEDIUM]
    assert severities({"config.json": document(auto_map={"AutoModel": "a/b--modeling_x.X"})}) == [Severity.HIGH]
    assert severities({"tokenizer_config.json": document(auto_map={"T": [None, "tok.T"]})}) == [Severity.MEDIUM]
    nested = document(vision_config={"auto_map": {"AutoModel": "a/b--m.X"}})
    assert severities({"processor_config.json": nested}) == [Severity.HIGH]

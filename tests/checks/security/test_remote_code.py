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


@pytest.mark.parametrize("call", ["eval('1')", "os.system('true')", "os.execvp('a', [])", "requests.get('x')"])
def test_the_same_in_a_function_is_medium_and_in_a_training_script_low(call):
    code = f"import os, requests\ndef f():\n    {call}\n".encode()
    assert severities({"modeling_x.py": code}) == [Severity.MEDIUM]
    assert severities({"train.py": code}) == [Severity.LOW]


def test_code_of_the_repo_is_medium_and_of_another_repo_high():
    assert severities({"config.json": document(auto_map={"AutoModel": "modeling_x.X"})}) == [Severity.MEDIUM]
    assert severities({"config.json": document(auto_map={"AutoModel": "a/b--modeling_x.X"})}) == [Severity.HIGH]
    assert severities({"tokenizer_config.json": document(auto_map={"T": [None, "tok.T"]})}) == [Severity.MEDIUM]

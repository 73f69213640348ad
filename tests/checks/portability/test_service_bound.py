"""POR107: code that asks a service, where running the model imports it."""

from __future__ import annotations

import pytest
from tests.make.revisions import document, judged, revision, safetensors

from assay.finding import Severity

CONFIG = document(auto_map={"AutoModel": "modeling_x.X"})
FAILING = revision({"config.json": CONFIG, "modeling_x.py": b"import openai\n"})
PASSING = revision({"config.json": CONFIG, "modeling_x.py": b"import torch\n", "demo.py": b"import openai\n"})


@pytest.mark.parametrize(
    "code", ["from anthropic import Anthropic", "import requests\nrequests.post('https://x.example/a')"]
)
def test_clients_and_requests_fail(code):
    found = judged("POR107", revision({"config.json": CONFIG, "modeling_x.py": code.encode()}))
    assert [one.severity for one in found] == [Severity.HIGH]


def test_a_client_beside_a_model_that_runs_without_it_passes():
    files = {"config.json": document(model_type="llama"), "app.py": b"import openai\n", "m.safetensors": safetensors()}
    assert judged("POR107", revision(files)) == []

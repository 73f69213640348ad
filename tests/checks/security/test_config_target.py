"""SEC203: targets in YAML, JSON and metadata; classes of models are ordinary."""

from __future__ import annotations

import json

import pytest
from tests.make.revisions import document, judged, revision, safetensors

from assay.finding import Severity

_TENSOR = {"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}
FAILING = revision({"config.yaml": b"model:\n  _target_: builtins.exec\n  _args_: ['1']\n"})
PASSING = revision({"config.yaml": b"model:\n  _target_: torch.nn.Linear\n  in_features: 4\n"})


def metadata(**texts):
    return safetensors({"__metadata__": texts, **_TENSOR})


@pytest.mark.parametrize("name", ["os.system", "subprocess.Popen", "builtins.eval", "pickle.loads", "hydra.utils.call"])
@pytest.mark.parametrize("place", ["yaml", "second", "json", "deep", "metadata", "yaml in metadata"])
def test_a_dangerous_target_is_critical_in_every_place(name, place):
    files = {
        "yaml": {"a.yaml": f"x: [{{_target_: {name}}}]\n".encode()},
        "second": {"a.yaml": f"a: 1\n---\nb: {{_target_: {name}}}\n".encode()},
        "json": {"a.json": document(x={"_target_": name})},
        "deep": {"a.json": json.dumps(_nested({"_target_": name}, 12)).encode()},
        "metadata": {"m.safetensors": metadata(config=json.dumps({"model": {"_target_": name}}))},
        "yaml in metadata": {"m.safetensors": metadata(config=f"model:\n  _target_: {name}\n")},
    }[place]
    assert [item.severity for item in judged("SEC203", revision(files))] == [Severity.CRITICAL]


@pytest.mark.parametrize(
    "name",
    [
        "torch.optim.AdamW",
        "nemo.collections.asr.models.EncDecCTCModel",
        "src.models.Net",
        "pathlib.Path",
        "builtins.dict",
        "torchvision.transforms.Compose",
        "${model.target}",
    ],
)
def test_ordinary_targets_are_no_fault(name):
    files = {
        "a.yaml": f"x: {{_target_: '{name}'}}\n".encode(),
        "m.safetensors": metadata(c=f'{{"_target_": "{name}"}}'),
    }
    assert judged("SEC203", revision(files)) == []


def _nested(value, depth):
    for _ in range(depth):
        value = {"a": value}
    return value

"""POR102: imports that need an accelerator, and the ways to make them optional."""

from __future__ import annotations

import pytest
from tests.make.revisions import judged, revision

from assay.finding import Severity

FAILING = revision({"modeling_x.py": b"from flash_attn import flash_attn_func\n"})
PASSING = revision({"modeling_x.py": b"import torch\n"})


@pytest.mark.parametrize("module", ["apex", "mamba_ssm.ops", "causal_conv1d", "xformers.ops", "triton", "cupy"])
def test_each_known_module_fails_once(module):
    code = f"import {module}\nimport {module}\n".encode()
    assert [one.location for one in judged("POR102", revision({"a.py": code}))] == ["line 1"]


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    import flash_attn\nexcept ImportError:\n    flash_attn = None\n",
        "def f():\n    import flash_attn\n",
        "if is_flash_attn_2_available():\n    import flash_attn\n",
        "from .triton import kernel\n",
    ],
)
def test_what_is_guarded_or_only_wanted_later_passes(code):
    assert judged("POR102", revision({"modeling_x.py": code.encode()})) == []


def test_a_training_script_weighs_less():
    assert [one.severity for one in judged("POR102", revision({"train.py": b"import deepspeed\n"}))] == [Severity.LOW]

"""POR105: kernels, alone and with a way around them."""

from __future__ import annotations

import pytest
from tests.make.revisions import judged, revision, safetensors

from assay.finding import Severity

LOAD = b"from torch.utils.cpp_extension import load\nk = load(name='k', sources=['k.cu'])\n"
FAILING = revision({"modeling_x.py": LOAD})
PASSING = revision({"modeling_x.py": b"try:\n    import k_cuda\nexcept ImportError:\n    k_cuda = None\n", "k.cu": 900})


@pytest.mark.parametrize("path", ["k.cu", "csrc/k.cuh", "k.ptx", "k.cubin", "k.hip"])
def test_a_kernel_that_nothing_goes_on_without_fails(path):
    files = {path: 900, "modeling_x.py": b"import torch\n", "m.safetensors": safetensors()}
    assert [one.file for one in judged("POR105", revision(files))] == [path]


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    k = load(name='k', sources=['k.cu'])\nexcept Exception:\n    k = None\n",
        "import torch\nif torch.cuda.is_available():\n    k = load(name='k', sources=['k.cu'])\n",
        "k = load(name='k', sources=['k.cpp'])\n",
    ],
)
def test_what_is_built_where_it_can_be_passes(code):
    source = f"from torch.utils.cpp_extension import load\n{code}".encode()
    assert judged("POR105", revision({"a.py": source})) == []


def test_an_installation_script_weighs_less():
    assert [one.severity for one in judged("POR105", revision({"setup.py": LOAD}))] == [Severity.LOW]

"""POR103: `cuda` written where it could be asked for."""

from __future__ import annotations

import pytest
from tests.make.revisions import judged, revision

from assay.finding import Severity

FAILING = revision({"modeling_x.py": b"def f(x):\n    return x.cuda()\n"})
PASSING = revision({"modeling_x.py": b"def f(x, y):\n    return x.to(y.device)\n"})


@pytest.mark.parametrize(
    "code",
    [
        "x.to('cuda')",
        "x.to('cuda:0')",
        "import torch\ntorch.device('cuda')",
        "import torch\ntorch.zeros(3, device='cuda')",
        "import torch\ntorch.cuda.set_device(0)",
        "import torch\ns = torch.cuda.Stream()",
    ],
)
def test_each_way_of_writing_it_fails_once(code):
    assert [one.severity for one in judged("POR103", revision({"a.py": code.encode()}))] == [Severity.MEDIUM]


@pytest.mark.parametrize(
    "code",
    [
        "import torch\nd = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
        "import torch\nif torch.cuda.is_available():\n    x.cuda()\n    torch.cuda.set_device(0)",
        "import torch\ntorch.cuda.manual_seed_all(0)\ntorch.cuda.empty_cache()",
        "print('cuda')",
    ],
)
def test_asking_first_passes(code):
    assert judged("POR103", revision({"a.py": code.encode()})) == []


def test_a_benchmark_weighs_less():
    assert [one.severity for one in judged("POR103", revision({"bench/a.py": b"x.cuda()\n"}))] == [Severity.LOW]

"""POR106: NCCL by name, and by what is there."""

from __future__ import annotations

import pytest
from tests.make.revisions import judged, revision

from assay.finding import Severity

FAILING = revision({"generate.py": b"import torch\ntorch.distributed.init_process_group('nccl')\n"})
PASSING = revision({"generate.py": b"import torch\ntorch.distributed.init_process_group('gloo')\n"})


@pytest.mark.parametrize("call", ["dist.init_process_group('nccl')", "dist.init_process_group(backend='nccl')"])
def test_each_way_of_writing_it_fails(call):
    code = f"import torch.distributed as dist\n{call}\n".encode()
    assert [one.severity for one in judged("POR106", revision({"a.py": code}))] == [Severity.MEDIUM]


@pytest.mark.parametrize(
    "code", ["dist.init_process_group()", "if torch.cuda.is_available():\n    dist.init_process_group('nccl')"]
)
def test_choosing_by_what_is_there_passes(code):
    source = f"import torch\nimport torch.distributed as dist\n{code}\n".encode()
    assert judged("POR106", revision({"a.py": source})) == []

"""POR110: requirements that need a tool chain."""

from __future__ import annotations

import pytest
from tests.make.revisions import judged, revision

from assay.finding import Severity

FAILING = revision({"requirements.txt": b"torch\nflash-attn>=2.5\n"})
PASSING = revision({"requirements.txt": b"torch\ntransformers>=4.40\n", "requirements-cuda.txt": b"flash-attn\n"})


@pytest.mark.parametrize("line", ["flash_attn", "Mamba-SSM==2.0", "xformers", "cupy-cuda12x", "bitsandbytes"])
def test_each_line_is_a_note(line):
    found = judged("POR110", revision({"requirements.txt": f"torch\n{line}\n".encode()}))
    assert [(one.severity, one.location) for one in found] == [(Severity.LOW, "line 2")]


@pytest.mark.parametrize("line", ["# flash-attn", "flash-attn; platform_system == 'Linux'", "-r other.txt", "numpy"])
def test_what_is_optional_or_something_else_passes(line):
    assert judged("POR110", revision({"requirements.txt": line.encode()})) == []

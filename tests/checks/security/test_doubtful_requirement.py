"""SEC209: names that are nearly well known; others are no fault."""

from __future__ import annotations

import pytest
from tests.make.revisions import judged, revision

FAILING = revision({"requirements.txt": b"transfomers\n"})
PASSING = revision({"requirements.txt": b"transformers\nmy-own-package==1.0\ntorch==2.9.0\nfaiss-gpu-cu12\ngym3\n"})


@pytest.mark.parametrize(
    "name", ["reqeusts", "huggingface-cli", "torchvison", "numpyy", "tenserflow", "safetensor", "panads"]
)
def test_slips_and_made_up_names(name):
    [finding] = judged("SEC209", revision({"requirements.txt": f"{name}==1.0\n".encode()}))
    assert "nearly the name of" in finding.message

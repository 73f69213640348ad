"""POR108: weights under a key."""

from __future__ import annotations

import pytest
from tests.make.revisions import judged, revision, safetensors

from assay.finding import Severity

FAILING = revision({"model.safetensors.enc": 5_000_000})
PASSING = revision({"model.safetensors": safetensors(), "notes.enc": 400})


@pytest.mark.parametrize("path", ["m.bin.aes", "m.gguf.gpg", "weights.age"])
def test_each_name_fails(path):
    assert [one.severity for one in judged("POR108", revision({path: 5_000_000}))] == [Severity.HIGH]


def test_beside_plain_weights_it_weighs_less():
    files = {"m.bin.aes": 5_000_000, "m.safetensors": safetensors()}
    assert [one.severity for one in judged("POR108", revision(files))] == [Severity.MEDIUM]

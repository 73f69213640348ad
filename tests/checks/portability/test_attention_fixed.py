"""POR111: a kernel that the config asks for."""

from __future__ import annotations

import pytest
from tests.make.revisions import document, judged, revision

from assay.finding import Severity

FAILING = revision({"config.json": document(_attn_implementation="flash_attention_2")})
PASSING = revision({"config.json": document(_attn_implementation="sdpa", use_flash_attn=False)})


@pytest.mark.parametrize("config", [{"attn_implementation": "flash_attention_3"}, {"use_flash_attn": True}])
def test_each_key_is_a_note(config):
    found = judged("POR111", revision({"config.json": document(**config)}))
    assert [one.severity for one in found] == [Severity.LOW]

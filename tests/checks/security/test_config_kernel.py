"""SEC205: kernels that a config fetches."""

from __future__ import annotations

import pytest
from tests.make.revisions import document, judged, revision

from assay.finding import Severity

FAILING = revision({"config.json": document(_attn_implementation_internal="someone/kernel")})
PASSING = revision({"config.json": document(attn_implementation="flash_attention_2", _attn_implementation="sdpa")})


@pytest.mark.parametrize(
    ("keys", "severity"),
    [
        ({"attn_implementation": "evil/kernel@main:attention"}, Severity.HIGH),
        ({"attn_implementation": {"text_config": "sdpa", "vision_config": "evil/kernel"}}, Severity.HIGH),
        ({"text_config": {"_attn_implementation": "paged|evil/kernel"}}, Severity.HIGH),
        ({"attn_implementation": "kernels-community/flash-attn3"}, Severity.MEDIUM),
        ({"_attn_implementation_internal": "kernels-community/flash-attn3"}, Severity.HIGH),
    ],
)
def test_a_slash_names_a_repo(keys, severity):
    assert [item.severity for item in judged("SEC205", revision({"config.json": document(**keys)}))] == [severity]

"""OPN111: merges that no licence can satisfy."""

from __future__ import annotations

import pytest
from tests.make.revisions import card, judged, revision

GPL, RESTRICTED, FREE = "ultralytics/YOLOv8", "meta-llama/Llama-2-7b-hf", "mistralai/Mistral-7B-v0.1"
FAILING = revision({"README.md": card(license="agpl-3.0", base_model=[GPL, RESTRICTED])})
PASSING = revision({"README.md": card(license="agpl-3.0", base_model=[GPL, FREE])})


def test_the_finding_names_both_and_the_clause():
    [finding] = judged("OPN111", FAILING)
    assert GPL in finding.message
    assert RESTRICTED in finding.message
    assert "5(c)" in finding.message
    assert finding.fix


@pytest.mark.parametrize("parents", [[RESTRICTED, FREE], [RESTRICTED, "google/gemma-2-9b"], [GPL], [GPL, "who/knows"]])
def test_parents_that_can_be_kept_together_are_left_alone(parents):
    assert judged("OPN111", revision({"README.md": card(license="mit", base_model=parents)})) == []

"""EVA102: a number without the bytes it was measured on."""

from __future__ import annotations

import pytest
from tests.checks.evaluated.test_no_results import COMMIT, indexed
from tests.make.revisions import judged, revision

from assay.finding import Outcome

_SCORE = {"type": "accuracy", "value": 0.5}
FAILING = revision({"README.md": indexed({"name": "MMLU"}, _SCORE, _SCORE)})
PASSING = revision({"README.md": indexed({"name": "MMLU", "revision": COMMIT}, _SCORE)})


@pytest.mark.parametrize("dataset", [{}, {"revision": "main"}, {"revision": COMMIT[:7]}, {"revision": 5}, "MMLU", None])
def test_a_branch_a_short_hash_or_nothing_does_not_name_data(dataset):
    [finding] = judged("EVA102", revision({"README.md": indexed(dataset, _SCORE, _SCORE)}))
    assert finding.outcome is Outcome.UNKNOWN
    assert finding.message.startswith("2 of 2 ")


def test_where_nothing_is_claimed_nothing_is_loose():
    assert judged("EVA102", revision({"README.md": b"words"})) == []

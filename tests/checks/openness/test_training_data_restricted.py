"""OPN115: licences of the data, and the data verdict apart from that of the weights."""

from __future__ import annotations

import pytest
from tests.make.revisions import card, fact, judged, revision

from assay.finding import Severity

FAILING = revision({"README.md": card(license="apache-2.0", datasets=["tatsu-lab/alpaca", "allenai/dolma"])})
PASSING = revision({"README.md": card(license="apache-2.0", datasets="allenai/dolma")})


def test_the_finding_names_dataset_and_clause_and_is_a_note():
    [finding] = judged("OPN115", FAILING)
    assert finding.severity is Severity.INFO
    assert "tatsu-lab/alpaca" in finding.message
    assert "section 2(a)(1)" in finding.message


@pytest.mark.parametrize(
    ("datasets", "verdict"),
    [
        (["allenai/dolma"], "open"),
        (["allenai/dolma", "Wikipedia"], "open"),
        (["allenai/dolma", "our/own"], "unknown"),
        (["GAIR/lima", "our/own"], "restricted"),
        ([], "undisclosed"),
        (None, "undisclosed"),
        ([7, {"a": 1}, " "], "undisclosed"),
        (["allenai/dolma"] + [f"a/{number}" for number in range(300)], "unknown"),
    ],
)
def test_the_data_verdict(datasets, verdict):
    said = fact("OPN115", revision({"README.md": card(license="mit", datasets=datasets)}))
    assert said["verdict"] == verdict
    assert len(said["datasets"]) <= 200


def test_share_alike_data_is_noted_as_well():
    [finding] = judged("OPN115", revision({"README.md": card(datasets=["rajpurkar/squad"])}))
    assert set(finding.detail["clauses"]) == {"copyleft"}

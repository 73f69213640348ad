"""OPN105: what an honestly declared licence does not allow."""

from __future__ import annotations

import pytest
from tests.make.licence_files import LLAMA2
from tests.make.revisions import card, judged, revision

from assay.finding import Outcome, Severity

FAILING = revision({"README.md": card(license="llama2")})
PASSING = revision({"README.md": card(license="cc-by-4.0")})


@pytest.mark.parametrize(
    ("licence", "fields"),
    [
        ("llama2", {"use_restrictions", "user_cap", "output_training_limit"}),
        ("cc-by-nc-4.0", {"non_commercial"}),
        ("cc-by-nd-4.0", {"inherits"}),
        ("cc-by-nc-3.0", {"non_commercial"}),
    ],
)
def test_each_clause_names_its_field(licence, fields):
    [finding] = judged("OPN105", revision({"README.md": card(license=licence)}))
    assert finding.severity is Severity.MEDIUM
    assert set(finding.detail["clauses"]) == fields


def test_naming_duties_are_notes():
    severities = [one.severity for one in judged("OPN105", revision({"README.md": card(license="llama3.1")}))]
    assert severities == [Severity.MEDIUM, Severity.INFO]


def test_without_a_card_the_text_counts_and_unclear_terms_are_unknown():
    assert judged("OPN105", revision(LICENSE=LLAMA2))[0].detail["licence"] == "llama2"
    assert judged("OPN105", revision({"README.md": card(license="apple-ascl")}))[0].outcome is Outcome.UNKNOWN

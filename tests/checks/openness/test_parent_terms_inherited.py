"""OPN114: caps, territory and changeable terms that come from parents."""

from __future__ import annotations

from tests.make.revisions import card, judged, revision

from assay.finding import Severity

FAILING = revision({"README.md": card(license="gemma", base_model=["meta-llama/Llama-4-Scout-17B-16E"])})
PASSING = revision({"README.md": card(license="llama4", base_model=["meta-llama/Llama-4-Scout-17B-16E"])})


def test_territory_and_cap_are_named_with_their_clauses():
    [finding] = judged("OPN114", FAILING)
    assert finding.severity is Severity.INFO
    assert set(finding.detail["clauses"]) == {"user_cap", "geo_exclusion", "floating_terms"}
    assert "Acceptable Use Policy" in finding.detail["clauses"]["geo_exclusion"]
    assert "700,000,000" in finding.message


def test_open_and_unknown_parents_bring_nothing():
    for parent in ("mistralai/Mistral-7B-v0.1", "who/knows"):
        assert judged("OPN114", revision({"README.md": card(license="mit", base_model=parent)})) == []

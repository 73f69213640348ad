"""PRV102: what the card says of parents, and what configs say instead."""

from __future__ import annotations

from tests.make.revisions import card, document, fact, judged, revision

from assay.finding import Outcome, Severity

FAILING = revision({"README.md": card(license="mit"), "config.json": document(_name_or_path="a/b")})
PASSING = revision({"README.md": card(tags=["from-scratch"])})
_ADAPTER = document(base_model_name_or_path="a/b")


def outcomes(what):
    return [(one.outcome, one.severity) for one in judged("PRV102", what)]


def test_silence_is_unknown_and_a_parent_in_a_config_weighs_more():
    assert outcomes(revision({"README.md": card()})) == [(Outcome.UNKNOWN, Severity.INFO)]
    assert outcomes(FAILING) == [(Outcome.UNKNOWN, Severity.MEDIUM)]
    assert outcomes(revision({"README.md": card(), "adapter_config.json": _ADAPTER})) == [
        (Outcome.UNKNOWN, Severity.MEDIUM)
    ]


def test_a_declared_parent_passes_and_a_local_path_in_a_config_is_no_parent():
    config = document(_name_or_path="/home/me/run-7")
    assert outcomes(revision({"README.md": card(base_model="a/b"), "config.json": config})) == []


def test_from_scratch_is_contradicted_by_any_parent():
    scratch = card(tags=["from-scratch"])
    assert outcomes(revision({"README.md": scratch, "config.json": document(_name_or_path="a/b")})) == [
        (Outcome.FAIL, Severity.MEDIUM)
    ]
    assert outcomes(revision({"README.md": card(tags=["from-scratch"], base_model="a/b")})) == [
        (Outcome.FAIL, Severity.MEDIUM)
    ]


def test_the_fact_holds_parents_relation_and_known_licence():
    assert fact("PRV102", PASSING) == {"parents": [], "declared": True}
    assert fact("PRV102", revision({"README.md": card()})) == {"parents": [], "declared": False}
    merged = fact("PRV102", revision({"README.md": card(base_model=["a/b", "google/gemma-2b"])}))
    assert [(parent["name"], parent["relation"]) for parent in merged["parents"]] == [
        ("a/b", "merge"),
        ("google/gemma-2b", "merge"),
    ]
    assert "licence" not in merged["parents"][0]
    assert merged["parents"][1]["licence"]["id"] == "gemma"
    adapter = revision({"README.md": card(base_model="a/b"), "adapter_config.json": _ADAPTER})
    assert fact("PRV102", adapter)["parents"] == [{"name": "a/b", "relation": "adapter"}]
    assert fact("PRV102", FAILING)["declared"] is False

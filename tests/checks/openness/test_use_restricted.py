"""OPN105: what an honestly declared licence does not allow."""

from __future__ import annotations

import pytest
from tests.make.licence_files import LLAMA2
from tests.make.revisions import card, document, judged, revision

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
    finding, *notes = judged("OPN105", revision({"README.md": card(license=licence)}))
    assert finding.severity is Severity.MEDIUM
    assert {note.severity for note in notes} <= {Severity.INFO}
    assert set(finding.detail["clauses"]) == fields


def test_each_clause_names_its_place_in_the_text():
    [finding] = [one for one in judged("OPN105", FAILING) if one.severity is Severity.MEDIUM]
    assert "section 2" in finding.message
    assert finding.detail["rests_on"]["user_cap"] == "section 2: 'greater than 700 million'"


@pytest.mark.parametrize(
    ("licence", "kinds"),
    [
        ("llama3.1", ["naming_or_branding", "floating_terms"]),
        ("gemma", ["revocable_or_mutable", "remote_control", "floating_terms"]),
        ("bigscience-bloom-rail-1.0", ["revocable_or_mutable", "remote_control"]),
        ("cc-by-nc-4.0", ["patents"]),
        ("exaone", ["revocable_or_mutable", "owns_outputs"]),
    ],
)
def test_duties_and_risks_are_notes(licence, kinds):
    _, *notes = judged("OPN105", revision({"README.md": card(license=licence)}))
    assert [kind for note in notes for kind in note.detail["clauses"]] == kinds
    assert all(note.severity is Severity.INFO and note.fix for note in notes)


@pytest.mark.parametrize(
    ("config", "excluded"),
    [
        ({"architectures": ["LlamaForCausalLM"]}, False),
        ({"architectures": ["MllamaForConditionalGeneration"], "vision_config": {}}, True),
        ({}, True),
    ],
)
def test_a_clause_on_multimodal_models_does_not_reach_one_that_reads_text_only(config, excluded):
    what = revision({"README.md": card(license="llama3.2"), "config.json": document(**config)})
    assert ("geo_exclusion" in judged("OPN105", what)[0].detail["clauses"]) is excluded


def test_without_a_card_the_text_counts_and_unclear_terms_are_unknown():
    assert judged("OPN105", revision(LICENSE=LLAMA2))[0].detail["licence"] == "llama2"
    assert judged("OPN105", revision({"README.md": card(license="apple-ascl")}))[0].outcome is Outcome.UNKNOWN

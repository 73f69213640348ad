"""Each restriction with its clause: the table of licences and that of clauses say the same."""

from __future__ import annotations

import pytest

from assay.checks.licences import denials, licence
from assay.openness import DENIALS, licence_facts, restrictions
from assay.rules import load

LICENCES = [line["id"] for line in load("model_licences")["entries"] if line["id"] not in ("other", "unknown")]


def found(slug, **how):
    return {one.kind: one for one in restrictions(licence(slug).terms, **how)}


@pytest.mark.parametrize("slug", LICENCES)
def test_every_denial_has_a_place_in_the_text_and_no_clause_is_left_over(slug):
    terms = licence(slug).terms
    kinds = found(slug)
    for one in kinds.values():
        if one.denies or one.kind == "naming_or_branding":
            assert one.clause is not None, one
            assert one.clause.where in one.told
    known = licence_facts(slug)
    for clause in known.clauses if known else ():
        assert clause.kind in kinds, "the table of clauses knows a restriction that the facts do not"
        assert len(clause.words.split()) <= 8, "a few words, no more"
    column = {"inherits": "no_derivatives"}
    assert {column.get(field, field) for field, _ in denials(licence(slug))} == {k for k in kinds if k in DENIALS}
    assert bool(kinds.keys() & DENIALS) is (terms["osaid_compatible"] is False) or terms["openness"] in (
        "branding-restricted", "unclear",
    )  # fmt: skip


@pytest.mark.parametrize("slug", ["apache-2.0", "mit", "bsd-3-clause", "openmdw-1.1", "unlicense", "odc-by"])
def test_a_permissive_licence_has_none(slug):
    assert found(slug) == {}


@pytest.mark.parametrize(
    ("slug", "kind", "where"),
    [
        ("llama2", "user_cap", "section 2"),
        ("llama2", "output_training_limit", "section 1(b)(v)"),
        ("llama3.1", "naming_or_branding", "section 1(b)(i)"),
        ("llama4", "geo_exclusion", "Acceptable Use Policy, paragraph on multimodal models"),
        ("gemma", "remote_control", "section 3.2"),
        ("bigscience-bloom-rail-1.0", "use_restrictions", "paragraph 5 and Attachment A"),
        ("modified-mit-kimi-k2", "naming_or_branding", "last paragraph"),
        ("tencent-hunyuan-community", "geo_exclusion", "section 1(l)"),
        ("stability-ai-community", "revenue_cap", "section III"),
        ("hyperclova-x-seed", "revocable_or_mutable", "section 12"),
        ("falcon-llm-2", "floating_terms", "section 5"),
        ("cc0-1.0", "patents", "section 4(a)"),
        ("exaone", "owns_outputs", "section 4.2"),
        ("cc-by-nd-4.0", "no_derivatives", "section 2(a)(1)(B)"),
        ("gpl-3.0", "copyleft", "section 5(c)"),
    ],
)
def test_places(slug, kind, where):
    assert found(slug)[kind].clause.where == where


def test_a_clause_on_multimodal_models_is_left_out_for_one_that_is_none():
    assert "geo_exclusion" in found("llama3.2")
    assert "geo_exclusion" in found("llama3.2", multimodal=True)
    assert "geo_exclusion" not in found("llama3.2", multimodal=False)


def test_the_fact_says_the_same_as_the_rules():
    for slug in LICENCES:
        one = licence(slug)
        assert {item.kind for item in restrictions(one.to_fact())} == {item.kind for item in restrictions(one.terms)}


def test_any_json_is_a_licence_of_nothing_known():
    for value in ({}, {"id": 7, "user_cap": "x", "revenue_cap": 3, "inherits": [1], "output_training_limit": 9}):
        assert restrictions(value) == ()

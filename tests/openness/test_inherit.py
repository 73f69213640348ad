"""Rules L1 to L4, L7 and L9 on one edge, and merges."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assay.checks.licences import licence
from assay.openness import Part, clashes, common_licence, conflicts, copyleft, reach

RELATIONS = ["finetune", "merge", "adapter", "quantized", "distillation", ""]


def fact(slug):
    return licence(slug).to_fact() if slug else None


def rules(own, parent, relation="finetune"):
    return [one.rule for one in conflicts(fact(own), fact(parent), relation) if one.rule != "L9"]


@pytest.mark.parametrize(
    ("own", "parent", "relation", "expected"),
    [
        ("mit", "llama2", "finetune", ["L1"]),
        ("mit", "llama2", "quantized", ["L1"]),
        ("llama2", "llama2", "finetune", []),
        ("mit", "cc-by-nc-4.0", "finetune", ["L1", "L2"]),
        ("llama2", "cc-by-nc-4.0", "merge", ["L2"]),
        ("cc-by-nc-sa-4.0", "cc-by-nc-4.0", "finetune", []),
        ("cc-by-nd-4.0", "cc-by-nd-4.0", "quantized", ["L3"]),
        ("cc-by-nc-nd-4.0", "cc-by-nc-nd-4.0", "finetune", ["L3"]),
        ("apache-2.0", "gpl-3.0", "finetune", ["L4"]),
        ("agpl-3.0", "gpl-3.0", "finetune", []),
        ("gpl-3.0", "agpl-3.0", "finetune", ["L4"]),
        ("gpl-3.0", "lgpl-2.1", "finetune", []),
        ("cc-by-4.0", "cc-by-sa-4.0", "finetune", ["L4"]),
        ("cc-by-sa-4.0", "cc-by-sa-3.0", "finetune", []),
        (None, "gpl-3.0", "finetune", ["L4"]),
        ("mit", None, "finetune", ["L7"]),
        ("mit", "apple-ascl", "finetune", ["L7"]),
        ("mit", None, "distillation", ["L7"]),
        ("mit", "modified-mit-kimi-k2", "quantized", ["L1"]),
        ("mit", "apache-2.0", "finetune", []),
        ("mit", "gpl-3.0", "distillation", []),
        ("mit", "llama3.1", "distillation", ["L1"]),
        ("mit", "gemma", "distillation", ["L1"]),
    ],
)
def test_rules(own, parent, relation, expected):
    assert rules(own, parent, relation) == expected


def test_the_deciding_clause_and_the_way_out_are_named():
    [one, *_] = conflicts(fact("mit"), fact("cc-by-nc-4.0"), "finetune")
    assert one.restriction.clause.where == "section 2(a)(1)"
    assert "license: cc-by-nc-4.0" in one.change


def test_weak_copyleft_weighs_less_and_names_what_it_may_become():
    [one] = conflicts(fact("mit"), fact("mpl-2.0"), "finetune")
    assert one.severity == "medium"
    assert "`gpl-3.0`" in one.change


@pytest.mark.parametrize(
    ("parent", "severity"), [("llama2", "medium"), ("gemma", "high"), ("deepseek-license", "high")]
)
def test_an_adapter_is_a_derivative_where_the_text_says_so_and_needs_its_parent_in_any_case(parent, severity):
    assert conflicts(fact("mit"), fact(parent), "adapter")[0].severity == severity


def test_caps_territory_and_changeable_terms_come_along():
    along = {one.restriction.kind for one in conflicts(fact("gemma"), fact("llama4"), "merge") if one.rule == "L9"}
    assert along == {"user_cap", "geo_exclusion", "floating_terms"}


@pytest.mark.parametrize("parent", ["llama2", "gemma", "qwen", "openrail++", "exaone"])
def test_licences_with_output_clauses_reach_what_is_trained_on_outputs(parent):
    assert reach(fact(parent), "distillation") in ("all", "naming")
    assert reach({"output_training_limit": "no improving"}, "distillation") == "all"
    assert reach({"output_training_limit": "none"}, "distillation") == "nothing"
    assert reach({"output_training_limit": "allowed with a name"}, "distillation") == "naming"
    assert reach({}, "distillation") == "all"


@pytest.mark.parametrize(
    ("slugs", "clash"),
    [
        (["gpl-3.0", "llama2"], True),
        (["gpl-3.0", "mit"], False),
        (["gpl-3.0", "agpl-3.0"], False),
        (["cc-by-sa-4.0", "odbl"], True),
        (["cc-by-sa-4.0", "gpl-3.0"], False),
        (["cc-by-sa-4.0", "cc-by-nc-4.0"], True),
        (["lgpl-3.0", "llama2"], False),
        (["llama2", "gemma"], False),
        (["sam-license", "gpl-3.0"], True),
        (["gpl-3.0", None], False),
        (["mit", "gpl-3.0", "gemma", "llama2"], True),
    ],
)
def test_merges(slugs, clash):
    parts = [Part(f"p/{number}", fact(slug)) for number, slug in enumerate(slugs)]
    found = clashes(parts)
    assert bool(found) is clash
    assert bool(clashes(parts[::-1])) is clash
    assert all(one.where and one.says for one in found)


def test_the_common_licence_of_a_merge():
    parts = [Part("a", fact("gpl-3.0")), Part("b", fact("agpl-3.0")), Part("c", fact("mit"))]
    assert common_licence(parts) == "agpl-3.0"
    assert common_licence([Part("a", fact("cc-by-sa-4.0")), Part("b", fact("odbl"))]) is None
    assert copyleft("mit") == "none"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["open", "gpl-3.0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "name", "openness", "copyleft", "reaches_outputs", "output_training_limit", "user_cap",
                         "non_commercial", "inherits", "adapters"]), inner, max_size=5),
    max_leaves=10,
)  # fmt: skip


@example({"id": []}, {"openness": "open", "id": "gpl-3.0"}, "finetune")
@settings(max_examples=100, deadline=None)
@given(json_values, json_values, st.sampled_from(RELATIONS))
def test_any_json_yields_conflicts(own, parent, relation):
    for one in conflicts(own, parent, relation):
        assert one.says
        assert one.change
    clashes([Part("a", own), Part("b", parent)])
    if not isinstance(parent, dict):
        assert [one.rule for one in conflicts(own, parent, relation)] == ["L7"]

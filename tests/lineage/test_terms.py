"""Terms: caps by minimum, flags by OR, and silence that never becomes freedom."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.lineage import OWN, RESTRICTIVE, Parent, lineage, terms

calm = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

FREE = {
    "id": "mit",
    "openness": "open",
    "osi_approved": True,
    "osaid_compatible": True,
    "non_commercial": False,
    "user_cap": None,
    "revenue_cap": None,
    "use_restrictions": False,
    "naming_or_branding": None,
    "output_training_limit": "none",
    "geo_exclusion": None,
}
LLAMA = FREE | {"openness": "use-restricted", "osi_approved": False, "user_cap": 700_000_000, "use_restrictions": True}

licences = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "openness": st.sampled_from(["open", "open-data", "restricted", "unclear", "unlicensed", 7]),
        "osi_approved": st.booleans() | st.none(),
        "non_commercial": st.booleans() | st.none(),
        "use_restrictions": st.booleans(),
        "user_cap": st.none() | st.integers(0, 10**9) | st.just("many") | st.just([]),
        "revenue_cap": st.none() | st.just("free below 10,000,000 USD a year; larger pay") | st.integers(),
        "geo_exclusion": st.none() | st.just("the moon"),
        "output_training_limit": st.sampled_from(["none", "no training", None]),
    },
)
parents = st.lists(
    st.builds(
        Parent, st.sampled_from("abc"), st.sampled_from(["", "finetune", "adapter", "merge", "quantized"]), licences
    ),
    max_size=3,
)


def test_own_licence_alone_decides_when_there_is_no_parent():
    found = terms(FREE, [])
    assert found.known()["open"] is True
    assert found.known()["user_capped"] is False
    assert "user_cap" not in found.known()
    assert found.unresolved == ()


def test_restrictions_of_a_parent_reach_an_open_child_and_name_the_parent():
    found = terms(FREE, [Parent("meta-llama/Llama-2-7b", "finetune", LLAMA)])
    assert found.known() | {"open": False, "use_restrictions": True, "user_cap": 700_000_000} == found.known()
    assert found.items["use_restrictions"].decided_by == ("meta-llama/Llama-2-7b",)
    assert found.items["open"].decided_by == ("meta-llama/Llama-2-7b",)


def test_the_lowest_cap_wins_and_its_owner_is_named():
    found = terms(FREE | {"user_cap": 5_000}, [Parent("a", "merge", LLAMA), Parent("b", "merge", FREE)])
    assert found.items["user_cap"].value == 5_000
    assert found.items["user_cap"].decided_by == (OWN,)


def test_a_revenue_cap_in_words_counts_as_its_lowest_amount():
    text = "free below 10,000,000 USD a year; above 50,000,000 by contract"
    assert terms(FREE | {"revenue_cap": text}, []).known()["revenue_cap"] == 10_000_000


def test_a_cap_without_an_amount_is_capped_by_an_unknown_number():
    known = terms(FREE | {"revenue_cap": "ask us"}, []).known()
    assert known["revenue_capped"] is True
    assert "revenue_cap" not in known


def test_an_unresolved_parent_leaves_terms_open_and_never_ends_in_open():
    found = terms(FREE, [Parent("who/knows", "finetune", None)])
    assert found.unresolved == ("who/knows",)
    assert found.known() == {}
    assert found.items["open"].decided_by == ("who/knows",)


def test_what_is_restricted_stays_so_beside_an_unresolved_parent():
    found = terms(FREE | {"non_commercial": True}, [Parent("who/knows")])
    assert found.known()["non_commercial"] is True


@pytest.mark.parametrize(("limit", "bound"), [("none", False), ("no training of other models", True)])
def test_a_distilled_model_inherits_only_from_licences_that_speak_of_outputs(limit, bound):
    teacher = Parent("teacher", "distillation", LLAMA | {"output_training_limit": limit})
    assert terms(FREE, [teacher]).known()["use_restrictions"] is bound


@pytest.mark.parametrize(
    "fact",
    [7, [], {"parents": 7}, {"parents": [7]}, {"parents": [{}]}, {"parents": [{"name": "p"}] * 65, "declared": True}],
)
def test_lineage_that_cannot_be_read_is_an_unresolved_parent_unless_it_names_none(fact):
    found = lineage(fact)
    assert len(found.parents) == 1
    assert terms(FREE, found.parents).unresolved


def test_no_assessment_of_lineage_is_neither_declared_nor_denied():
    assert lineage(None).declared is None
    assert lineage({"parents": [], "declared": True}).declared is True


@calm
@given(licences, parents)
def test_one_more_parent_never_frees_anything(own, given_parents):
    before, after = terms(own, given_parents[:-1]), terms(own, given_parents)
    for name, restrictive in RESTRICTIVE.items():
        was, is_ = before.items[name].value, after.items[name].value
        order = [not restrictive, None, restrictive]
        assert order.index(is_) >= order.index(was)


@calm
@given(licences, parents)
def test_order_of_parents_changes_no_value(own, given_parents):
    assert terms(own, given_parents).known() == terms(own, given_parents[::-1]).known()


@calm
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=4), lambda inner: (
    st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["parents", "declared", "name", "licence", "relation", "user_cap", "revenue_cap", "openness"]),
        inner, max_size=4)), max_leaves=12))  # fmt: skip
def test_any_json_as_a_fact_yields_terms(fact):
    found = lineage(fact)
    assert set(terms(fact, found.parents).items) == {*RESTRICTIVE, "user_cap", "revenue_cap"}

"""Terms along the tree: from every ancestor, by the right relation, and never freer for one more restriction."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.checks.licences import licence
from assay.lineage import OWN, RESTRICTIVE, Edge, Node, Parent, effective, effective_of, terms

calm = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])


def fact(slug):
    return licence(slug).to_fact()


def model(slug, *parents, relation="finetune", datasets=()):
    return Node(fact(slug) if slug else None, tuple(Edge(name, relation) for name in parents), tuple(datasets))


WASHED = {
    "meta/llama": model("llama2"),
    "a/tuned": model("mit", "meta/llama"),
    "b/again": model("apache-2.0", "a/tuned", relation="quantized"),
    "c/other": model("apache-2.0"),
}


def test_a_grandparent_decides_and_is_named():
    found = effective_of("b/again", WASHED)
    assert found.verdict == "restricted"
    assert found.terms.items["user_cap"].value == 700_000_000
    assert found.terms.items["open"].decided_by == ("meta/llama",)
    assert effective_of("c/other", WASHED).verdict == "open"


def test_own_terms_go_by_the_name_of_ones_own_and_stand_first():
    nodes = {"a/nc": model("cc-by-nc-4.0"), "z/nc": model("cc-by-nc-4.0", "a/nc")}
    assert effective_of("z/nc", nodes).terms.items["non_commercial"].decided_by == (OWN, "a/nc")


def test_one_parent_deep_says_the_same_as_the_join_over_a_fact():
    nodes = {"p/one": model("gemma"), "p/two": model("llama3.1"), "me": model("mit", "p/one", "p/two")}
    joined = terms(fact("mit"), [Parent(name, "merge", nodes[name].licence) for name in ("p/one", "p/two")])
    found = effective_of("me", nodes).terms
    assert dict(found.items) == dict(joined.items)
    assert found.territories == joined.territories


@pytest.mark.parametrize("missing", ["gone/away", "hidden/known"])
def test_an_unknown_ancestor_is_unresolved_and_never_open(missing):
    nodes = {"hidden/known": Node(None), "a": model("mit", missing), "b": model("mit", "a")}
    found = effective_of("b", nodes)
    assert found.verdict == "unresolved"
    assert found.terms.unresolved == (missing,)
    assert found.terms.items["open"].decided_by == (missing,)


def test_territories_are_what_everybody_grants():
    nodes = {
        "meta/l4": model("llama4"), "tencent/h": model("tencent-hunyuan-community"),
        "merge": model("mit", "meta/l4", "tencent/h", relation="merge"),
    }  # fmt: skip
    found = effective_of("merge", nodes)
    assert found.terms.territories == ("European Union", "South Korea", "United Kingdom")
    assert found.terms.items["user_cap"].value == 1_000_000
    assert found.terms.items["user_cap"].decided_by == ("tencent/h",)


@pytest.mark.parametrize(
    ("teacher", "term", "bound"),
    [
        ("apache-2.0", "open", False),
        ("cc-by-nc-4.0", "non_commercial", False),  # it speaks of the work, not of what the work says
        ("llama2", "user_capped", True),
        ("llama3.1", "user_capped", False),
        ("llama3.1", "naming_required", True),
        ("gemma", "use_restrictions", True),
        ("bigscience-bloom-rail-1.0", "use_restrictions", True),
        ("exaone", "non_commercial", True),
    ],
)
def test_a_student_is_bound_by_what_speaks_of_outputs(teacher, term, bound):
    nodes = {
        "teacher": model(teacher),
        "tuned": model("mit", "teacher"),
        "student": model("mit", "tuned", relation="distillation"),
        "heir": model("mit", "student"),
    }
    for name in ("student", "heir"):
        assert (effective_of(name, nodes).terms.items[term].value is RESTRICTIVE[term]) is bound


def test_data_is_joined_apart_and_comes_down_too():
    nodes = {
        "org/free": model("odc-by"), "org/nc": model("cc-by-nc-4.0"),
        "base": model("apache-2.0", datasets=["org/free", "org/nc"]),
        "child": model("apache-2.0", "base", datasets=["who/knows"]),
        "none": model("apache-2.0"),
    }  # fmt: skip
    found = effective_of("child", nodes)
    assert found.verdict == "open"
    assert found.data.items["non_commercial"].decided_by == ("org/nc",)
    assert found.data.unresolved == ("who/knows",)
    assert effective_of("base", nodes).data.items["open"].value is False
    assert effective_of("none", nodes).data.items["open"].value is True


def test_a_circle_comes_to_an_end_and_binds_all_in_it():
    nodes = {
        "a": model("mit", "c"), "b": model("mit", "a"), "c": model("mit", "b", "nc", relation="merge"),
        "nc": model("cc-by-nc-4.0"), "below": model("mit", "a"), "self": model("mit", "self"),
    }  # fmt: skip
    found = effective(nodes)
    assert {name for name, one in found.items() if one.verdict == "restricted"} == {"a", "b", "c", "nc", "below"}
    assert found["self"].verdict == "open"


def test_a_name_that_is_not_there_is_a_key_error():
    with pytest.raises(KeyError):
        effective_of("x", {})


SLUGS = ["mit", "apache-2.0", "llama2", "llama3.1", "gemma", "cc-by-nc-4.0", "gpl-3.0", "cc-by-nd-4.0", "apple-ascl",
         "tencent-hunyuan-community", "stability-ai-community", None]  # fmt: skip
NAMES = [f"m/{number}" for number in range(8)]
EDGES = st.builds(
    Edge,
    st.sampled_from([*NAMES, "gone"]),
    st.sampled_from(["finetune", "merge", "adapter", "quantized", "distillation", ""]),
)
nodes_ = st.fixed_dictionaries(
    {
        name: st.builds(
            Node,
            st.sampled_from(SLUGS).map(lambda slug: fact(slug) if slug else None),
            st.lists(EDGES, max_size=3).map(tuple),
            st.lists(st.sampled_from(NAMES), max_size=1).map(tuple),
        )
        for name in NAMES
    }
)  # fmt: skip
STRICTER = [
    {"openness": "restricted"}, {"osi_approved": False}, {"osaid_compatible": False}, {"non_commercial": True},
    {"use_restrictions": True}, {"user_cap": 1000}, {"revenue_cap": "below 10 USD"}, {"naming_or_branding": "x"},
    {"geo_exclusion": "the moon", "territories": ["the moon"]},
    {"output_training_limit": "no", "reaches_outputs": "all"},
]  # fmt: skip


def rank(term, value):
    restrictive = RESTRICTIVE[term]
    return [not restrictive, None, restrictive].index(value)


def no_freer(before, after):
    for name, one in before.items():
        for mine, theirs in ((one.terms, after[name].terms), (one.data, after[name].data)):
            for term in RESTRICTIVE:
                assert rank(term, theirs.items[term].value) >= rank(term, mine.items[term].value), (name, term)
            for cap in ("user_cap", "revenue_cap"):
                old, new = mine.items[cap].value, theirs.items[cap].value
                assert old is None or new is None or new <= old
            assert set(mine.territories) <= set(theirs.territories)
        assert not (one.verdict != "open" and after[name].verdict == "open")


@calm
@given(nodes_, st.sampled_from(NAMES), st.sampled_from(STRICTER))
def test_one_more_restriction_anywhere_never_makes_a_descendant_freer(nodes, name, stricter):
    before = effective(nodes)
    changed = nodes[name].licence
    if changed is None:
        return
    made = changed | stricter
    if "territories" in stricter:  # one more, beside those that it leaves out already
        made["territories"] = [*changed.get("territories", ()), *stricter["territories"]]
    after = effective(nodes | {name: Node(made, nodes[name].edges, nodes[name].datasets)})
    no_freer(before, after)


@calm
@given(nodes_, st.sampled_from(NAMES), EDGES)
def test_one_more_parent_anywhere_never_makes_a_descendant_freer(nodes, name, edge):
    one = nodes[name]
    no_freer(effective(nodes), effective(nodes | {name: Node(one.licence, (*one.edges, edge), one.datasets)}))


@calm
@given(nodes_, st.sampled_from(NAMES))
def test_one_model_alone_and_all_at_once_agree_in_any_order(nodes, name):
    everything = effective(nodes)
    assert effective_of(name, nodes) == everything[name]
    assert effective(dict(reversed(nodes.items()))) == everything

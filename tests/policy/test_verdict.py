"""Verdicts: what decides, what it rests on, and changes that truly flip it."""

import json
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.canonical import canonical_json
from assay.finding import AXES, Severity
from assay.policy import Decision, decide, explain, load_policy
from assay.policy.changes import repairs, threats
from assay.policy.flips import after

calm = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
LLAMA_PARENT = "meta-llama/Llama-2-7b"


def llama(make):
    return {"name": LLAMA_PARENT, "relation": "finetune", "licence": make.LLAMA}


@pytest.mark.parametrize("name", ["default", "commercial"])
def test_a_revision_in_order_is_admitted_and_the_verdict_names_its_statements(make, name):
    verdict = decide(make.dossier(), load_policy(name))
    assert verdict.outcome is Decision.ADMIT
    assert {reason.outcome for reason in verdict.because} == {Decision.ADMIT}
    assert all(reason.statements == ("d1",) for reason in verdict.because)


@pytest.mark.parametrize("name", ["default", "commercial"])
def test_nothing_known_is_undecided_and_never_admitted(make, name):
    verdict = decide(make.nothing(), load_policy(name))
    assert verdict.outcome is Decision.UNDECIDED
    assert "secure.ok" in {fact for reason in verdict.because for fact in reason.missing}
    assert [flip.changes for flip in verdict.would_change_if] == [
        ("Have it assessed (`assay scan`) and found in order.",)
    ]


def test_default_refuses_danger_and_leaves_what_was_not_read_undecided(make):
    default = load_policy("default")
    assert decide(make.dossier(make.finding(severity="critical")), default).outcome is Decision.REFUSE
    assert decide(make.dossier(make.finding(outcome="unknown")), default).outcome is Decision.UNDECIDED
    assert decide(make.dossier(make.finding(severity="low")), default).outcome is Decision.ADMIT


@pytest.mark.parametrize(
    ("outcome", "severity", "verdict"),
    [("fail", "high", "refuse"), ("fail", "medium", "admit"), ("unknown", "info", "undecided")],
)
def test_default_refuses_a_wrong_label_admits_an_honest_restriction_and_does_not_guess(
    make, outcome, severity, verdict
):
    row = make.finding("OPN1-x", "open", outcome, severity)
    assert decide(make.dossier(row), load_policy("default")).outcome == verdict


def test_default_refuses_weights_that_are_locked_to_a_vendor_and_no_less(make):
    default = load_policy("default")
    assert decide(make.dossier(make.finding("POR1-x", "portable")), default).outcome is Decision.REFUSE
    assert decide(make.dossier(make.finding("POR1-x", "portable", "unknown")), default).outcome is Decision.ADMIT


def test_commercial_refuses_what_a_parent_imposes_and_says_which_parent(make):
    dossier = make.dossier(parents=[llama(make)])
    assert decide(dossier, load_policy("default")).outcome is Decision.ADMIT
    verdict = decide(dossier, load_policy("commercial"))
    assert {reason.name for reason in verdict.because} == {"user-cap", "use-restrictions"}
    (flip,) = verdict.would_change_if
    assert flip.verdict is Decision.ADMIT
    assert len(flip.changes) == 1
    assert flip.changes[0].startswith(f"Build on another parent than {LLAMA_PARENT}, or get other terms")
    assert flip.changes[0].endswith("some uses forbidden, a limit on users.")


def test_a_parent_of_unknown_licence_is_undecided_or_refused_but_not_admitted(make):
    verdict = decide(make.dossier(parents=[{"name": "who/knows"}]), load_policy("commercial"))
    assert verdict.outcome is Decision.REFUSE
    assert verdict.would_change_if[0].changes[0].startswith("Find out the licence of the parent who/knows; it must")


def test_undeclared_lineage_is_undecided_under_commercial(make):
    verdict = decide(make.dossier(declared=False), load_policy("commercial"))
    assert verdict.outcome is Decision.UNDECIDED
    assert [reason.missing for reason in verdict.because] == [("lineage.resolved",)]
    assert "base_model" in verdict.would_change_if[0].changes[0]


def test_changes_are_told_by_the_fix_of_the_finding(make):
    bad = [make.finding(fix="Convert it to safetensors."), make.finding(fix="Convert it to safetensors.")]
    (flip,) = decide(make.dossier(*bad), load_policy("default")).would_change_if
    assert flip.changes == ("Convert it to safetensors (and 1 more of SEC101-x).",)


def test_several_ways_out_are_all_told(make):
    policy = make.policy(require=["evaluated.ok || provenance.ok"])
    flips = decide(make.dossier(), policy).would_change_if
    assert [flip.verdict for flip in flips] == [Decision.ADMIT, Decision.ADMIT]
    assert ["assay eval" in flip.changes[0] for flip in flips] == [True, False]


def test_a_rule_that_names_a_key_is_told_with_the_key(make):
    (flip,) = decide(make.dossier(), make.policy(require=["'k1' in signers"])).would_change_if
    assert flip.changes == ("Have it signed with the key k1.",)
    assert decide(make.dossier(signer="k1"), make.policy(require=["'k1' in signers"])).outcome is Decision.ADMIT


def test_a_result_counts_by_its_interval(make):
    policy = make.policy(require=["results.exists(r, r.benchmark == 'tiny' && r.low >= 0.5)", "evaluated.ok"])
    verdict = decide(make.dossier(result=True), policy)
    assert verdict.outcome is Decision.ADMIT
    assert verdict.because[0].statements == ("d2",)
    assert verdict.because[1].statements == ("d1", "d2")


def test_more_than_four_changes_are_told_as_one_set_without_a_superfluous_one(make):
    bad = [make.finding(f"SEC10{number}-x") for number in range(6)]
    (flip,) = decide(make.dossier(*bad), load_policy("default")).would_change_if
    assert len(flip.changes) == 6


def test_a_refusal_that_cannot_be_turned_into_admission_says_how_to_get_halfway(make):
    policy = make.policy(deny=["!secure.ok"], require=["licence.id == 'no-such'", "weights.data_only"])
    verdict = decide(make.dossier(make.finding()), policy)
    assert verdict.outcome is Decision.REFUSE
    assert verdict.would_change_if == ()
    assert "No small set" in explain(verdict)[-1]


def test_an_admission_says_what_would_end_it(make):
    verdict = decide(make.dossier(result=True, signer="k1"), load_policy("commercial"))
    assert all(flip.verdict is not Decision.ADMIT and len(flip.changes) == 1 for flip in verdict.would_change_if)
    assert verdict.would_change_if[0].changes == ("A new finding at medium or above on secure.",)
    assert len(verdict.would_change_if) <= 5


def test_the_explanation_says_outcome_ground_and_way_out(make):
    lines = explain(decide(make.dossier(make.finding(fix="Convert it."), declared=False), load_policy("commercial")))
    assert lines[0] == "Policy commercial refuses it."
    assert "  refused by known-danger: Loading or running this could hurt you." in lines
    assert "  undecided by lineage: lineage.resolved not known" in lines
    assert lines[-2:] == [
        "  → admit: Convert it (SEC101-x).",
        "    and Say in the card what it was made from (`base_model`), or tag it `from-scratch`.",
    ]


def test_a_verdict_is_canonical_json_and_the_same_each_time(make):
    first, second = (decide(make.dossier(make.finding()), load_policy("commercial")).to_json() for _ in range(2))
    assert canonical_json(first) == canonical_json(second)
    assert list(json.loads(canonical_json(first))) == ["because", "outcome", "policy", "would_change_if"]


axes = st.sampled_from([axis.value for axis in AXES])
severities = st.sampled_from([severity.value for severity in Severity])
rows = st.lists(st.tuples(st.sampled_from(["A1-x", "A2-x", "A3-x"]), axes, st.sampled_from(["fail", "unknown"]),
                          severities), max_size=5)  # fmt: skip
RULES = ["secure.ok", "open.ok", "evaluated.ok", "provenance.ok || portable.ok", "licence.open", "lineage.resolved",
         "licence.user_capped == false", "weights.data_only", "size(signers) > 0",
         "findings.all(f, f.severity != 'critical' || f.outcome == 'pass')"]  # fmt: skip
requires = st.lists(st.sampled_from(RULES), min_size=1, max_size=4, unique=True)
parents = st.lists(st.sampled_from(["free", "llama", "unknown"]), max_size=2)
ORDER = [Decision.REFUSE, Decision.UNDECIDED, Decision.ADMIT]


def built(make, found, kin, **more):
    licences = {"free": make.FREE, "llama": make.LLAMA}
    listed = [{"name": f"{name}/{place}", "licence": licences.get(name)} for place, name in enumerate(kin)]
    return make.dossier(
        *[make.finding(f"{rule}-{axis}", axis, *row) for rule, axis, *row in found], parents=listed, **more
    )


@calm
@given(found=rows, kin=parents, rules=requires, row=st.tuples(st.just("A4-x"), axes, st.just("fail"), severities))
def test_one_more_failing_finding_never_turns_a_verdict_for_the_better(make, found, kin, rules, row):
    policy = make.policy(require=rules)
    before = decide(built(make, found, kin), policy).outcome
    after_ = decide(built(make, [*found, row], kin), policy).outcome
    assert after_ is not Decision.ADMIT or before is Decision.ADMIT
    assert before is not Decision.REFUSE or after_ is Decision.REFUSE


@calm
@given(found=rows, kin=parents, rules=requires, place=st.integers(0, 1))
def test_a_parent_that_becomes_unresolved_never_wins_admission(make, found, kin, rules, place):
    policy = make.policy(require=rules)
    before = decide(built(make, found, kin), policy).outcome
    stray = [*kin[:place], "unknown", *kin[place + 1 :]]
    assert decide(built(make, found, stray), policy).outcome is not Decision.ADMIT or before is Decision.ADMIT


@calm
@given(found=rows, kin=parents, rules=requires)
def test_what_is_unknown_never_admits_under_require(make, found, kin, rules):
    dossier = built(make, found, kin)
    asked = [rule for rule in rules if rule.replace(".", "").replace("_", "").isalpha()]
    verdict = decide(dossier, make.policy(require=rules))
    for rule in asked:
        group, name = rule.split(".")
        if name not in dossier.facts[group]:
            assert verdict.outcome is not Decision.ADMIT


@calm
@given(found=rows, kin=parents, rules=requires, declared=st.booleans())
def test_each_set_of_changes_flips_the_verdict_and_no_part_of_it_does(make, found, kin, rules, declared):
    dossier, policy = built(make, found, kin, declared=declared), make.policy(require=rules)
    verdict = decide(dossier, policy)
    against = {reason.name for reason in verdict.because}
    rules_against = [rule for rule in policy.rules if rule.name in against]
    groups = [repairs(dossier, rules_against), *threats(dossier, policy)]
    known = {change.sentence: change for group in groups for change in group}
    for flip in verdict.would_change_if:
        changes = [known[sentence] for sentence in flip.changes]
        assert after(dossier, policy, changes) is flip.verdict
        assert flip.verdict is not verdict.outcome
        for size in range(len(changes)):
            for part in combinations(changes, size):
                assert after(dossier, policy, part) is not flip.verdict

"""Statements -> five axes: what decides, what is only shown, and what stays unknown."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.dossier import ASSESSMENT, CLAIM, RESULT, Said, fold
from assay.finding import AXES, Axis, Confidence, Finding, Outcome, RuleId, Severity

calm = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

SUBJECT = "ab" * 32
OWN = {"own": True}
PINNED = {"signers": ("friend",), "pinned": True}
METRIC = {"name": "accuracy", "value": "0.62", "n": 160, "low": "0.55", "high": "0.69"}


def finding(rule="SEC101-x", axis="secure", outcome="fail", severity="high", message="It is bad.", **more):
    return Finding(RuleId(rule), Axis(axis), Outcome(outcome), Severity(severity), Confidence.HIGH, message, **more)


def assessment(*findings, digest="d1", facts=None, **trust):
    predicate = {"findings": [one.to_json() for one in findings], "facts": facts or {}}
    return Said(ASSESSMENT, predicate, SUBJECT, digest, **trust)


def result(*metrics, digest="d2", **trust):
    return Said(RESULT, {"benchmark": {"id": "tiny"}, "metrics": list(metrics)}, SUBJECT, digest, **trust)


def axis(said, name):
    return fold(SUBJECT, said).axis(Axis(name))


def test_nothing_said_leaves_all_five_unknown():
    dossier = fold(SUBJECT, [])
    assert [state.axis for state in dossier.axes] == list(AXES)
    assert {state.outcome for state in dossier.axes} == {Outcome.UNKNOWN}
    assert all("ok" not in dossier.facts[name.value] for name in AXES)
    assert all("worst" not in dossier.facts[name.value] for name in AXES)


def test_the_worst_finding_stands_first_and_the_rest_is_counted():
    state = axis(
        [assessment(
            finding(severity="medium", message="Not so bad."),
            finding(severity="critical", message="It calls posix.system."),
            finding(severity="low"),
            finding(outcome="unknown"),
            **OWN,
        )],
        "secure",
    )  # fmt: skip
    assert state.outcome is Outcome.FAIL
    assert state.reason == "It calls posix.system; 1 more fails; 1 is not judged; 1 note."
    assert state.worst is Severity.CRITICAL
    assert state.statements == ("d1",)


@pytest.mark.parametrize(
    ("findings", "outcome"),
    [
        ([finding(severity="medium")], "fail"),
        ([finding(severity="low"), finding(outcome="pass")], "pass"),
        ([finding(severity="low"), finding(outcome="unknown")], "unknown"),
        ([finding(outcome="pass"), finding(outcome="unknown")], "unknown"),
        ([finding(outcome="pass")], "pass"),
    ],
)
def test_outcome_of_an_axis(findings, outcome):
    assert axis([assessment(*findings, **OWN)], "secure").outcome == outcome


def test_only_own_and_pinned_statements_decide():
    stranger = assessment(finding(outcome="pass"), signers=("who",))
    dossier = fold(SUBJECT, [stranger, result(METRIC, signers=("who",))])
    assert dossier.axis(Axis.SECURE).outcome is Outcome.UNKNOWN
    assert dossier.axis(Axis.EVALUATED).outcome is Outcome.UNKNOWN
    assert len(dossier.evidence.aside) == 2
    assert "not signed by a key that is pinned" in dossier.evidence.aside[0]


def test_a_statement_about_another_revision_is_set_aside():
    dossier = fold("cd" * 32, [assessment(finding(outcome="pass"), **OWN)])
    assert dossier.axis(Axis.SECURE).outcome is Outcome.UNKNOWN
    assert "another revision" in dossier.evidence.aside[0]


def test_a_pinned_party_cannot_turn_an_own_failure_into_a_pass_and_the_dispute_shows():
    said = [assessment(finding(outcome="pass"), digest="f1", **PINNED), assessment(finding(), digest="o1", **OWN)]
    state = axis(said, "secure")
    assert state.outcome is Outcome.FAIL
    assert "disputed: SEC101-x is fail in assessment o1 and pass in f1" in state.reason


def test_a_pinned_party_adds_what_it_found_failing():
    said = [assessment(finding(outcome="pass"), digest="o1", **OWN), assessment(finding(), digest="f1", **PINNED)]
    state = axis(said, "secure")
    assert state.outcome is Outcome.FAIL
    assert state.statements == ("o1", "f1")
    assert "disputed" in state.reason


def test_two_parties_that_agree_count_once():
    said = [assessment(finding(), digest="o1", **OWN), assessment(finding(), digest="f1", **PINNED)]
    assert axis(said, "secure").reason == "It is bad."


def test_a_newer_assessment_by_the_same_voice_replaces_the_older():
    said = [assessment(finding(outcome="pass"), digest="new", **OWN), assessment(finding(), digest="old", **OWN)]
    dossier = fold(SUBJECT, said)
    assert dossier.axis(Axis.SECURE).outcome is Outcome.PASS
    assert dossier.evidence.aside == ("Assessment old was replaced by a newer one.",)


def test_evaluated_needs_a_result_about_this_revision():
    checked = assessment(finding("EVAL1-x", "evaluated", "pass"), **OWN)
    assert axis([checked], "evaluated").outcome is Outcome.UNKNOWN
    state = axis([checked, result(METRIC, **OWN)], "evaluated")
    assert state.outcome is Outcome.PASS
    assert state.reason == "tiny: accuracy 0.62 (interval 0.55 to 0.69, n = 160), self-run."
    assert state.statements == ("d1", "d2")


def test_a_result_answers_only_the_unknowns_that_say_so():
    none = finding("EVAL1-x", "evaluated", "unknown", message="No results.", detail={"answered_by": RESULT})
    loose = finding("EVAL2-x", "evaluated", "unknown", message="A claim is bound to nothing.")
    shown = result(METRIC, **PINNED)
    assert axis([assessment(none, **OWN)], "evaluated").reason == "No results."
    assert axis([assessment(none, **OWN), shown], "evaluated").outcome is Outcome.PASS
    state = axis([assessment(none, loose, **OWN), shown], "evaluated")
    assert state.outcome is Outcome.UNKNOWN
    assert state.reason.startswith("A claim is bound to nothing; shown all the same: tiny: accuracy 0.62")
    assert "signed by a pinned key" in state.reason


@pytest.mark.parametrize(
    "metric",
    [None, {}, {"name": "a"}, {"name": "a", "value": 0.5}, {"name": "a", "value": "NaN"},
     {"name": "a", "value": "1e999"}, {"name": 3, "value": "1"}, {"name": "a", "value": True},
     {"name": "a", "value": "9" * 99}],
)  # fmt: skip
def test_a_metric_that_is_no_number_shows_nothing(metric):
    assert axis([result(metric, **OWN)], "evaluated").outcome is Outcome.UNKNOWN


def test_provenance_passes_only_under_a_trusted_signature():
    unsigned = finding("PROV1-x", "provenance", "unknown", "info", "Nobody signed it.", detail={"answered_by": CLAIM})
    checked = assessment(unsigned, finding("PROV2-x", "provenance", "pass"), **OWN)
    claim = Said(CLAIM, {"claim": "publishes"}, SUBJECT, "c1", **PINNED)
    stranger = Said(CLAIM, {"claim": "publishes"}, SUBJECT, "c2", signers=("who",))
    assert axis([checked], "provenance").outcome is Outcome.UNKNOWN
    assert axis([checked, stranger], "provenance").outcome is Outcome.UNKNOWN
    assert axis([checked, claim], "provenance").outcome is Outcome.PASS
    assert axis([claim], "provenance").outcome is Outcome.UNKNOWN
    assert fold(SUBJECT, [checked, claim]).facts["signers"] == ["friend"]


def test_provenance_without_a_signature_is_unknown_even_when_every_check_passes():
    state = axis([assessment(finding("PROV2-x", "provenance", "pass"), **OWN)], "provenance")
    assert state.outcome is Outcome.UNKNOWN
    assert state.reason == "No trusted key says who publishes this."


def test_facts_hold_no_key_for_what_is_not_known():
    facts = {"licence": {"declared": "mit", "id": None, "text_present": True}, "weights": {"data_only": "yes"}}
    found = fold(SUBJECT, [assessment(finding(), facts=facts, **OWN)]).facts
    assert found["licence"] == {"declared": "mit", "text_present": True}
    assert found["weights"] == {}
    assert found["lineage"] == {"parents": []}
    assert found["secure"] == {"ok": False, "worst": "high"}


def test_a_list_too_long_for_a_policy_is_missing_as_a_whole():
    many = [finding(f"SEC{number}-x") for number in range(501)]
    assert "findings" not in fold(SUBJECT, [assessment(*many, **OWN)]).facts


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["findings", "facts", "rule", "axis", "outcome", "licence", "lineage", "weights", "formats", "metrics", "name",
         "value", "benchmark", "claim", "ci"]), inner, max_size=4),
    max_leaves=15,
)  # fmt: skip


@calm
@given(st.sampled_from([ASSESSMENT, RESULT, CLAIM, "else"]), st.dictionaries(
    st.sampled_from(["findings", "facts", "metrics", "benchmark", "claim"]), json_values))  # fmt: skip
def test_any_json_as_a_predicate_folds_and_never_passes(kind, predicate):
    dossier = fold(SUBJECT, [Said(kind, predicate, SUBJECT, "d1", own=True)])
    assert all(state.outcome is Outcome.UNKNOWN for state in dossier.axes if state.axis is not Axis.EVALUATED)


findings = st.lists(
    st.builds(
        finding,
        st.sampled_from(["A1-x", "A2-x", "A3-x"]),
        st.sampled_from([axis.value for axis in AXES]),
        st.sampled_from(["pass", "fail", "unknown"]),
        st.sampled_from([severity.value for severity in Severity]),
    ),
    max_size=8,
)


@calm
@given(findings, findings, findings)
def test_more_findings_never_improve_an_axis(own, foreign, more):
    before = fold(SUBJECT, [assessment(*own, **OWN), assessment(*foreign, digest="f", **PINNED)])
    after = fold(SUBJECT, [assessment(*own, **OWN), assessment(*foreign, *more, digest="f", **PINNED)])
    alone = fold(SUBJECT, [assessment(*own, **OWN)])
    for first, second, third in zip(alone.axes, before.axes, after.axes, strict=True):
        if first.outcome is Outcome.FAIL:
            assert second.outcome is Outcome.FAIL
        if first.findings and first.outcome is not Outcome.PASS:
            assert second.outcome is not Outcome.PASS
        if second.outcome is Outcome.FAIL and first.findings:
            assert third.outcome is Outcome.FAIL

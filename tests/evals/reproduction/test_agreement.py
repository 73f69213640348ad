"""Agreement is shown, never assumed: what differs is listed, and not to see a difference is no agreement."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evals.reproduction.answers import flipped, leaves
from tests.evals.reproduction.members import result_of

from assay.errors import EvaluationError
from assay.evals.reproduction.agreement import Kind, by_roots, compare, settled

ELSEWHERE = ("environment.arch",)
ANSWERS = leaves(1000)


def kind(first, second, **options):
    return compare(first, second, **({"sampled": False} | options)).kind


def test_the_same_answers_agree_exactly():
    found = compare(ANSWERS, ANSWERS, sampled=False)
    assert (found.kind, found.identical, found.discordant) == (Kind.EXACT, 1000, ())
    assert found.reason == "all 1,000 answers are the same, bit for bit"


def test_in_the_same_surroundings_one_other_answer_is_a_dispute():
    assert kind(ANSWERS, flipped(ANSWERS, [7])) is Kind.DISPUTED
    same_score = leaves(1000, said=lambda at: "other words")
    assert kind(ANSWERS, same_score) is Kind.DISPUTED


def test_elsewhere_one_in_a_hundred_may_fall_either_way_and_is_listed():
    found = compare(ANSWERS, flipped(ANSWERS, range(10)), sampled=False, differs_in=ELSEWHERE)
    assert (found.kind, found.identical) == (Kind.ITEM_LEVEL, 990)
    assert found.discordant[1] == ("q00001", "0", "1")
    assert found.reason == "10 of 1,000 answers differ, 10 of them in score"
    assert kind(ANSWERS, flipped(ANSWERS, range(11)), differs_in=ELSEWHERE) is Kind.DISPUTED


def test_elsewhere_words_may_differ_where_scores_do_not_but_not_most_of_them():
    for share, expected in ((2, Kind.ITEM_LEVEL), (3, Kind.ITEM_LEVEL), (1, Kind.DISPUTED)):
        other = leaves(1000, said=lambda at, share=share: f"answer {at} {int(at % 2 == 0)}" if at % share else "x")
        assert kind(ANSWERS, other, differs_in=ELSEWHERE) is expected


def test_what_differs_must_not_favour_one_side():
    """Ten of a thousand, all in favour of the first: within 1 %, and no accident."""
    found = compare(ANSWERS, flipped(ANSWERS, range(0, 20, 2)), sampled=False, differs_in=ELSEWHERE)
    assert found.kind is Kind.DISPUTED
    assert "favour one side (10 to 0)" in found.reason


def test_the_means_must_lie_within_the_margin():
    found = compare(
        ANSWERS, flipped(ANSWERS, range(0, 10, 2)), sampled=False, differs_in=ELSEWHERE, margin=Decimal("0.004")
    )
    assert found.kind is Kind.DISPUTED
    assert "further apart than 0.004" in found.reason


def test_statistics_do_not_save_determined_answers():
    """3 % falsified both ways leave the mean alone; a test of equivalence would be content."""
    found = compare(ANSWERS, flipped(ANSWERS, range(30)), sampled=False, differs_in=ELSEWHERE, margin=Decimal("0.05"))
    assert found.kind is Kind.DISPUTED
    sampled = compare(ANSWERS, flipped(ANSWERS, range(30)), sampled=True, margin=Decimal("0.05"))
    assert sampled.kind is Kind.EQUIVALENT


def test_not_significantly_different_is_not_agreement():
    few = leaves(30)
    found = compare(few, flipped(few, [0, 1]), sampled=True)
    assert found.kind is Kind.NOT_JUDGED
    assert not found.kind.agrees
    assert found.equivalence is not None
    assert found.reason == "30 samples neither show a difference nor rule out one of 0.01"
    assert kind(ANSWERS, flipped(ANSWERS, range(0, 100, 2)), sampled=True) is Kind.DISPUTED


def test_other_questions_are_a_dispute():
    assert kind(ANSWERS, ANSWERS[:-1]) is Kind.DISPUTED
    assert kind(leaves(5), flipped(leaves(6), [5])[1:], differs_in=ELSEWHERE) is Kind.DISPUTED


def test_what_differs_is_settled_by_a_third_on_the_processor_of_the_first():
    second = flipped(ANSWERS, [3, 10])
    found = compare(ANSWERS, second, sampled=False, differs_in=ELSEWHERE)
    assert settled(found, {leaf.sample: leaf for leaf in ANSWERS})
    assert not settled(found, {leaf.sample: leaf for leaf in flipped(ANSWERS, [3])})
    with pytest.raises(EvaluationError, match="not all samples that differ were run: q00010"):
        settled(found, {"q00003": ANSWERS[3]})


def test_where_only_roots_are_known_the_same_root_agrees_and_another_is_not_judged():
    first, second = result_of(ANSWERS), result_of(flipped(ANSWERS, [3]))
    assert by_roots(first, result_of(ANSWERS)).kind is Kind.EXACT
    assert by_roots(first, second).kind is Kind.NOT_JUDGED


def test_what_cannot_be_compared_is_refused():
    for first, second, margin in (((), (), "0.01"), (ANSWERS, (), "0.01"), (ANSWERS, ANSWERS, "0")):
        with pytest.raises(EvaluationError):
            compare(first, second, sampled=False, margin=Decimal(margin))


@given(st.sets(st.integers(0, 199)), st.booleans(), st.sampled_from([(), ELSEWHERE]))
@settings(max_examples=60, deadline=None)
def test_agreement_does_not_depend_on_who_is_first(places, sampled, differs_in):
    one, two = leaves(200), flipped(leaves(200), places)
    there = compare(one, two, sampled=sampled, differs_in=differs_in)
    back = compare(two, one, sampled=sampled, differs_in=differs_in)
    assert (there.kind, there.identical) == (back.kind, back.identical)
    assert there.identical + len(there.discordant) == 200
    assert (there.kind is Kind.EXACT) == (not places)

"""What a round needs next: nobody reveals while another runs, and it ends with a majority or not at all."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.evals.benchmark import shipped
from assay.evals.pooling import (
    MOST_RUNS,
    Outcome,
    Standing,
    Step,
    Stood,
    asked,
    model_digests,
    next_step,
    request_id,
    stood,
)
from assay.evals.reproduction import Kind

HELD, COMMITTED, REVEALED = Standing
SAME, OTHER, NEAR = Kind.EXACT, Kind.DISPUTED, Kind.ITEM_LEVEL


def kinds(groups):
    """How runs compare of which those with one letter found the same."""
    return {(a, b): SAME if groups[a] == groups[b] else OTHER for a, b in combinations(range(len(groups)), 2)}


def revealed(groups, **more):
    return next_step([REVEALED] * len(groups), kinds(groups), **more)


@pytest.mark.parametrize(
    ("standings", "step"),
    [
        ([], Step("run")),
        ([HELD], Step()),
        ([COMMITTED], Step("rerun")),
        ([COMMITTED, HELD], Step()),
        ([COMMITTED, COMMITTED], Step(reveal=True)),
        ([REVEALED, COMMITTED], Step(reveal=True)),
        ([REVEALED, REVEALED, HELD], Step()),
    ],
)
def test_all_commit_before_any_reveals(standings, step):
    assert next_step(standings, {}) == step


@pytest.mark.parametrize(
    ("groups", "step"),
    [
        ("aa", Step(over=Outcome.AGREED)),
        ("ab", Step("rerun")),
        ("aba", Step("rerun")),
        ("abaa", Step(over=Outcome.AGREED)),
        ("abca", Step("rerun")),
        ("abcdaaaa", Step(over=Outcome.AGREED)),
        ("abcdefgh", Step(over=Outcome.DISPUTED)),
    ],
)
def test_it_ends_when_one_more_agree_than_dispute(groups, step):
    assert revealed(groups) == step


def test_without_anybody_to_draw_it_ends_as_it_is():
    assert next_step([COMMITTED], {}, may_draw=False) == Step(reveal=True)
    assert next_step([REVEALED], {}, may_draw=False) == Step(over=Outcome.UNCONFIRMED)
    assert revealed("ab", may_draw=False) == Step(over=Outcome.DISPUTED)


def test_what_differs_as_it_may_elsewhere_is_settled_once():
    near = {(0, 1): NEAR}
    assert next_step([REVEALED] * 2, near) == Step("settle")
    assert next_step([REVEALED] * 2, near, may_draw=False) == Step(over=Outcome.AGREED)
    assert next_step([REVEALED] * 3, {(0, 1): NEAR, (0, 2): SAME, (1, 2): NEAR}, settled=True).over is Outcome.AGREED


def test_who_stands_alone_against_two_is_faulty():
    assert stood(3, kinds("aab")) == [Stood(1, 1), Stood(1, 1), Stood(0, 2)]
    assert [one.faulty for one in stood(3, kinds("aab"))] == [False, False, True]
    assert not any(one.faulty for one in stood(2, kinds("ab")))
    assert not any(one.faulty for one in stood(4, kinds("aabb")))


@given(st.lists(st.sampled_from("abcd"), min_size=2, max_size=MOST_RUNS), st.booleans())
@settings(max_examples=100, deadline=None)
def test_agreed_always_has_a_majority_and_no_round_goes_on_for_ever(groups, may_draw):
    step = revealed(groups, may_draw=may_draw)
    most = max(groups.count(letter) for letter in "abcd")
    if step.over is Outcome.AGREED:
        assert most - 1 > len(groups) - most
    elif step.part is None:
        assert step.over is Outcome.DISPUTED
        assert not may_draw or len(groups) == MOST_RUNS


def test_what_is_asked_for_depends_on_model_and_benchmark_alone():
    suite, model = shipped("next-letter"), {"dirhash": "1" * 64, "weights_digest": "2" * 64}
    one, two = (asked(request_id("1" * 64, "3" * 64, salt), suite, model) for salt in (b"a", b"b"))
    assert one.conditions == two.conditions
    assert one.round != two.round
    assert model_digests([])["dirhash"] == model_digests([])["weights_digest"]

"""The lot of an audit cannot be steered, is drawn once, and finds out who falsified."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evals.reproduction.answers import flipped, leaves

from assay.errors import EvaluationError, VerificationError
from assay.evals.reproduction.audit import (
    Checkpoint,
    audit,
    audit_seed,
    detection,
    drawn,
    first_after,
    verify_drawn,
)
from assay.evals.reproduction.sealing import Binding, opening, sealed_root

ROOT = "ab" * 32
LATER = Checkpoint(12, "cd" * 32)
ALICE = Binding("a" * 64, "0" * 64, "c" * 64)


def test_the_seed_needs_a_checkpoint_later_than_the_commitment_and_depends_on_both():
    seeds = {audit_seed(ROOT, 5, LATER), audit_seed("00" * 32, 5, LATER), audit_seed(ROOT, 5, LATER._replace(size=13))}
    assert len(seeds) == 3
    for size in (5, 6):
        with pytest.raises(VerificationError, match="not later"):
            audit_seed(ROOT, 5, LATER._replace(size=size))


def test_it_is_the_first_checkpoint_after_so_that_nobody_may_choose():
    heads = [Checkpoint(size, "0" * 64) for size in (20, 6, 7, 30)]
    assert first_after(5, heads) == heads[2]
    assert first_after(29, heads) is None


@given(st.integers(1, 300), st.integers(1, 80), st.integers(0, 2**64))
@settings(max_examples=60, deadline=None)
def test_as_many_different_places_as_asked_are_drawn(of, m, number):
    found = drawn(f"{number:064x}", of, m)
    assert len(set(found)) == len(found) == min(m, of)
    assert list(found) == sorted(found)
    assert 0 <= found[0] <= found[-1] < of


def test_every_place_is_drawn_alike():
    counts = Counter(place for number in range(2000) for place in drawn(f"{number:064x}", 20, 5))
    assert all(400 < counts[place] < 600 for place in range(20))


def test_sixty_samples_find_five_percent_with_more_than_95_percent():
    assert detection(50, 1000) > 0.95
    assert detection(5, 100) > 0.98
    assert detection(10, 1000) < 0.5
    assert detection(1, 60) == 1.0
    with pytest.raises(EvaluationError):
        drawn("0" * 64, 0)


def test_who_falsified_five_percent_is_found_out_as_often_as_computed():
    true = leaves(400)
    said = flipped(true, range(20))
    found = {leaf.sample: leaf for leaf in true}
    caught = 0
    for number in range(300):
        shown = [said[at] for at in drawn(f"{number:064x}", 400)]
        caught += not audit(shown, found, same_surroundings=True).agreed
    assert abs(caught / 300 - detection(20, 400)) < 0.03


def test_the_drawn_leaves_are_shown_without_the_others():
    answers, salt, seed = leaves(300), bytes(range(32)), "12" * 32
    root = sealed_root(answers, ALICE, salt)
    shown = [opening(answers, ALICE, salt, at) for at in drawn(seed, 300, 7)]
    assert verify_drawn(root, ALICE, seed, shown, of=300, m=7) == tuple(answers[at] for at in drawn(seed, 300, 7))
    for wrong in (shown[:-1], shown[::-1], [*shown[:-1], opening(answers, ALICE, salt, 0)]):
        with pytest.raises(VerificationError, match="not those that were drawn"):
            verify_drawn(root, ALICE, seed, wrong, of=300, m=7)
    at = shown[0].place
    lied = [shown[0]._replace(leaf=flipped(answers, [at])[at]), *shown[1:]]
    with pytest.raises(VerificationError, match="another root"):
        verify_drawn(root, ALICE, seed, lied, of=300, m=7)


def test_elsewhere_one_near_tie_is_let_pass_and_two_are_not():
    true = leaves(60)
    found = {leaf.sample: leaf for leaf in true}
    assert audit(flipped(true, [3]), found, same_surroundings=False).agreed
    assert not audit(flipped(true, [3]), found, same_surroundings=True).agreed
    failed = audit(flipped(true, [3, 4]), found, same_surroundings=False)
    assert (failed.agreed, failed.reason) == (False, "2 of 60 drawn samples differ")
    assert failed.samples[3] == ("q00003", "1", "0")


def test_an_audit_runs_what_was_drawn():
    true = leaves(4)
    with pytest.raises(EvaluationError, match="q00003"):
        audit(true, {leaf.sample: leaf for leaf in true[:3]}, same_surroundings=True)
    with pytest.raises(EvaluationError, match="none was drawn"):
        audit((), {}, same_surroundings=True)

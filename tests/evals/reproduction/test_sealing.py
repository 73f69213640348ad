"""A commitment binds answers to one key and one round, tells nothing about them, and opens in one way only."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evals.reproduction.answers import flipped, leaves

from assay.canonical import canonical_json
from assay.errors import StatementError, VerificationError
from assay.evals.reproduction.leaves import from_log, leaves_of, plain_root
from assay.evals.reproduction.sealing import Binding, Opening, opening, sealed_root, verify_opening, verify_reveal
from assay.statements.fields import Field

SALT = bytes(range(32))
ALICE = Binding("a" * 64, "0" * 64, "c" * 64)
MALLORY = ALICE._replace(keyid="b" * 64)
ANSWERS = leaves(23)
ROOT = sealed_root(ANSWERS, ALICE, SALT)


def test_what_was_committed_to_opens():
    verify_reveal(ROOT, ALICE, SALT, ANSWERS)
    for at in range(len(ANSWERS)):
        verify_opening(ROOT, ALICE, opening(ANSWERS, ALICE, SALT, at))


@pytest.mark.parametrize(
    "stolen",
    [MALLORY, ALICE._replace(round="1" * 64), ALICE._replace(conditions="d" * 64)],
    ids=["another key", "another round", "another benchmark"],
)
def test_a_copied_root_with_copied_salt_and_answers_opens_to_nothing(stolen):
    with pytest.raises(VerificationError, match="not what was committed"):
        verify_reveal(ROOT, stolen, SALT, ANSWERS)
    with pytest.raises(VerificationError, match="another root"):
        verify_opening(ROOT, stolen, opening(ANSWERS, ALICE, SALT, 3))


@given(st.sets(st.integers(0, 22), min_size=1))
@settings(max_examples=50, deadline=None)
def test_other_answers_do_not_open_it(places):
    with pytest.raises(VerificationError):
        verify_reveal(ROOT, ALICE, SALT, flipped(ANSWERS, places))


def test_fewer_answers_another_order_or_salt_do_not_open_it():
    for answers, salt in ((ANSWERS[:-1], SALT), (ANSWERS[::-1], SALT), (ANSWERS, bytes(32))):
        with pytest.raises(VerificationError):
            verify_reveal(ROOT, ALICE, salt, answers)


def test_one_bit_of_answer_cannot_be_guessed_from_the_root_or_from_another_opening():
    """A guesser who knows all but the salt tries both answers and gets two roots, neither of which is the one."""
    one = leaves(1)
    root = sealed_root(one, ALICE, SALT)
    guessed = {sealed_root(guess, ALICE, bytes(32)) for guess in (one, flipped(one, [0]))}
    assert root not in guessed
    assert root != plain_root(one)
    shown = opening(ANSWERS, ALICE, SALT, 4)
    with pytest.raises(VerificationError):
        verify_opening(ROOT, ALICE, shown._replace(place=5, leaf=ANSWERS[5]))
    assert shown.blind != opening(ANSWERS, ALICE, SALT, 5).blind


@given(st.integers(1, 40), st.data())
@settings(max_examples=50, deadline=None)
def test_an_opening_holds_only_for_its_leaf_place_and_size(n, data):
    answers = leaves(n)
    at = data.draw(st.integers(0, n - 1))
    root, shown = sealed_root(answers, ALICE, SALT), opening(answers, ALICE, SALT, at)
    verify_opening(root, ALICE, Opening.read(Field(shown.to_json(), "opening")))
    for wrong in (
        shown._replace(of=n + 1),
        shown._replace(place=at + 1),
        shown._replace(leaf=flipped(answers, [at])[at]),
        shown._replace(blind="0" * 64),
        shown._replace(proof=(*shown.proof, "0" * 64)),
    ):
        with pytest.raises(VerificationError):
            verify_opening(root, ALICE, wrong)


def test_a_salt_is_32_bytes_and_there_is_something_to_commit_to():
    with pytest.raises(StatementError, match="32 bytes"):
        sealed_root(ANSWERS, ALICE, b"short")
    with pytest.raises(StatementError, match="nothing to commit"):
        sealed_root((), ALICE, SALT)


def test_a_sample_log_gives_its_leaves_whatever_else_stands_in_it():
    lines = [canonical_json(one.to_json() | {"text": "said"}) + b"\n" for one in ANSWERS]
    assert from_log(lines) == ANSWERS
    with pytest.raises(StatementError, match="'score' is missing"):
        from_log([b'{"sample": "a", "input": "", "output": "", "stop": ""}'])
    with pytest.raises(StatementError, match="not in order"):
        from_log([*lines, lines[0]])
    with pytest.raises(StatementError, match="not in order"):
        from_log([])


def test_leaves_are_read_strictly():
    assert leaves_of(Field([one.to_json() for one in ANSWERS], "leaves")) == ANSWERS
    for change in ({"score": "high"}, {"output": "x"}, {"stop": ""}, {"more": "1"}):
        with pytest.raises(StatementError, match=r"leaves\[0\]"):
            leaves_of(Field([ANSWERS[0].to_json() | change], "leaves"))
    assert dataclasses.replace(ANSWERS[0], score="error").value is None

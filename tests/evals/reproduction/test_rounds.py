"""Who copies, comes late, commits twice or shows something else brings nothing into a round."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evals.reproduction.answers import flipped, leaves
from tests.evals.reproduction.members import LEASE, Log, Member

from assay.errors import StatementError, VerificationError
from assay.evals.reproduction.leaves import plain_root
from assay.evals.reproduction.rounds import Placed, commit, gather, open_up

ALICE, BOB, EVE = Member("alice"), Member("bob"), Member("eve")


def keys(log):
    found = gather(log.placed[0].predicate["round"], log.placed)
    return [one.keyid for one in found.contributions], " ".join(found.aside), found


def test_all_who_commit_before_the_first_reveal_count():
    log = Log()
    for member in (ALICE, BOB):
        member.commit(log)
    for member in (BOB, ALICE):
        member.reveal(log)
    counted, aside, found = keys(log)
    assert (sorted(counted), aside, found.withheld) == (sorted([ALICE.keyid, BOB.keyid]), "", ())
    assert found.contributions[0].leaves == leaves()


def test_a_commitment_after_the_first_reveal_is_late():
    log = Log()
    ALICE.commit(log)
    ALICE.reveal(log)
    EVE.commit(log)
    EVE.reveal(log)
    counted, aside, _ = keys(log)
    assert counted == [ALICE.keyid]
    assert "came after the first reveal, when answers could be copied" in aside


def test_a_copied_root_cannot_be_opened_by_the_copier():
    log = Log()
    ALICE.commit(log)
    EVE.answers, EVE.result = ALICE.answers, ALICE.result
    stolen = ALICE.commitment.predicate | {"keyid": EVE.keyid}
    EVE.commitment = log.add(EVE.sign(ALICE.commitment.said.statement._replace(predicate=stolen)))
    ALICE.reveal(log)
    with pytest.raises(VerificationError, match="not what was committed to"):
        open_up(stolen, ALICE.answers, commitment_digest=EVE.commitment.said.digest,
                result_digest=ALICE.result.digest, salt=ALICE.salt)  # fmt: skip
    shown = log.placed[-2].said.statement
    log.add(EVE.sign(shown._replace(predicate=shown.predicate | {"commitment": EVE.commitment.said.digest})))
    counted, aside, found = keys(log)
    assert counted == [ALICE.keyid]
    assert "the result that it names is not here, signed by the same key" in aside
    EVE.publish(log)
    assert EVE.keyid in found.withheld


def test_the_copied_commitment_itself_signed_by_another_is_nobodys():
    log = Log()
    ALICE.commit(log)
    log.add(EVE.sign(ALICE.commitment.said.statement))
    ALICE.reveal(log)
    counted, aside, found = keys(log)
    assert counted == [ALICE.keyid]
    assert "not signed by the key that it names" in aside
    assert found.withheld == ()


def test_who_commits_twice_shows_neither_and_its_reveal_still_ends_the_round():
    log = Log()
    EVE.commit(log, flipped(leaves(), [1]))
    EVE.commit(log)
    EVE.reveal(log)
    BOB.commit(log)
    BOB.reveal(log)
    counted, aside, _ = keys(log)
    assert counted == []
    assert f"Key {EVE.keyid[:12]} committed 2 times" in aside
    assert "after the first reveal" in aside


def test_who_never_reveals_is_named():
    log = Log()
    for member in (ALICE, BOB):
        member.commit(log)
    ALICE.reveal(log)
    assert keys(log)[2].withheld == (BOB.keyid,)


def test_what_is_in_no_log_counts_for_its_maker_alone():
    log = Log()
    ALICE.commit(log, logged=False)
    ALICE.reveal(log, logged=False)
    counted, aside, _ = keys(log)
    assert counted == []
    assert "is not in the log" in aside
    log.placed = [one._replace(own=True) for one in log.placed]
    assert keys(log)[0] == [ALICE.keyid]


def test_a_reveal_that_names_another_result_is_set_aside():
    log = Log()
    ALICE.commit(log)
    ALICE.result = ALICE.sign(ALICE.publish(log, flipped(leaves(), [0])).said.statement)
    ALICE.reveal(log)
    counted, aside, _ = keys(log)
    assert counted == []
    assert "another than the one committed to" in aside


def test_answers_must_be_those_of_the_result():
    predicate = ALICE.publish(Log()).predicate
    with pytest.raises(StatementError, match="not those of the result"):
        commit(predicate, flipped(leaves(), [0]), keyid=ALICE.keyid, opened_by=LEASE, salt=ALICE.salt)


@given(st.permutations(range(6)))
@settings(max_examples=30, deadline=None)
def test_the_order_in_which_statements_are_told_changes_nothing(order):
    log = Log()
    for member in (ALICE, BOB):
        member.commit(log)
    for member in (ALICE, BOB):
        member.reveal(log)
    id_ = log.placed[0].predicate["round"]
    assert gather(id_, [log.placed[at] for at in order]) == gather(id_, log.placed)


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_nothing_odd_in_a_statement_makes_it_count(data):
    log = Log()
    ALICE.commit(log)
    ALICE.reveal(log)
    at = data.draw(st.integers(0, 1))
    name = data.draw(st.sampled_from(sorted(log.placed[at].predicate)))
    odd = {"margin": "0.5", "samples": 7, "leaves": [], "model": {"dirhash": "9" * 64, "weights_digest": "9" * 64}}
    one = log.placed[at]
    said = one.said.statement._replace(predicate=one.predicate | {name: odd.get(name, "9" * 64)})
    log.placed[at] = Placed(dataclasses.replace(one.said, statement=said), one.place)
    id_ = plain_root(leaves()) if name == "round" else log.placed[1 - at].predicate["round"]
    found = gather(id_, log.placed)
    assert found.contributions == () or name in ("margin", "samples", "opened_by")

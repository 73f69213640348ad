"""A level is earned step by step, by independent evidence only; disputes stay in sight; nobody deletes another's."""

import pytest
from tests.evals.reproduction.answers import flipped, leaves
from tests.evals.reproduction.members import LEASE, MANIFEST, MODEL, Log, Member

from assay.evals.reproduction.audit import Checkpoint
from assay.evals.reproduction.auditing import audit_statement
from assay.evals.reproduction.held import Held
from assay.evals.reproduction.leaves import plain_root
from assay.evals.reproduction.rounds import gather
from assay.evals.reproduction.trust import Level, trust
from assay.statements.log import Reason
from assay.statements.predicates import agreement

ALICE, BOB, CAROL, DAVE, EVE = members = [Member(name) for name in ("alice", "bob", "carol", "dave", "eve")]
OPERATORS = {one.keyid: one.name for one in members}
HELD = Held(OPERATORS, {MODEL, MANIFEST})
LOGS = Held(OPERATORS, {MODEL, MANIFEST}, {plain_root(leaves()): leaves()})


def in_a_round(*parts, late=()):
    """A round of members with their answers and surroundings; returns the log."""
    log = Log()
    for member, answers, *surroundings in parts:
        member.commit(log, answers, **(surroundings[0] if surroundings else {}))
    for member, *_ in parts:
        member.reveal(log)
    return log


def level(member, log, held=HELD):
    return trust(member.published, log.placed, held)


def test_a_number_alone_is_claimed_and_with_answers_logged_and_with_its_objects_bound():
    log = Log()
    published = ALICE.publish(log)
    assert trust(published, log.placed, HELD).level is Level.CLAIMED
    assert trust(published, log.placed, Held(logs=LOGS.logs)).level is Level.LOGGED
    assert trust(published, log.placed, Held(logs=LOGS.logs, digests={MODEL})).level is Level.LOGGED
    found = trust(published, log.placed, LOGS)
    assert (found.level, found.word, found.disputed) == (Level.BOUND, "bound", False)
    assert found.reasons == (
        "Logged: its number recomputes from the answers of every sample.",
        "Bound: model and benchmark are those held here.",
        "Not reproduced: no independent evaluator's run counts yet",
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"metrics": [{"name": "accuracy", "value": "0.510000", "n": 100}]}, "does not recompute"),
        ({"metrics": [{"name": "f1", "value": "0.4", "n": 100}]}, "does not recompute as the mean of the scores"),
    ],
)
def test_a_number_that_does_not_recompute_stays_claimed(change, why):
    published = ALICE.publish(Log())
    published.predicate.update(change)
    found = trust(published, [published], LOGS)
    assert found.level is Level.CLAIMED
    assert why in found.reasons[0]


def test_a_model_behind_an_address_is_never_above_logged():
    published = ALICE.publish(Log())
    published.predicate["model"] = {"endpoint": "https://example.org", "name": "closed", "format": "endpoint"}
    assert trust(published, [published], LOGS).level is Level.LOGGED


def test_one_independent_evaluator_reproduces_it():
    log = in_a_round((ALICE, leaves()), (BOB, leaves()))
    for member in (ALICE, BOB):
        found = level(member, log)
        assert (found.level, found.word) == (Level.REPRODUCED, "reproduced")
    assert "exact" in found.reasons[-1]


def test_two_on_differing_hardware_are_more_and_on_the_same_are_not():
    log = in_a_round(*((one, leaves(), {"cpu": one.name}) for one in (ALICE, BOB, CAROL)))
    assert level(ALICE, log).word == "reproduced x 2"
    log = in_a_round(*((one, leaves(), {"cpu": "the same"}) for one in (ALICE, BOB, CAROL)))
    assert level(ALICE, log).word == "reproduced"
    log = in_a_round(*((one, leaves(), {"cpu": "unknown"}) for one in (ALICE, BOB, CAROL)))
    assert level(ALICE, log).word == "reproduced"


def test_another_key_of_the_same_operator_and_a_stranger_raise_nothing():
    log = in_a_round((ALICE, leaves()), (BOB, leaves()))
    same = Held(OPERATORS | {BOB.keyid: "alice"}, HELD.digests)
    assert level(ALICE, log, same).level is Level.BOUND
    assert "repeats and no more" in level(ALICE, log, same).reasons[-1]
    for keyid in (ALICE.keyid, BOB.keyid):
        known = {one: name for one, name in OPERATORS.items() if one != keyid}
        found = level(ALICE, log, Held(known, HELD.digests))
        assert found.level is Level.BOUND
        assert "not known here who they are" in found.reasons[-1]


def test_a_dispute_holds_it_down_until_more_agree_than_dispute():
    wrong = flipped(leaves(), [3])
    log = in_a_round((ALICE, leaves()), (EVE, wrong))
    for member in (ALICE, EVE):
        found = level(member, log)
        assert (found.level, found.disputed) == (Level.BOUND, True)
    log = in_a_round((ALICE, leaves()), (EVE, wrong), (BOB, leaves()))
    assert level(ALICE, log).level is Level.BOUND
    log = in_a_round((ALICE, leaves()), (EVE, wrong), (BOB, leaves()), (CAROL, leaves()))
    assert (level(ALICE, log).level, level(ALICE, log).disputed) == (Level.REPRODUCED, True)
    assert (level(EVE, log).level, len(level(EVE, log).disputing)) == (Level.BOUND, 3)


def test_a_stranger_cannot_hold_a_result_down():
    stranger = Member("stranger")
    log = in_a_round((ALICE, leaves()), (stranger, flipped(leaves(), [3])), (BOB, leaves()))
    found = level(ALICE, log)
    assert (found.level, found.disputed) == (Level.REPRODUCED, False)
    assert any("disputed" in reason for reason in found.reasons)


def test_an_exact_copy_of_a_public_result_raises_nothing():
    log = Log()
    published = ALICE.publish(log)
    EVE.commit(log, opened_by=published.said.digest)
    EVE.reveal(log)
    found = trust(published, log.placed, LOGS)
    assert found.level is Level.BOUND
    assert "public before, and could have been copied" in found.reasons[-1]


def test_a_new_round_about_what_is_public_already_closes_nothing():
    log = in_a_round((ALICE, leaves()), (BOB, leaves()))
    for member in (CAROL, EVE):
        member.commit(log, opened_by="5" * 64)
    for member in (CAROL, EVE):
        member.reveal(log)
    found = level(CAROL, log)
    assert (found.level, found.disputed) == (Level.BOUND, False)
    assert "public before, and could have been copied" in found.reasons[-1]


def test_a_changed_copy_is_a_copy():
    """One sample turned, and a strange machine claimed: alike enough to agree, and yet of another root."""
    for first, raised in ((True, False), (False, True)):
        log = Log()
        if first:
            DAVE.publish(log, leaves(400))
        ALICE.commit(log, leaves(400))
        BOB.commit(log, flipped(leaves(400), [1]), cpu="strange")
        for member in (ALICE, BOB):
            member.reveal(log)
        assert (level(ALICE, log).level is Level.REPRODUCED) is raised


def test_a_stranger_who_publishes_rubbish_first_does_not_spoil_a_round():
    log = Log()
    Member("stranger").publish(log, leaves(said=lambda at: "rubbish"))
    for member in (ALICE, BOB):
        member.commit(log)
    for member in (ALICE, BOB):
        member.reveal(log)
    assert level(ALICE, log).level is Level.REPRODUCED
    log.placed.insert(0, Member("thief").publish(Log()))
    assert level(ALICE, log).level is Level.BOUND


def test_an_operator_who_commits_by_two_keys_counts_for_nothing():
    log = Log()
    for member in (ALICE, BOB, EVE):
        member.commit(log, flipped(leaves(), [1]) if member is EVE else leaves())
    for member in (ALICE, BOB):
        member.reveal(log)
    assert level(ALICE, log).level is Level.REPRODUCED
    held = Held(OPERATORS | {EVE.keyid: "bob"}, HELD.digests)
    found = level(ALICE, log, held)
    assert found.level is Level.BOUND
    assert "committed more than once" in found.reasons[-1]


def test_a_dispute_of_a_public_result_counts_for_nobody_copies_that():
    log = Log()
    published = ALICE.publish(log)
    BOB.commit(log, flipped(leaves(), [2]), opened_by=published.said.digest)
    BOB.reveal(log)
    assert trust(published, log.placed, LOGS).disputed


def test_a_result_whose_answers_were_given_out_after_the_commitment_is_reproduced():
    log = Log()
    published = ALICE.publish(log)
    BOB.commit(log, opened_by=published.said.digest)
    BOB.reveal(log)
    for place, raised in ((1, False), (2, True)):
        held = Held(OPERATORS, HELD.digests, LOGS.logs, {published.said.digest: place})
        assert (trust(published, log.placed, held).level is Level.REPRODUCED) is raised


def test_what_the_reader_ran_was_not_copied():
    log = Log()
    published = ALICE.publish(log)
    BOB.commit(log, opened_by=published.said.digest, logged=False, own=True)
    BOB.reveal(log, logged=False, own=True)
    assert trust(published, log.placed, LOGS).level is Level.REPRODUCED


def fresh_round(log, other_answers, evaluator_answers, manifest="7" * 64):
    """Eve copies a public result, and then has to run samples that nobody could have had before."""
    published = ALICE.publish(log)
    EVE.commit(log, opened_by=published.said.digest)
    first = EVE.commitment.said.digest
    EVE.reveal(log)
    EVE.commit(log, evaluator_answers, opened_by=first, manifest=manifest)
    BOB.commit(log, other_answers, opened_by=first, manifest=manifest)
    EVE.reveal(log)
    BOB.reveal(log)
    held = Held(OPERATORS, HELD.digests, LOGS.logs, fresh={first: "7" * 64}.get)
    return trust(published, log.placed, held)


def test_a_public_result_rises_by_agreement_on_fresh_samples():
    true = leaves(60, said=lambda at: f"fresh {at}")
    assert fresh_round(Log(), true, true).level is Level.REPRODUCED
    assert fresh_round(Log(), true, leaves(60, said=lambda at: "invented")).level is Level.BOUND
    assert fresh_round(Log(), true, true, manifest="8" * 64).level is Level.BOUND


def test_a_round_about_another_benchmark_says_nothing_about_the_result():
    log = Log()
    published = ALICE.publish(log)
    EVE.commit(log, leaves(7), opened_by=published.said.digest, manifest="9" * 64)
    EVE.reveal(log)
    found = trust(published, log.placed, LOGS)
    assert (found.others, found.disputed) == ((), False)


CHECKPOINTS = (Checkpoint(30, "ef" * 32), Checkpoint(31, "ee" * 32))


def audited(by, found, *, checkpoint=CHECKPOINTS[0], surroundings=None, **changes):
    """A round of Alice and Bob, and an audit of Alice's part; returns the trust in her result."""
    log = in_a_round((ALICE, leaves()), (BOB, leaves()))
    mine = next(it for it in gather(log.placed[0].predicate["round"], log.placed).contributions
                if it.keyid == ALICE.keyid)  # fmt: skip
    rows = {leaf.sample: leaf for leaf in found}
    said = audit_statement(mine, checkpoint, rows, surroundings or ALICE.result.statement.predicate)
    log.add(by.sign(said._replace(predicate=said.predicate | changes)))
    return level(ALICE, log, Held(OPERATORS, HELD.digests, checkpoints=CHECKPOINTS))


def test_an_audit_that_agrees_is_told_and_raises_nothing_by_itself():
    found = audited(CAROL, leaves())
    assert [(operator, one.agreed) for operator, one in found.audits] == [("carol", True)]
    assert (found.level, len(found.agreeing)) == (Level.REPRODUCED, 1)
    assert "Audited by lot by carol: 0 of 60 drawn samples differ." in found.reasons


def test_an_audit_that_fails_is_a_dispute():
    found = audited(CAROL, flipped(leaves(), range(100)))
    assert (found.level, found.disputing) == (Level.BOUND, {"carol"})


@pytest.mark.parametrize(
    "audit",
    [
        lambda: audited(ALICE, leaves()),
        lambda: audited(Member("stranger"), flipped(leaves(), range(100))),
        lambda: audited(CAROL, flipped(leaves(), range(100)), checkpoint=CHECKPOINTS[1]),
        lambda: audited(CAROL, flipped(leaves(), range(100)), seed="0" * 64),
        lambda: audited(CAROL, leaves(), samples=[{"sample": "q00001", "said": "0", "found": "1"}]),
    ],
    ids=["one's own", "a stranger's", "a checkpoint that was chosen", "another seed", "samples that were chosen"],
)
def test_an_audit_that_could_be_steered_is_not_heard(audit):
    found = audit()
    assert (found.audits, found.level) == ((), Level.REPRODUCED)


def test_a_signed_agreement_alone_raises_nothing():
    log = Log()
    published = ALICE.publish(log)
    said = {
        "round": "0" * 64, "first": {"result": published.said.digest, "merkle_root": "0" * 64},
        "second": {"result": "1" * 64, "merkle_root": "0" * 64}, "kind": "exact", "reason": "We say so.", "n": 100,
        "identical": 100, "discordant": [], "differs_in": [], "margin": "0.01", "equivalence": None, "copyable": False,
    }  # fmt: skip
    log.add(BOB.sign(published.said.statement._replace(predicate_type=agreement.TYPE, predicate=said)))
    assert trust(published, log.placed, LOGS).level is Level.BOUND


def test_a_retraction_marks_ones_own_and_changes_nothing_for_others():
    log = in_a_round((ALICE, leaves()), (BOB, leaves()))
    before = level(BOB, log)
    ALICE.retract(log, ALICE.result.digest)
    after = level(ALICE, log)
    assert (after.level, after.retracted) == (Level.REPRODUCED, Reason.ERROR)
    assert level(BOB, log) == before
    EVE.retract(log, BOB.result.digest)
    assert level(BOB, log) == before


def test_more_statements_by_others_never_lower_what_stands_unless_they_dispute():
    log = in_a_round((ALICE, leaves()), (BOB, leaves()))
    DAVE.commit(log)
    DAVE.reveal(log)
    DAVE.publish(log, flipped(leaves(), [1]))
    CAROL.commit(log, opened_by=LEASE)
    assert level(ALICE, log).level is Level.REPRODUCED

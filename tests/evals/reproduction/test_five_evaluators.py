"""Honest, copied, altered, stale and lazy evaluators in one round: the honest agree, all others are found."""

import random

import pytest
from tests.evals.reproduction.answers import flipped, leaves
from tests.evals.reproduction.members import MANIFEST, MODEL, Log, Member

from assay.errors import VerificationError
from assay.evals.reproduction import Held, Level, gather, open_up, trust

N = 400
TRUE = leaves(N)
DICE = random.Random(6)
LAZY = flipped(TRUE, [at for at in range(N // 2, N) if DICE.random() < 0.5])
STALE = flipped(TRUE, DICE.sample(range(N), 20))
ALTERED = flipped(TRUE, range(1, 13, 2))
"""Six of four hundred turned, all in the result's favour."""

ANNA, BEN, ALTERS, IS_STALE, IS_LAZY, COPIES = MEMBERS = [
    Member(name) for name in ("anna", "ben", "alters", "stale", "lazy", "copies")
]
HELD = Held({one.keyid: one.name for one in MEMBERS}, {MODEL, MANIFEST})


@pytest.fixture(scope="module", params=["the same", "another"])
def log(request):
    """A round of all; `ben` runs on the same or another processor, the dishonest claim one that nobody has."""
    log = Log()
    ben = TRUE if request.param == "the same" else flipped(TRUE, [17])
    ANNA.commit(log, TRUE, cpu="one")
    BEN.commit(log, ben, cpu="one" if request.param == "the same" else "two")
    for member, answers in ((ALTERS, ALTERED), (IS_STALE, STALE), (IS_LAZY, LAZY)):
        member.commit(log, answers, cpu=f"of {member.name}")
    stolen = ANNA.commitment.predicate | {"keyid": COPIES.keyid}
    COPIES.commitment = log.add(COPIES.sign(ANNA.commitment.said.statement._replace(predicate=stolen)))
    for member in (ANNA, BEN, ALTERS, IS_STALE, IS_LAZY):
        member.reveal(log)
    return log


def found(log, member):
    return trust(member.published, log.placed, HELD)


def test_the_honest_agree_with_each_other(log):
    agreeing = {other.operator for other in found(log, ANNA).others if other.agreement.kind.agrees}
    assert agreeing == {"ben"}


@pytest.mark.parametrize("member", [ALTERS, IS_STALE, IS_LAZY], ids=lambda member: member.name)
def test_each_dishonest_result_is_disputed_by_all_others_and_never_rises(log, member):
    trusted = found(log, member)
    assert trusted.level is Level.BOUND
    assert len(trusted.disputing) == 4


def test_who_copied_the_commitment_has_nothing_to_open_it_with(log):
    with pytest.raises(VerificationError):
        open_up(COPIES.commitment.predicate, TRUE, commitment_digest="0" * 64, result_digest="0" * 64, salt=ANNA.salt)
    ended = gather(ANNA.commitment.predicate["round"], log.placed)
    assert ended.withheld == (COPIES.keyid,)
    assert COPIES.keyid not in {one.keyid for one in ended.contributions}


def test_who_comes_after_the_reveal_with_the_answers_is_late(log):
    later = Log()
    later.placed = list(log.placed)
    COPIES.commit(later, TRUE, cpu="one")
    COPIES.reveal(later)
    ended = gather(ANNA.commitment.predicate["round"], later.placed)
    assert COPIES.keyid not in {one.keyid for one in ended.contributions}


def test_the_honest_result_rises_once_more_agree_than_dispute():
    log = Log()
    third = Member("third")
    for member, answers in ((ANNA, TRUE), (BEN, TRUE), (third, TRUE), (ALTERS, ALTERED)):
        member.commit(log, answers, cpu=f"of {member.name}")
    for member in (ANNA, BEN, third, ALTERS):
        member.reveal(log)
    held = Held(dict(HELD.operators) | {third.keyid: "third"}, HELD.digests)
    trusted = trust(ANNA.published, log.placed, held)
    assert (trusted.word, trusted.disputed) == ("reproduced x 2", True)

"""A lease is for one key, one thing and a time; the lot falls on the independent, the same for all who draw it."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from tests.evals.reproduction.answers import leaves
from tests.evals.reproduction.members import Log, Member, result_of

from assay.errors import EvaluationError, StatementError
from assay.evals.pooling import Runner, allowed, check_commitment, draw_runner, lease, wanted
from assay.statements.predicates import validate

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
REQUEST = "4" * 64
ALICE = Member("alice")
WANTED = wanted(REQUEST, result_of(leaves()))
LEASE = lease(WANTED, ALICE.keyid, "rerun", expires=NOW + timedelta(hours=1), fence=2)
RUNNERS = [Runner(f"{at:064x}", f"operator {at // 2}", f"cpu {at % 3}") for at in range(10)]


def committed(**options):
    return ALICE.commit(Log(), opened_by=REQUEST, **options).predicate


def check(said, held=LEASE.predicate, signers=(ALICE.keyid,), now=NOW, fence=2):
    check_commitment(held, said, signers, now=now, fence=fence)


def test_a_lease_is_a_statement_and_what_is_committed_under_it_is_taken():
    validate(LEASE)
    assert LEASE.predicate["expires"] == "2026-11-22T11:00:00Z"
    assert committed()["round"] == WANTED.round
    check(committed())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"signers": ("b" * 64,)}, "another evaluator's"),
        ({"now": NOW + timedelta(hours=2)}, "ended at 2026-11-22T11:00:00Z"),
        ({"fence": 3}, "given to someone else"),
        ({"held": LEASE.predicate | {"keyid": "b" * 64}}, "another evaluator's"),
        ({"held": LEASE.predicate | {"request": "b" * 64}}, "another request"),
        ({"held": LEASE.predicate | {"model": {"dirhash": "b" * 64, "weights_digest": "b" * 64}}}, "another model"),
    ],
)
def test_what_was_not_asked_for_or_comes_too_late_is_refused(changes, says):
    with pytest.raises(StatementError, match=says):
        check(committed(), **changes)


def test_another_benchmark_is_another_round():
    with pytest.raises(StatementError, match="another round"):
        check(committed(manifest="9" * 64))


def test_a_closed_model_and_a_time_without_zone_are_refused():
    closed = result_of(leaves()) | {"model": {"endpoint": "https://example.org", "name": "x", "format": "endpoint"}}
    with pytest.raises(StatementError, match="at an address"):
        wanted(REQUEST, closed)
    with pytest.raises(EvaluationError, match="known zone"):
        lease(WANTED, ALICE.keyid, "run", expires=datetime(2026, 1, 1), fence=1)  # noqa: DTZ001


def test_nobody_has_two_parts_and_the_asker_confirms_nothing():
    first, same, other = RUNNERS[0], RUNNERS[1], RUNNERS[2]
    assert not allowed("rerun", same, [first], "somebody")
    assert allowed("rerun", other, [first], "somebody")
    assert not allowed("rerun", other, [first], other.operator)
    assert allowed("run", other, [], other.operator)


def test_the_lot_falls_on_each_alike_and_the_same_for_all():
    first = RUNNERS[0]
    drawn = [draw_runner("rerun", f"{seed:064x}", RUNNERS, [first], "somebody") for seed in range(800)]
    counts = Counter(drawn)
    assert {one.operator for one in counts} == {f"operator {at}" for at in range(1, 5)}
    assert all(60 < count < 140 for count in counts.values())
    assert draw_runner("rerun", "7" * 64, RUNNERS[::-1], [first], "somebody") == draw_runner(
        "rerun", "7" * 64, RUNNERS, [first], "somebody"
    )
    assert draw_runner("rerun", "7" * 64, RUNNERS[:2], [first], "somebody") is None


def test_what_differs_is_settled_on_the_processor_of_the_first_if_there_is_one():
    for seed in range(50):
        assert draw_runner("settle", f"{seed:064x}", RUNNERS, RUNNERS[:1], "somebody").processor == "cpu 0"
    assert draw_runner("settle", "0" * 64, RUNNERS[4:6], RUNNERS[3:4], "somebody") is not None

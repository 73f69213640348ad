"""Nobody starves, nobody holds up the rest, and every hour given is an hour received."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.evals.pooling import Entry, Request, accounts, forecast, next_request, owed

MEMBERS = ["anna", "ben", "cleo", "dan"]
FLOOR = 10.0

entries = st.lists(
    st.builds(
        Entry, at=st.floats(0, 100), giver=st.sampled_from(MEMBERS), receiver=st.sampled_from(MEMBERS),
        hours=st.floats(0, 50),
    ),
    max_size=20,
)  # fmt: skip
served = st.dictionaries(st.sampled_from(MEMBERS), st.floats(0, 100))


def requests(most=25):
    rows = st.tuples(st.sampled_from(MEMBERS), st.floats(0, 100), st.floats(0.1, 20))
    return st.lists(rows, max_size=most).map(lambda found: [Request(f"r{at:03}", *row) for at, row in enumerate(found)])


def test_who_received_least_comes_first_and_with_all_alike_who_asked_first():
    ledger = [Entry(0, "anna", "ben", 5)]
    waiting = [Request("1", "ben", 0, 1), Request("2", "cleo", 1, 1), Request("3", "anna", 2, 1)]
    order = [one.request.member for one in forecast(waiting, ledger, {}, 3, floor=FLOOR)]
    assert order == ["anna", "cleo", "ben"]
    order = [one.request.id for one in forecast(waiting, [], {}, 3, floor=FLOOR)]
    assert order == ["1", "2", "3"]


def test_nothing_waits_nothing_is_next():
    assert next_request([], [], {}, 0) is None


def test_one_with_a_thousand_requests_holds_up_nobody():
    flood = [Request(f"f{at}", "anna", at / 1000, 1) for at in range(1000)]
    waiting = [*flood, Request("one", "ben", 2, 1)]
    by_id = {one.request.id: one for one in forecast(waiting, [], {}, 2, floor=FLOOR)[:20]}
    assert by_id["one"].turns <= 1
    late = {one.request.id: one for one in forecast(waiting, [Entry(0, "anna", "ben", 999)], {}, 2, floor=FLOOR)[:20]}
    assert late["one"].begins <= 2 + FLOOR + 1


def test_a_stream_of_new_members_holds_up_nobody_who_waits_already():
    """Each hour two new members come, all with more credit than anna, who waits from the start."""
    waiting = [Request("anna", "anna", 0, 1)]
    last, now = {}, 0.0
    ledger = [Entry(0, "hub", "anna", 1000)]
    while True:
        waiting += [Request(f"n{now}{side}", f"new {now}{side}", now, 1) for side in "ab"]
        one = next_request(waiting, ledger, last, now, floor=FLOOR)
        waiting.remove(one)
        last[one.member] = now
        if one.member == "anna":
            break
        now += 1
    assert now <= FLOOR + 1


@given(requests(), entries, served, st.floats(100, 200), st.floats(0, 40))
@settings(max_examples=100, deadline=None)
def test_the_oldest_overdue_request_begins_within_its_bound_whoever_asks_later(waiting, ledger, last, now, floor):
    """An adversary adds a request of a member with the best balance and of a stranger after every turn."""
    overdue = sorted((one for one in waiting if now - one.asked >= floor), key=lambda one: (one.asked, one.id))
    oldest = {one.member: one for one in reversed(overdue)}
    last = {name: min(at, now) for name, at in last.items()}
    left, ledger = list(waiting), [*ledger, Entry(now, "rich", "hub", 1e6)]
    due = set(oldest.values())
    for turn in range(len(oldest)):
        one = next_request(left, ledger, last, now, floor=floor)
        left.remove(one)
        due.discard(one)
        last[one.member] = now
        now += 1
        left += [Request(f"x{turn}", "rich", now, 1), Request(f"y{turn}", f"stranger {turn}", now, 1)]
    assert not due


@given(requests(), entries, served, st.floats(100, 200), st.floats(0, 40))
@settings(max_examples=60, deadline=None)
def test_every_request_begins_however_many_of_its_member_come_before(waiting, ledger, last, now, floor):
    """One member asks anew after every turn; all the others' requests begin all the same."""
    left, ledger = [one for one in waiting if one.member != "rich"], [*ledger, Entry(now, "rich", "hub", 1e6)]
    last = {name: min(at, now) for name, at in last.items()}
    turns = 0
    while any(one.member != "rich" for one in left):
        one = next_request(left, ledger, last, now, floor=floor)
        left.remove(one)
        last[one.member] = now
        turns, now = turns + 1, now + 1
        left.append(Request(f"x{turns}", "rich", now, 1))
    assert turns <= floor + 1 + 2 * len(waiting) + 1


@given(requests(), entries, served, st.floats(100, 200), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_a_forecast_begins_every_request_once_and_in_order(waiting, ledger, last, now, runners):
    found = forecast(waiting, ledger, last, now, runners=runners, floor=FLOOR)
    assert sorted(one.request for one in found) == sorted(waiting)
    assert [one.turns for one in found] == list(range(len(waiting)))
    assert all(one.begins <= two.begins for one, two in pairwise(found))
    with pytest.raises(ValueError, match="nothing ever begins"):
        forecast(waiting, ledger, last, now, runners=0)


@given(requests(), entries, served, st.floats(100, 200), st.randoms())
@settings(max_examples=60, deadline=None)
def test_the_order_of_the_rows_changes_nothing(waiting, ledger, last, now, dice):
    shuffled = dice.sample(waiting, len(waiting))
    assert next_request(waiting, ledger, last, now) == next_request(shuffled, ledger, last, now)


@given(entries)
@settings(max_examples=60, deadline=None)
def test_what_is_given_is_received_and_old_entries_weigh_less(ledger):
    found = accounts(ledger)
    assert math.isclose(sum(one.given for one in found.values()), sum(one.received for one in found.values()))
    for now in (100.0, 1000.0):
        assert math.isclose(sum(owed(ledger, now).values()), 0, abs_tol=1e-6)
    assert max(map(abs, owed(ledger, 20_000).values()), default=0) < 1e-3


def test_an_account_says_when_something_was_last_received():
    found = accounts([Entry(3, "anna", "ben", 2), Entry(1, "cleo", "ben", 4), Entry(2, "ben", "ben", 1)])
    assert found["ben"] == (1, 7, 3)
    assert found["anna"] == (2, 0, None)

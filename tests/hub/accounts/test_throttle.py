"""Waits grow, are forgotten, and never take more memory than they may."""

from hypothesis import given
from hypothesis import strategies as st

from assay.hub.accounts.throttle import Attempt, Throttle, known_browser

SECRET = b"s" * 32
HERE = Attempt("ada", "192.0.2.1")


def test_waits_double_up_to_a_bound_and_are_forgotten():
    throttle, now, waits = Throttle(), 1000, []
    for _ in range(20):
        wait = throttle.enter(HERE, now=now)
        waits.append(wait)
        now += wait
        assert throttle.enter(HERE, now=now) == 0 if wait else True
    grown = [wait for wait in waits if wait]
    assert grown[:4] == [1, 2, 4, 8]
    assert max(grown) == 300
    assert throttle.enter(HERE, now=now + 3600) == 0


def test_others_do_not_wait():
    throttle = Throttle()
    for _ in range(6):
        throttle.enter(HERE, now=1000)
    assert throttle.enter(HERE, now=1000) > 0
    mark = known_browser(SECRET, "ada")
    for other in (Attempt("bob", HERE.address), Attempt("ada", "192.0.2.2"), Attempt("ada", HERE.address, mark)):
        assert throttle.enter(other, now=1000) == 0


def test_addresses_of_one_network_are_one():
    throttle = Throttle()
    for number in range(5):
        throttle.enter(Attempt("ada", f"2001:db8::{number}"), now=1)
    assert throttle.enter(Attempt("ada", "2001:db8::ffff"), now=1) > 0
    assert throttle.enter(Attempt("ada", "2001:db8:0:1::1"), now=1) == 0
    for _ in range(5):
        throttle.enter(Attempt("bob", "::ffff:192.0.2.1"), now=1)
    assert throttle.enter(Attempt("bob", "192.0.2.1"), now=1) > 0


def test_an_address_that_tries_everybody_waits_though_its_own_account_is_right():
    throttle = Throttle()
    for number in range(50):
        assert throttle.enter(Attempt(f"user{number}", HERE.address), now=1) == 0
    assert throttle.enter(Attempt("own", HERE.address), now=1) == 1
    assert throttle.enter(Attempt("own", HERE.address), now=2) == 0
    throttle.succeeded(Attempt("own", HERE.address))
    assert throttle.enter(Attempt("next", HERE.address), now=2) > 0


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=40)), max_size=50))
def test_any_address_is_counted(attempts):
    throttle = Throttle()
    for account, address in attempts:
        throttle.enter(Attempt(account, address), now=1)


def test_counters_are_bounded(monkeypatch):
    monkeypatch.setattr("assay.hub.accounts.throttle._MOST", 100)
    throttle = Throttle()
    for number in range(1000):
        throttle.enter(Attempt("ada", f"10.0.{number // 250}.{number % 250}"), now=1)
    assert len(throttle._failures) == 100


@given(st.text(max_size=80), st.text(max_size=20))
def test_marks_are_for_one_account_and_cannot_be_made_up(forged, other):
    mark = known_browser(SECRET, "ada")
    assert known_browser(SECRET, "ada", mark) == mark
    assert known_browser(b"t" * 32, "ada", mark) is None
    if other != "ada":
        assert known_browser(SECRET, other, mark) is None
    if forged:
        assert known_browser(SECRET, "ada", forged) is None

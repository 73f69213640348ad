"""Requests, leases and hours as rows, on both databases: one change at a time, and nothing is counted twice."""

import pytest
from sqlalchemy import insert, true
from tests.make.hosted import hosted

from assay.errors import ConflictError, NotFoundError
from assay.statements.keys import PrivateKey
from assay.store import pooling, runners
from assay.store.pooling import Sent
from assay.store.tables import account

REQUEST = "a" * 64


@pytest.fixture
def host(database, tmp_path):
    return hosted(database, tmp_path)


@pytest.fixture
def people(host):
    found = {}
    for name in ("ann", "ben"):
        values = {"key": name, "name": name, "kind": "user", "full_name": name, "admin": False}
        with host.database.write() as connection:
            made = connection.execute(insert(account).values(**values, disabled=False, created=1))
            found[name] = made.inserted_primary_key[0]
    return found


@pytest.fixture
def asked(host, people):
    """A request of ann's, and ben's runner with a lease of its first part."""
    repo, key = host.repo(), PrivateKey.generate().public
    row = {
        "id": REQUEST, "repo_id": repo.id, "commit": "1" * 40, "dirhash": "2" * 64, "weights": "3" * 64,
        "benchmark": "next-letter", "manifest": "4" * 64, "asker": people["ann"], "asked": 3600, "expected": 1800,
    }  # fmt: skip
    with host.database.write() as connection:
        pooling.one_at_a_time(connection)
        pooling.ask(connection, row)
        runners.register(connection, key, people["ben"], operator="ben", processor="one", now=5)
        pooling.new_lease(connection, REQUEST, "run", key.keyid, until=100)
    return row, key


def test_the_same_is_not_asked_for_twice_while_it_waits(host, asked):
    row, _ = asked
    with host.database.write() as connection, pytest.raises(ConflictError, match="already"):
        pooling.ask(connection, {**row, "id": "b" * 64})
    with host.database.write() as connection:
        pooling.end(connection, REQUEST, "withdrawn", now=9)
        pooling.ask(connection, {**row, "id": "b" * 64})
        open_ = pooling.requests(connection, true(), state="open", limit=9)
        assert [(one.id[0], one.member, one.repo.full_name) for one in open_] == [("b", "ann", "org/model")]
        assert pooling.find_request(connection, REQUEST).state == "withdrawn"
        pooling.end(connection, REQUEST, "agreed", now=10)
        assert pooling.find_request(connection, REQUEST).state == "withdrawn"


def test_a_lease_changes_only_for_who_knows_it_as_it_is(host, asked):
    _, key = asked
    with host.database.write() as connection:
        one = pooling.lease_of(connection, key.keyid)
        held = pooling.change(connection, one, state="held", fence=pooling.next_fence(connection, REQUEST), taken=7200)
        assert (held.state, held.fence, held.live) == ("held", 2, True)
        with pytest.raises(ConflictError):
            pooling.change(connection, one, state="lost")
        assert pooling.lease_of(connection, key.keyid) == held
        shown = pooling.change(connection, held, state="revealed", sent=Sent(b"{}", b"[]"), log=b"x\n" * 999)
        assert pooling.lease_of(connection, key.keyid) is None
        assert pooling.sent_of(connection, shown.id) == Sent(b"{}", b"[]")
        assert pooling.log_of(connection, shown.id) == b"x\n" * 999
        pooling.change(connection, shown, state="public", sent=None, log=None)
        assert pooling.sent_of(connection, shown.id) is None
        assert pooling.served(connection) == {"ann": 7200.0}


def test_hours_are_entered_once_and_what_runs_counts_as_expected(host, asked, people):
    _, key = asked
    with host.database.write() as connection:
        one = pooling.lease_of(connection, key.keyid)
        pooling.change(connection, one, state="held", taken=7200)
        assert [tuple(entry) for entry in runners.entries(connection)] == [(2.0, "ben", "ann", 0.5)]
        for _ in range(2):
            runners.note_hours(connection, one.id, "next-letter", giver=people["ben"], receiver=people["ann"],
                               seconds=7200, now=10_800)  # fmt: skip
        assert [tuple(entry) for entry in runners.entries(connection, running=False)] == [(3.0, "ben", "ann", 2.0)]
        assert runners.earlier_seconds(connection, "next-letter") == 7200
        assert runners.earlier_seconds(connection, "other") is None


def test_a_key_stays_with_its_member_and_operator(host, asked, people):
    _, key = asked
    with host.database.write() as connection:
        again = runners.register(connection, key, people["ben"], operator="ben", processor="two", now=9)
        assert (again.processor, again.created, again.member) == ("two", 5, "ben")
        for user, operator in ((people["ben"], "lab"), (people["ann"], "ben")):
            with pytest.raises(ConflictError, match="is registered"):
                runners.register(connection, key, user, operator=operator, processor="two", now=9)
        runners.seen(connection, key.keyid, now=50)
        runners.mark_faulty(connection, "ben", now=60)
        runners.mark_faulty(connection, "ben", now=70)
        assert runners.registered(connection)[0][-2:] == (50, 60)
        runners.forgive(connection, key.keyid)
        assert runners.find_runner(connection, key.keyid).faulty is None


def test_what_is_not_there(host):
    with host.database.read() as connection:
        for find, name in ((runners.find_runner, "0" * 64), (pooling.find_request, "0" * 64), (pooling.find_lease, 7)):
            with pytest.raises(NotFoundError):
                find(connection, name)

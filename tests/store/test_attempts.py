"""What is wanted is done once, by one at a time, and what cannot be done is parked with the reason."""

import threading

import pytest
from sqlalchemy import func, select
from tests.make.hosted import hosted

from assay.errors import ConflictError, NotFoundError
from assay.store import attempts
from assay.store.attempts import claim, fail, find, finish, key_of, release, renew, unpark, want, want_missing
from assay.store.git.refs import create_ref
from assay.store.repos import delete_repo
from assay.store.tables import attempt


@pytest.fixture
def host(database, tmp_path):
    return hosted(database, tmp_path)


@pytest.fixture
def repo(host):
    return host.repo()


@pytest.fixture
def pushed(host, repo):
    return host.push(repo, {"README.md": b"# A\n"}, now=1000)


def take(host, now, lease=60.0):
    with host.database.write() as connection:
        return next(iter(claim(connection, now=now, lease=lease)), None)


def look(host, repo, commit):
    with host.database.read() as connection:
        return find(connection, repo.id, commit)


def do(host, work, *arguments, **named):
    with host.database.write() as connection:
        return work(connection, *arguments, **named)


def test_a_commit_is_wanted_once_however_often_it_is_asked_for(host, repo, pushed):
    assert do(host, want, repo.id, pushed, now=2000) == do(host, key_of, repo.id, pushed)
    with host.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(attempt)).scalar_one() == 1
    assert look(host, repo, pushed)[1:] == ("wanted", 0, None, None, True)


def test_a_new_version_of_code_or_rules_makes_a_new_attempt(host, repo, pushed, monkeypatch):
    one = take(host, 1000)
    do(host, finish, [(one, "isolated")], now=1001)
    monkeypatch.setattr(attempts, "version", lambda _: "0123456789abcdef-fedcba9876543210")
    assert not look(host, repo, pushed).present
    assert look(host, repo, pushed).state == "done"
    assert do(host, want_missing, 10, now=1002) == 1
    assert do(host, want_missing, 10, now=1002) == 0
    assert look(host, repo, pushed).state == "wanted"
    assert take(host, 1003).key != one.key


def test_only_tips_of_branches_are_asked_for_and_only_so_many(host, repo):
    first = host.push(repo, {"a": b"1"}, asked=False)
    second = host.push(repo, {"a": b"2"}, asked=False)
    do(host, create_ref, repo.id, "refs/tags/v1", first)
    assert do(host, want_missing, 10, now=1) == 1
    assert look(host, repo, first) is None
    assert look(host, repo, second).state == "wanted"
    do(host, create_ref, repo.id, "refs/heads/old", first)
    do(host, create_ref, repo.id, "refs/heads/older", first)
    third = host.push(repo, {"a": b"3"}, asked=False)
    assert do(host, want_missing, 1, now=1) == 1
    assert do(host, want_missing, 5, now=1) == 1
    assert {look(host, repo, first).state, look(host, repo, third).state} == {"wanted"}


def test_the_newest_is_taken_first_and_each_by_one_only(host, repo, pushed):
    later = host.push(repo, {"b": b"2"}, now=1005)
    assert [take(host, 1010).commit for _ in range(2)] == [later, pushed]
    assert take(host, 1010) is None


def test_what_is_not_closed_in_time_is_due_again_and_the_late_one_can_do_nothing(host, repo, pushed):
    late = take(host, 1000, lease=5)
    do(host, renew, [late], now=1004, lease=5)
    assert take(host, 1008) is None
    other = take(host, 1009.5)
    assert (other.key, other.fence, other.tries) == (late.key, late.fence + 1, 2)
    do(host, renew, [late], now=1009, lease=5000)
    do(host, release, late)
    assert not do(host, fail, late, "late", now=1009)
    with pytest.raises(ConflictError, match="lost"):
        do(host, finish, [(late, "isolated")], now=1009)
    assert look(host, repo, pushed).error is None
    do(host, finish, [(other, "isolated")], now=1010)
    with pytest.raises(ConflictError, match="lost"):
        do(host, finish, [(other, "isolated")], now=1010)
    assert look(host, repo, pushed)[1:5] == ("done", 2, None, "isolated")


def test_three_workers_that_vanish_park_what_they_took(host, repo, pushed):
    for now in (1000, 2000, 3000):
        assert take(host, now, lease=5).commit == pushed
    assert take(host, 3001) is None
    assert look(host, repo, pushed).state == "wanted"
    assert take(host, 4000) is None
    found = look(host, repo, pushed)
    assert (found.state, found.tries) == ("parked", 3)
    assert "no word" in found.error


def test_failures_wait_longer_each_time_and_the_third_parks_with_the_reason(host, repo, pushed):
    assert not do(host, fail, take(host, 1000), "out of memory", now=1000, pause=10)
    assert take(host, 1009.9) is None
    assert not do(host, fail, take(host, 1010), "out of memory\0", now=1010, pause=10)
    assert take(host, 1029.9) is None
    assert do(host, fail, take(host, 1030), "out of time", now=1030, pause=10)
    found = look(host, repo, pushed)
    assert (found.state, found.error) == ("parked", "out of time")
    assert take(host, 9999) is None


def test_what_is_parked_can_be_tried_anew(host, repo, pushed):
    for now in (1000, 2000, 3000):
        last = take(host, now)
        do(host, fail, last, "poison", now=now)
    do(host, unpark, last.key, now=4000)
    assert look(host, repo, pushed)[1:4] == ("wanted", 0, "poison")
    with pytest.raises(ConflictError):
        do(host, finish, [(last, "isolated")], now=4000)
    assert take(host, 4000).tries == 1
    for key in (last.key, "nothing", "a\0b"[:1]):
        with pytest.raises(NotFoundError, match="parked"):
            do(host, unpark, key, now=4000)


def test_what_is_given_back_was_never_tried(host, repo, pushed):
    do(host, release, take(host, 1000))
    assert look(host, repo, pushed).tries == 0
    assert take(host, 1000).tries == 1


def test_attempts_go_with_their_repo(host, repo, pushed):
    do(host, delete_repo, repo.id)
    assert take(host, 9999) is None


def test_many_workers_take_each_attempt_once(host, repo):
    wanted = {host.push(repo, {"a": b"%d" % number}) for number in range(24)}
    taken, lock = [], threading.Lock()

    def run():
        while some := host.database.transact(lambda connection: claim(connection, now=2000, most=2)):
            with lock:
                taken.extend(one.commit for one in some)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(wanted)

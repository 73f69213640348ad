"""What a repo may name: what it was sent, what its sender could read anyway, never what others keep to themselves."""

import pytest
from sqlalchemy import false, insert, select, true

from assay.errors import NoSpaceError
from assay.store.holdings import (
    Held,
    check_room,
    commit_xorbs,
    committed,
    hold,
    hold_xorb,
    mark_committed,
    usable,
    usable_xorbs,
    used,
)
from assay.store.repos import RepoType, create_repo, delete_repo
from assay.store.tables import account, holding, repo, xet_holding, xet_xorb
from assay.store.xet.hashes import chunk_hash

PUBLIC = repo.c.private == false()
ONE, TWO, THREE = (Held(f"{number}" * 64, 100 * number) for number in (1, 2, 3))
XORBS = [chunk_hash(bytes([number])) for number in range(4)]


@pytest.fixture
def connection(database):
    with database.write() as connection:
        yield connection


@pytest.fixture
def repos(connection):
    """Ids of ada's public repo, bob's public and eve's private one."""
    named = (("ada", "a", False), ("bob", "b", False), ("eve", "e", True))
    return [
        create_repo(connection, RepoType.MODEL, owner, name, private=private, now=1).id
        for owner, name, private in named
    ]


@pytest.fixture
def xorbs(connection):
    rows = [{"hash": name, "blob": "0" * 64, "length": 10, "chunks": b""} for name in XORBS]
    connection.execute(insert(xet_xorb), rows)
    return XORBS


def names(found):
    return sorted(found)


def test_what_a_repo_was_sent_it_may_name_and_no_other_may(connection, repos):
    ada, bob, _ = repos
    hold(connection, ada, [ONE, TWO, ONE])
    wanted = [one.sha256 for one in (ONE, TWO, THREE)]
    assert usable(connection, ada, wanted, PUBLIC) == {ONE.sha256: ONE, TWO.sha256: TWO}
    assert usable(connection, bob, wanted, PUBLIC) == {}
    assert usable(connection, bob, wanted, true()) == {}, "it is in no commit yet"


def test_what_was_committed_may_be_named_by_those_who_can_read_it(connection, repos):
    ada, bob, eve = repos
    hold(connection, bob, [ONE])
    hold(connection, eve, [TWO])
    for one in (bob, eve):
        mark_committed(connection, one, [ONE.sha256, TWO.sha256])
    wanted = [ONE.sha256, TWO.sha256]
    assert names(usable(connection, ada, wanted, PUBLIC)) == [ONE.sha256]
    assert names(usable(connection, ada, wanted, true())) == wanted
    assert names(usable(connection, eve, wanted, PUBLIC)) == wanted
    assert usable(connection, ada, wanted, false()) == {}


def test_only_what_is_in_commits_of_the_repo_is_read_from_it(connection, repos):
    ada, bob, _ = repos
    hold(connection, ada, [ONE, TWO])
    mark_committed(connection, ada, [ONE.sha256])
    assert committed(connection, ada, [ONE.sha256, TWO.sha256]) == {ONE.sha256: ONE}
    assert committed(connection, bob, [ONE.sha256]) == {}


def test_holding_again_changes_nothing(connection, repos):
    ada, *_ = repos
    hold(connection, ada, [ONE])
    mark_committed(connection, ada, [ONE.sha256])
    hold(connection, ada, [ONE])
    assert connection.execute(select(holding.c.committed)).scalars().all() == [True]


def test_xorbs_are_held_as_contents_are(connection, repos, xorbs):
    ada, bob, eve = repos
    hold_xorb(connection, ada, xorbs[0])
    hold_xorb(connection, ada, xorbs[0])
    hold_xorb(connection, bob, xorbs[1])
    commit_xorbs(connection, bob, [xorbs[1], xorbs[2]])
    commit_xorbs(connection, eve, [xorbs[3]])
    assert usable_xorbs(connection, ada, xorbs, PUBLIC) == set(xorbs[:3])
    assert usable_xorbs(connection, bob, xorbs, PUBLIC) == set(xorbs[1:3])
    assert usable_xorbs(connection, eve, xorbs, PUBLIC) == set(xorbs[1:])
    assert usable_xorbs(connection, ada, [], PUBLIC) == set()
    assert connection.execute(select(xet_holding)).all().__len__() == 4


def test_who_sent_a_xorb_may_use_it_in_any_repo(connection, repos, xorbs):
    ada, bob, eve = repos
    row = {"kind": "user", "full_name": "", "admin": False, "disabled": False, "created": 1}
    connection.execute(
        insert(account), [{"id": number, "key": f"{number}", "name": f"{number}", **row} for number in (7, 8)]
    )
    hold_xorb(connection, eve, xorbs[0], 7)
    hold_xorb(connection, eve, xorbs[0], 7)
    delete_repo(connection, eve)
    assert usable_xorbs(connection, ada, xorbs, PUBLIC, 7) == {xorbs[0]}
    assert usable_xorbs(connection, ada, xorbs, PUBLIC, 8) == set()
    assert usable_xorbs(connection, bob, xorbs, PUBLIC) == set()


def test_many_at_once(connection, repos):
    ada, *_ = repos
    many = [Held(f"{number:064x}", number) for number in range(2_500)]
    hold(connection, ada, many)
    mark_committed(connection, ada, (one.sha256 for one in many))
    wanted = [one.sha256 for one in many]
    assert len(usable(connection, ada, wanted, PUBLIC)) == len(committed(connection, ada, wanted)) == 2_500


def test_a_repo_that_is_gone_holds_nothing(connection, repos, xorbs):
    ada, bob, _ = repos
    hold(connection, bob, [ONE])
    mark_committed(connection, bob, [ONE.sha256])
    commit_xorbs(connection, bob, xorbs)
    delete_repo(connection, bob)
    assert usable(connection, ada, [ONE.sha256], true()) == {}
    assert usable_xorbs(connection, ada, xorbs, true()) == set()
    assert used(connection, "bob") == 0


def test_room_is_counted_by_owner(connection, repos):
    ada, bob, _ = repos
    second = create_repo(connection, RepoType.DATASET, "ada", "a", private=True, now=1).id
    hold(connection, ada, [ONE, TWO])
    hold(connection, second, [TWO])
    hold(connection, bob, [THREE])
    assert (used(connection, "ada"), used(connection, "bob"), used(connection, "nobody")) == (500, 300, 0)
    check_room(connection, "ada", 500, 1_000)
    check_room(connection, "ada", 10**18, None)
    with pytest.raises(NoSpaceError, match=r"ada holds 500 of 1,000 bytes; 501 more do not fit"):
        check_room(connection, "ada", 501, 1_000)


@pytest.mark.parametrize(("quota", "fits"), [(0, False), (99, False), (100, True), (None, False)])
def test_an_account_may_have_a_quota_of_its_own(connection, repos, quota, fits):
    row = {"key": "ada", "name": "ada", "kind": "user", "full_name": "", "admin": False, "disabled": False}
    connection.execute(insert(account).values(**row, quota=quota, created=1))
    if fits:
        check_room(connection, "ada", 100, 10)
    else:
        with pytest.raises(NoSpaceError):
            check_room(connection, "ada", 100, 10)

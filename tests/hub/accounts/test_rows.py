"""People, organisations, invitations and tokens as rows, on both databases, also when several change them at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from tests.store.conftest import database, sqlite_template, url  # noqa: F401  # fixtures

from assay.errors import AssayError, ConflictError, NotFoundError, UsageError
from assay.hub.accounts.invitations import accept, create_invitation, find_invitation
from assay.hub.accounts.organisations import (
    create_organisation,
    join,
    members,
    organisations_of,
    remove_member,
    set_member,
)
from assay.hub.accounts.people import add_person, describe, find_account, set_disabled
from assay.hub.accounts.roles import Role
from assay.hub.accounts.tokens import caller_of, create_token, list_tokens, note_use, revoke_token
from assay.store.tables import account


@pytest.fixture
def connection(database):  # noqa: F811
    with database.write() as opened:
        yield opened


def test_people_and_organisations_share_one_name_space(connection):
    ada = add_person(connection, "Ada", now=1)
    create_organisation(connection, "Lab", ada, now=1)
    for name in ("ADA", "ada", "lab"):
        with pytest.raises(ConflictError):
            add_person(connection, name, now=1)
        with pytest.raises(ConflictError):
            create_organisation(connection, name, ada, now=1)
    assert find_account(connection, "aDa").id == ada
    assert find_account(connection, "a\0da") is None


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a b", "a/b", "ä", "a\n", "-a", "x" * 97, "a--b", "API", "login", "a\0"]
)
def test_what_cannot_be_a_name(connection, name):
    with pytest.raises(UsageError):
        add_person(connection, name, now=1, reserved=frozenset({"api"}))


def test_the_last_administrator_stays(connection):
    ada, bob = add_person(connection, "ada", now=1), add_person(connection, "bob", now=1)
    lab = create_organisation(connection, "lab", ada, now=1)
    set_member(connection, lab, "bob", Role.ADMIN)
    set_disabled(connection, bob, disabled=True)
    for change in (
        lambda: remove_member(connection, lab, "ada"),
        lambda: set_member(connection, lab, "ada", Role.READ),
    ):
        with pytest.raises(ConflictError):
            change()
    set_disabled(connection, bob, disabled=False)
    set_member(connection, lab, "ada", Role.READ)
    with pytest.raises(ConflictError):
        remove_member(connection, lab, "bob")
    assert {one.name: one.role for one in members(connection, lab)} == {"ada": Role.READ, "bob": Role.ADMIN}
    assert [(one.name, one.role) for one in organisations_of(connection, ada)] == [("lab", Role.READ)]
    for nobody in ("eve", "lab"):
        with pytest.raises(NotFoundError):
            set_member(connection, lab, nobody, Role.READ)


def test_two_administrators_cannot_leave_at_the_same_time(database):  # noqa: F811
    with database.write() as opened:
        ada = add_person(opened, "ada", now=1)
        add_person(opened, "bob", now=1)
        lab = create_organisation(opened, "lab", ada, now=1)
        set_member(opened, lab, "bob", Role.ADMIN)

    def leave(name):
        try:
            database.transact(lambda opened: remove_member(opened, lab, name))
        except ConflictError as error:
            return str(error)
        return "gone"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(leave, ["ada", "bob"]))
    assert said == ["gone", "nobody else administers the organisation"]


def test_an_invitation_is_used_by_one_of_many(database):  # noqa: F811
    with database.write() as opened:
        people = [add_person(opened, f"p{number}", now=1) for number in range(6)]
        secret = create_invitation(opened, now=1, admin=True)
        create_invitation(opened, now=1, admin=True)

    def use(person):
        try:
            database.transact(lambda opened: accept(opened, secret, person, now=2))
        except NotFoundError:
            return 0
        return 1

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(use, people)) == 1
    with database.read() as opened:
        assert len(opened.execute(select(account.c.id).where(account.c.admin)).all()) == 1


def test_an_invitation_never_lowers_a_role(connection):
    ada, bob = add_person(connection, "ada", now=1), add_person(connection, "bob", now=1)
    lab = create_organisation(connection, "lab", ada, now=1)
    secret = create_invitation(connection, now=1, organisation_id=lab, role=Role.READ, lifetime=10)
    with pytest.raises(NotFoundError):
        find_invitation(connection, secret, now=11)
    accept(connection, secret, ada, now=10)
    join(connection, lab, bob, Role.WRITE)
    join(connection, lab, bob, Role.READ)
    assert [one.role for one in members(connection, lab)] == [Role.ADMIN, Role.WRITE]
    for lifetime in (0, -1, 91 * 86_400, 10**30):
        with pytest.raises(UsageError):
            create_invitation(connection, now=1, lifetime=lifetime)


def test_how_an_account_is_shown(connection):
    ada = add_person(connection, "ada", now=1, full_name=" Ada \n Lovelace ")
    assert find_account(connection, "ada").full_name == "Ada Lovelace"
    describe(connection, ada, full_name="", email="ada@example.org")
    assert find_account(connection, "ada").email == "ada@example.org"
    for wrong in ({"full_name": "x\x00"}, {"full_name": "x" * 101}, {"full_name": "", "email": "@"}):
        with pytest.raises(AssayError):
            describe(connection, ada, **wrong)


def test_a_token_from_its_making_to_its_end(connection):
    ada = add_person(connection, "ada", now=1, admin=True)
    made = create_token(connection, ada, "ci", Role.WRITE, now=100_000, expires=200_000)
    shown = caller_of(connection, made, now=100_000)
    assert (shown.caller.name, shown.caller.scope, shown.caller.admin, shown.unnoted) == (
        "ada",
        Role.WRITE,
        False,
        True,
    )
    note_use(connection, made, now=100_000)
    assert not caller_of(connection, made, now=100_001).unnoted
    assert caller_of(connection, made, now=180_000).unnoted
    assert caller_of(connection, made, now=200_000) is None
    (row,) = list_tokens(connection, ada)
    assert (row.name, row.scope, row.expires, row.used) == ("ci", "write", 200_000, 86_400)
    with pytest.raises(NotFoundError):
        revoke_token(connection, ada + 1, row.id)
    revoke_token(connection, ada, row.id)
    assert caller_of(connection, made, now=100_000) is None


@pytest.mark.parametrize(("name", "scope", "expires"), [("", Role.READ, None), ("x" * 101, Role.READ, None),
    ("a\0", Role.READ, None), ("x", Role.NONE, None), ("x", Role.READ, 1)])  # fmt: skip
def test_what_cannot_be_a_token(connection, name, scope, expires):
    ada = add_person(connection, "ada", now=1)
    with pytest.raises(UsageError):
        create_token(connection, ada, name, scope, now=1, expires=expires)


def test_nobody_has_tokens_without_end(connection, monkeypatch):
    monkeypatch.setattr("assay.hub.accounts.tokens._MOST", 2)
    ada = add_person(connection, "ada", now=1)
    for _ in range(2):
        create_token(connection, ada, "x", Role.READ, now=1)
    with pytest.raises(UsageError):
        create_token(connection, ada, "x", Role.READ, now=1)

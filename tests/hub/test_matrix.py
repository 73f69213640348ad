"""Every row of the route table against every kind of caller: what they may follows from the row alone."""

import inspect
import re
from typing import NamedTuple

import pytest
from tests.hub.conftest import Hub
from tests.make.in_process import InProcess

from assay.hub.accounts.people import set_disabled
from assay.hub.accounts.roles import Role
from assay.hub.accounts.sessions import COOKIE, create_session, form_token
from assay.hub.accounts.tokens import create_token, list_tokens, revoke_token
from assay.hub.answers import nothing
from assay.hub.routing import Needs, Router, discover

ROUTES = tuple(Router(discover("assay.hub.api", "assay.hub.pages")).routes)
PASSED = 204
"""What a route answers here once it is reached."""
NEEDED = {Needs.READ: Role.READ, Needs.WRITE: Role.WRITE, Needs.REPO_ADMIN: Role.ADMIN}


class Kind(NamedTuple):
    """A caller: what they are, and what they show."""

    name: str
    role: Role = Role.NONE
    """In the organisation `lab`."""
    scope: Role | None = Role.ADMIN
    """Of the token; None: a session."""
    hub_admin: bool = False
    form: bool = True
    """A session's requests carry the form token."""
    bad: bool = False
    """The token counts no more."""

    @property
    def known(self):
        return self.name != "anonymous" and not self.bad

    @property
    def reach(self):
        """How far what they show reaches."""
        return Role.ADMIN if self.scope is None else self.scope

    def role_over(self, *, private):
        least = Role.NONE if private else Role.READ
        return max(least, min(Role.ADMIN if self.runs_hub else self.role, self.reach)) if self.known else least

    @property
    def runs_hub(self):
        return self.hub_admin and self.reach is Role.ADMIN


KINDS = [
    Kind("anonymous", scope=Role.READ),
    Kind("stranger"),
    Kind("stranger by session", scope=None),
    *(Kind(f"member {role.name.lower()}", role) for role in (Role.READ, Role.WRITE, Role.ADMIN)),
    Kind("member admin by session", Role.ADMIN, scope=None),
    Kind("member admin by session without form token", Role.ADMIN, scope=None, form=False),
    Kind("owner", Role.ADMIN),
    *(Kind(f"owner, token to {scope.name.lower()}", Role.ADMIN, scope) for scope in (Role.READ, Role.WRITE)),
    Kind("boss", hub_admin=True),
    Kind("boss, token to write", hub_admin=True, scope=Role.WRITE),
    *(Kind(f"{state} token", Role.ADMIN, bad=True) for state in ("expired", "revoked", "garbage")),
    Kind("shut out", Role.ADMIN, bad=True),
]
OUTSIDERS = [kind for kind in KINDS if kind.role is Role.NONE and not kind.hub_admin and not kind.bad]


def expected(route, kind, *, private):
    """The status that follows from what the route needs and what the caller is."""
    if route.needs is Needs.ADDRESS:
        return PASSED
    if kind.bad:
        return 401
    if kind.scope is None and not kind.form and route.method not in ("GET", "HEAD"):
        return 403
    if about_repo(route):
        role = kind.role_over(private=private)
        if role < Role.READ:
            return 404
        if role < NEEDED[route.needs]:
            return 403 if kind.known else 401
    if route.needs in (Needs.ANYONE, Needs.READ):
        return PASSED
    if not kind.known:
        return 401
    if kind.reach < route.scope:
        return 403
    if route.needs is Needs.HUB_ADMIN:
        return PASSED if kind.runs_hub else 403
    if route.needs is Needs.ACCOUNT_ADMIN:
        return PASSED if kind.role_over(private=True) is Role.ADMIN else 403
    return PASSED


def about_repo(route):
    return "{repo}" in route.path or "{api_repo}" in route.path


def address(route, owner, name):
    path = route.path.replace("{api_repo}", f"models/{owner}/{name}").replace("{repo}", f"{owner}/{name}")
    path = path.replace("{account}", owner).replace("{rev}", "main").replace("{revision}", "main")
    return re.sub(r"\{\w+\*?\}", "some", path)


class Cast:
    """The people, what they show, and the hub they ask."""

    def __init__(self, hub):
        self.hub = hub
        hub.organisation("lab", reader="read", writer="write", chief="admin", gone="admin")
        hub.user("boss", admin=True)
        hub.user("shut")
        for owner in ("lab", "owner"):
            hub.repo(f"{owner}/opened")
            hub.repo(f"{owner}/closed", private=True)
        chief, stranger, now = hub.person("chief"), hub.person("stranger"), hub.node.now()
        with hub.node.database.write() as connection:
            self.expired = create_token(connection, chief, "old", Role.ADMIN, now=now, expires=now + 1)
            self.revoked = create_token(connection, chief, "lost", Role.ADMIN, now=now)
            revoke_token(connection, chief, list_tokens(connection, chief)[0].id)
            ids = {"chief": chief, "stranger": stranger}
            self.session = {name: create_session(connection, number, now=now) for name, number in ids.items()}
        self.shut = hub.token("shut")
        hub.shut_out("shut")
        hub.later(2)

    def place(self, kind):
        return "owner" if kind.name.startswith("owner") else "lab"

    def headers(self, kind):
        if kind.scope is None:
            cookie = self.session["stranger" if kind.name.startswith("stranger") else "chief"]
            shown = {"X-Form-Token": form_token(self.hub.node.config.secret, cookie)} if kind.form else {}
            return {"Cookie": f"{COOKIE}={cookie}", **shown}
        if kind.name == "anonymous":
            return {}
        bad = {
            "expired token": self.expired,
            "revoked token": self.revoked,
            "garbage token": "assay_garbage",
            "shut out": self.shut,
        }
        people = {"member read": "reader", "member write": "writer", "member admin": "chief"}
        who = people.get(kind.name, kind.name.partition(",")[0])
        token = bad[kind.name] if kind.bad else self.hub.token(who, kind.scope)
        return {"Authorization": f"Bearer {token}"}


class MatrixHub(Hub):
    def shut_out(self, name):
        person = self.person(name)
        with self.node.database.write() as connection:
            set_disabled(connection, person, disabled=True)

    def later(self, seconds):
        started = self.node.clock
        object.__setattr__(self.node, "clock", lambda: started() + seconds)


@pytest.fixture(scope="module")
def cast(tmp_path_factory):
    hub = MatrixHub(tmp_path_factory.mktemp("matrix") / "hub")
    yield Cast(hub)
    hub.stop()


@pytest.fixture(scope="module")
def real(cast):
    asked = InProcess(cast.hub.node)
    yield asked
    asked.close()


@pytest.fixture(scope="module")
def gates(cast):
    """The application with every door in place, and behind each the same empty room."""

    async def reached_on_the_loop(call):
        return nothing()

    def reached(call):
        return nothing()

    asked = InProcess(cast.hub.node)
    asked.application.router = Router(
        route._replace(endpoint=reached_on_the_loop if inspect.iscoroutinefunction(route.endpoint) else reached)
        for route in ROUTES
    )
    yield asked
    asked.close()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_a_caller_may_follows_from_the_table(cast, gates, kind):
    wrong = []
    for route in ROUTES:
        for name in ("opened", "closed") if about_repo(route) else ("opened",):
            asked = address(route, cast.place(kind), name)
            got = gates.ask(route.method, asked, headers=cast.headers(kind)).status
            wanted = expected(route, kind, private=name == "closed")
            if got != wanted:
                wrong.append(f"{route.method} {asked}: {got}, not {wanted}")
    assert wrong == []


def test_a_form_that_changes_something_takes_the_token_in_its_body_or_its_address(cast, gates):
    cookie = cast.session["chief"]
    token = form_token(cast.hub.node.config.secret, cookie)
    form = {"Cookie": f"{COOKIE}={cookie}", "Content-Type": "application/x-www-form-urlencoded"}
    assert gates.ask("POST", "/settings", f"form_token={token}".encode(), form).status == PASSED
    assert gates.ask("POST", f"/lab/opened/upload/main?form_token={token}", b"", form).status == PASSED
    other = form_token(cast.hub.node.config.secret, cast.session["stranger"])
    for wrong in ("", "0" * 64, other):
        assert gates.ask("POST", "/settings", f"form_token={wrong}".encode(), form).status == 403
    plain = {**form, "Content-Type": "text/plain"}
    assert gates.ask("POST", "/settings", f"form_token={token}".encode(), plain).status == 403


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/json"])
@pytest.mark.parametrize("kind", OUTSIDERS, ids=lambda kind: kind.name)
def test_a_private_repo_looks_to_outsiders_like_none(cast, real, kind, accept):
    headers = {**cast.headers(kind), "Accept": accept}
    for route in filter(about_repo, ROUTES):
        for method in {route.method, "HEAD"} if route.method == "GET" else {route.method}:
            there = real.ask(method, address(route, "lab", "closed"), b"{}", headers)
            none = real.ask(method, address(route, "lab", "absent"), b"{}", headers)
            assert anonymised(there) == anonymised(none), f"{method} {route.path}"
            assert there.status in (401, 404), f"{method} {route.path}"


def anonymised(reply):
    """The whole answer, without what tells one request from another, and the name that was asked for."""
    request_id = reply.headers["x-request-id"].encode()
    headers = [pair for pair in sorted(reply.raw_headers) if pair[0] != b"etag"]  # a digest of what the body echoes
    text = b"\n".join(b"%b: %b" % pair for pair in headers) + b"\n\n" + reply.body
    return reply.status, text.replace(request_id, b"ID").replace(b"absent", b"closed")


@pytest.mark.parametrize("kind", OUTSIDERS, ids=lambda kind: kind.name)
@pytest.mark.parametrize(
    ("asked", "body"),
    [
        ("DELETE /api/repos/delete", '{"name": "lab/NAME"}'),
        ("POST /api/repos/move", '{"fromRepo": "lab/NAME", "toRepo": "stranger/mine"}'),
        ("POST /api/repos/create", '{"name": "lab/NAME"}'),
        ("GET /api/models?search=NAME", ""),
        ("GET /api/models?author=lab&search=NAME", ""),
        ("GET /models?q=NAME", ""),
        ("GET /lab?after=NAME", ""),
        ("GET /new?owner=lab&name=NAME", ""),
    ],
)
def test_a_private_repo_cannot_be_asked_for_by_other_ways(cast, real, kind, asked, body):
    method, path = asked.split()
    answers = [
        anonymised(
            real.ask(method, path.replace("NAME", name), body.replace("NAME", name).encode(), cast.headers(kind))
        )
        for name in ("closed", "absent")
    ]
    assert answers[0] == answers[1]


def test_counts_leave_out_what_the_caller_may_not_see(cast, real):
    def counted(kind):
        headers = cast.headers(next(one for one in KINDS if one.name == kind))
        return b'"numModels":2' in real.ask("GET", "/api/organizations/lab/overview", headers=headers).body

    assert not counted("anonymous")
    assert not counted("stranger")
    assert counted("member read")


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.name in ("anonymous", "boss")], ids=lambda one: one.name
)
def test_no_route_breaks_on_an_empty_or_senseless_request(cast, real, kind):
    for route in ROUTES:
        for name in ("opened", "absent"):
            for body in (b"", b"{}", b"\xff\x00", b"[" * 5000):
                reply = real.ask(route.method, address(route, "lab", name), body, cast.headers(kind))
                assert reply.status < 500, f"{route.method} {route.path}: {reply.body[:200]}"

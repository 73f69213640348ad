"""Invitations, signing in and out, and settings, as browsers use them: plain forms against the application."""

import re
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import select
from tests.hub.conftest import Hub
from tests.make.in_process import InProcess

from assay.hub.accounts.invitations import first_administrator_link
from assay.hub.accounts.passwords import hash_password
from assay.hub.accounts.people import set_disabled, set_password
from assay.hub.accounts.sessions import COOKIE, form_token
from assay.store.tables import account, invitation, session, token

PASSWORD = "correct horse battery"


class Browser:
    """Keeps cookies and sends forms as a browser would."""

    def __init__(self, hub, address="192.0.2.1"):
        self.node = hub.node
        self.asked = hub.asked
        self.address = address
        self.cookies = {}

    def get(self, path, **headers):
        return self._ask("GET", path, b"", headers)

    def post(self, path, site="same-origin", **fields):
        if COOKIE in self.cookies:
            fields = {"form_token": form_token(self.node.config.secret, self.cookies[COOKIE]), **fields}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": site}
        return self._ask("POST", path, urlencode(fields).encode(), headers)

    def sign_in(self, name, password=PASSWORD, **fields):
        return self.post("/sign-in", name=name, password=password, **fields)

    def _ask(self, method, path, body, headers):
        sent = {"Accept": "text/html", **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={text}" for name, text in self.cookies.items())
        reply = self.asked.ask(method, path, body, sent, client=self.address)
        for name, text in reply.raw_headers:
            if name == b"set-cookie":
                for key, morsel in SimpleCookie(text.decode()).items():
                    self.cookies[key] = morsel.value
                    if not morsel.value or morsel["max-age"] == "0":
                        del self.cookies[key]
        return reply


class Site(Hub):
    def __init__(self, *args, **settings):
        super().__init__(*args, **settings)
        self.asked = InProcess(self.node)

    def member_of_hub(self, name, *, admin=False):
        number = self.user(name, admin=admin)
        with self.node.database.write() as connection:
            set_password(connection, number, hash_password(PASSWORD))
        return number

    def later(self, seconds):
        now = self.node.now() + seconds
        object.__setattr__(self.node, "clock", lambda: now)

    def rows(self, table):
        with self.node.database.read() as connection:
            return connection.execute(select(table)).all()


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path / "hub")
    yield made
    made.asked.close()
    made.stop()


def first_link(site):
    return urlsplit(first_administrator_link(site.node)).path


def shown_code(reply):
    return re.search(r"<code>([^<]+)</code>", reply.body.decode())[1]


def test_the_first_administrator_comes_by_a_link_that_works_once(site):
    path, spare = first_link(site), first_link(site)
    browser = Browser(site)
    for _ in range(2):  # looking at it does not use it
        assert b"Become an administrator" in browser.get(path).body
    sent = {"name": "Ada", "full_name": "Ada L.", "password": PASSWORD, "again": PASSWORD}
    assert browser.post(path, **sent).status == 303
    assert site.rows(account)[0].admin
    assert b"Ada" in browser.get("/settings").body
    assert first_administrator_link(site.node) is None
    for used in (path, spare):
        assert Browser(site).get(used).status == 404
        assert Browser(site).post(used, **{**sent, "name": "eve"}).status == 404
    assert site.rows(invitation) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "short", "again": "short"}, "characters"),
        ({"again": "something else"}, "differ"),
        ({"name": "../x"}, "cannot be a name"),
        ({"name": "api"}, "reserved"),
        ({"name": "Datasets"}, "reserved"),
        ({"name": "TAKEN"}, "taken"),
        ({"name": "lab"}, "taken"),
        ({"password": "x" * 201, "again": "x" * 201}, "characters"),
    ],
)
def test_what_cannot_be_an_account_leaves_the_invitation_usable(site, change, said):
    site.user("taken")
    site.organisation("Lab")
    path = first_link(site)
    sent = {"name": "ada", "password": PASSWORD, "again": PASSWORD, **change}
    reply = Browser(site).post(path, **sent)
    assert reply.status in (400, 409)
    assert said in reply.body.decode()
    assert Browser(site).get(path).status == 200


def test_an_invitation_ends(site):
    path = first_link(site)
    site.later(86_401)
    assert Browser(site).get(path).status == 404


def test_who_is_invited_into_an_organisation_joins_with_the_role(site):
    site.member_of_hub("ada")
    site.member_of_hub("bob")
    site.organisation("lab", ada="admin")
    ada, bob, new = Browser(site), Browser(site), Browser(site)
    ada.sign_in("ada")
    links = [shown_code(ada.post("/settings/lab", do="invite", role=role)) for role in ("write", "read", "read")]
    paths = [urlsplit(link).path for link in links]
    bob.sign_in("bob")
    assert bob.post(paths[0]).headers["location"] == "/lab"
    assert bob.post(paths[1]).status == 303
    assert new.post(paths[2], name="cleo", password=PASSWORD, again=PASSWORD).headers["location"] == "/lab"
    shown = site.ask("GET", "/api/organizations/lab/members").json()
    assert {one["user"]: one["role"] for one in shown} == {"ada": "admin", "bob": "write", "cleo": "read"}
    assert bob.post(paths[0]).status == 404


def test_signing_in_and_out(site):
    site.member_of_hub("Ada")
    browser = Browser(site)
    reply = browser.sign_in("ADA", next="/models?sort=new")
    assert (reply.status, reply.headers["location"]) == (303, "/models?sort=new")
    cookie = next(text.decode() for name, text in reply.raw_headers if text.startswith(b"assay_session"))
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "secure" not in cookie.lower()
    kept = browser.cookies[COOKIE]
    assert kept not in str(site.rows(session))
    assert browser.get("/settings").status == 200
    assert browser.post("/sign-out").status == 303
    browser.cookies[COOKIE] = kept
    assert browser.get("/settings").status == 401


def test_the_cookie_is_for_tls_only_where_there_is_tls(tmp_path):
    site = Site(tmp_path / "hub")
    object.__setattr__(site.node, "config", site.node.config.__class__(
        **{name: getattr(site.node.config, name) for name in site.node.config.__slots__ if name != "public_url"},
        public_url="https://hub.example",
    ))  # fmt: skip
    site.member_of_hub("ada")
    reply = Browser(site).sign_in("ada")
    assert all(b"Secure" in text for name, text in reply.raw_headers if name == b"set-cookie")
    site.asked.close()
    site.stop()


@pytest.mark.parametrize(
    "going",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "x",
        "/\r\nA:b",
    ],
)
def test_nobody_is_led_elsewhere(site, going):
    site.member_of_hub("ada")
    reply = Browser(site).sign_in("ada", next=going)
    assert reply.headers["location"] == "/"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 401),
        ({"Origin": "http://hub.example"}, 401),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://hub.example"}, 401),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "none", "Origin": "null"}, 403),
        ({"Origin": "http://hub.example.evil.example"}, 403),
        ({"Origin": "http://evil.example#@hub.example"}, 403),
        ({}, 403),
    ],
)
def test_no_other_site_signs_anybody_in(site, headers, status):
    body = urlencode({"name": "ada", "password": PASSWORD}).encode()
    assert site.asked.ask("POST", "/sign-in", body, headers).status == status


def test_unknown_wrong_shut_out_and_without_password_look_the_same(site):
    site.member_of_hub("ada")
    site.user("plain")
    shut = site.member_of_hub("shut")
    with site.node.database.write() as connection:
        set_disabled(connection, shut, disabled=True)
    tries = [("ada", "wrong password"), ("nobody", PASSWORD), ("shut", PASSWORD), ("plain", PASSWORD), ("lab", "")]
    tries += [("\0", PASSWORD), ("ada", PASSWORD + "x" * 500), ("ada", "\ud800" * 20)]
    for name, password in tries:
        body = urlencode({"name": name, "password": password}, errors="surrogatepass").encode()
        reply = site.asked.ask("POST", "/sign-in", body, {"Origin": "http://hub.example"})
        assert reply.status == (400 if name == "\0" else 401), name
        assert b"no account with this name and password" in reply.body or name == "\0"


def test_guessing_gets_slower_and_keeps_nobody_else_out(site):
    site.member_of_hub("ada")
    site.later(0)
    own = Browser(site)
    assert own.sign_in("ada").status == 303
    own.post("/sign-out")
    guess = Browser(site)  # even from the same address
    statuses = [guess.sign_in("ada", f"guess number {n}").status for n in range(6)]
    assert statuses == [401] * 5 + [429]
    refused = guess.sign_in("ada")
    assert refused.status == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert own.sign_in("ada").status == 303, "a browser that is known does not wait"
    assert Browser(site, "198.51.100.7").sign_in("ada").status == 303
    site.later(1)
    assert guess.sign_in("ada", "one more guess").status == 401
    site.later(1)
    assert guess.sign_in("ada").status == 429, "the wait grows"
    site.later(3600)
    assert guess.sign_in("ada").status == 303


def test_a_new_password_ends_what_others_began(site):
    site.member_of_hub("ada")
    here, there = Browser(site), Browser(site)
    here.sign_in("ada")
    there.sign_in("ada")
    new = "another good password"
    wrong = {"do": "password", "current": "not this one", "password": new, "again": new}
    assert here.post("/settings", **wrong).status == 400
    assert there.get("/settings").status == 200
    assert here.post("/settings", **{**wrong, "current": PASSWORD}).status == 303
    assert here.get("/settings").status == 200
    assert there.get("/settings").status == 401
    assert Browser(site).sign_in("ada").status == 401
    assert Browser(site).sign_in("ada", new).status == 303


def test_an_old_hash_is_renewed_when_its_owner_signs_in(site):
    from argon2 import PasswordHasher  # noqa: PLC0415

    number = site.user("ada")
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with site.node.database.write() as connection:
        set_password(connection, number, old)
    assert Browser(site).sign_in("ada").status == 303
    assert site.rows(account)[0].password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert Browser(site).sign_in("ada").status == 303


def test_tokens_are_made_shown_once_used_and_revoked(site):
    site.member_of_hub("ada")
    browser = Browser(site)
    browser.sign_in("ada")
    reply = browser.post("/settings", do="new-token", name="<b>laptop</b>", scope="write", days="30")
    made = shown_code(reply)
    assert reply.headers["cache-control"] == "no-store"
    assert b"<b>laptop" not in reply.body
    assert made not in browser.get("/settings").body.decode()
    assert made not in str(site.rows(token))
    shown = {"Authorization": f"Bearer {made}"}
    assert site.asked.ask("GET", "/api/whoami-v2", headers=shown).status == 200
    assert site.asked.ask("GET", "/settings", headers=shown).status == 403, "it is for more than writing"
    row = site.rows(token)[0]
    assert row.used == site.node.now() - site.node.now() % 86_400
    assert browser.post("/settings", do="revoke-token", token=row.id).status == 303
    assert site.asked.ask("GET", "/api/whoami-v2", headers=shown).status == 401


@pytest.mark.parametrize(
    "sent",
    [
        {"do": "new-token", "name": "", "scope": "read", "days": "30"},
        {"do": "new-token", "name": "x", "scope": "none", "days": "30"},
        {"do": "new-token", "name": "x", "scope": "read", "days": "31"},
        {"do": "new-token", "name": "a\nb", "scope": "read", "days": ""},
        {"do": "revoke-token", "token": "1" * 40},
        {"do": "revoke-token", "token": "7"},
        {"do": "new-organisation", "name": "a/b"},
        {"do": "leave", "organisation": "none"},
        {"do": "profile", "full_name": "x" * 101},
        {"do": "profile", "email": "no address"},
        {"do": "invite"},
        {"do": "nothing of the kind"},
        {"do": "profile", "full_name": "\0"},
        {f"n{number}": "x" for number in range(60)},
    ],
)
def test_settings_refuse_what_makes_no_sense(site, sent):
    site.member_of_hub("ada")
    browser = Browser(site)
    browser.sign_in("ada")
    assert 400 <= browser.post("/settings", **sent).status < 410
    assert len(site.rows(account)) == 1


def test_the_last_administrator_stays(site):
    for name in ("ada", "bob"):
        site.member_of_hub(name)
    browser = Browser(site)
    browser.sign_in("ada")
    assert browser.post("/settings", do="new-organisation", name="Lab").headers["location"] == "/settings/Lab"
    for sent in ({"do": "set-member", "role": "read"}, {"do": "remove-member"}):
        assert browser.post("/settings/Lab", person="ada", **sent).status == 409
    assert browser.post("/settings", do="leave", organisation="Lab").status == 409
    assert browser.post("/settings/Lab", do="set-member", person="bob", role="admin").status == 303
    assert browser.post("/settings", do="leave", organisation="Lab").status == 303
    assert browser.get("/settings/Lab").status == 403


def test_forms_of_other_sites_change_nothing(site):
    site.member_of_hub("ada", admin=True)
    browser = Browser(site)
    browser.sign_in("ada")
    for path in ("/settings", "/sign-out", "/new"):
        assert browser.post(path, do="invite", form_token="0" * 64).status == 403
    assert browser.get("/settings").status == 200


def test_pages_need_no_script_and_have_one_heading(site):
    site.member_of_hub("ada", admin=True)
    site.organisation("lab", ada="admin")
    link = first_administrator_link(site.node)
    assert link is None
    browser = Browser(site)
    pages = [browser.get("/sign-in").body]
    browser.sign_in("ada")
    made = browser.post("/settings", do="invite", admin="on")
    pages += [made.body, browser.get("/settings/lab").body, browser.get(urlsplit(shown_code(made)).path).body]
    for body in pages:
        assert body.count(b"<h1") == 1
        assert b"<script" not in body
        assert b"style=" not in body
        ids = re.findall(rb' id="([^"]+)"', body)
        assert len(ids) == len(set(ids))
        assert set(re.findall(rb' for="([^"]+)"', body)) <= set(ids)

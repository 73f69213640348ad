"""The application as an attacker meets it: odd methods, addresses, headers and bodies, and endpoints that break."""

import base64
import json
import logging

import pytest
from starlette.responses import Response
from tests.hub.conftest import Hub
from tests.make.in_process import InProcess

from assay.errors import CorruptError, StoreError
from assay.hub.accounts.roles import Role
from assay.hub.routing import Needs, Route, Router
from assay.store.tables import token


@pytest.fixture
def site(tmp_path):
    made = Hub(tmp_path / "hub")
    made.asked = InProcess(made.node)
    yield made
    made.asked.close()
    made.stop()


def with_routes(site, **endpoints):
    """Put routes of a test's own beside none of the hub's."""
    site.asked.application.router = Router(
        Route("GET", f"/{name}", endpoint, Needs.ANYONE) for name, endpoint in endpoints.items()
    )


def test_options_and_wrong_methods_name_the_right_ones(site):
    reply = site.asked.ask("OPTIONS", "/api/tokens")
    assert (reply.status, reply.headers["allow"], reply.body) == (204, "GET, HEAD, POST", b"")
    assert "access-control-allow-origin" not in reply.headers
    for method in ("PUT", "TRACE", "CONNECT", "get", "\x7f" * 300):
        reply = site.asked.ask(method, "/api/tokens")
        assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD, POST")
        assert len(reply.body) < 300


def test_head_is_get_without_a_body(site):
    for path in ("/", "/healthz", "/nowhere/at/all", "/api/whoami-v2"):
        get, head = site.asked.ask("GET", path), site.asked.ask("HEAD", path)
        assert head.status == get.status
        assert head.body == b""
        assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/" + "a" * 17_000, 414),
        ("/?" + "a" * 17_000, 414),
        ("/\xff", 400),
        ("/api/models?search=%00", 400),
        ("/..", 404),
        ("/../../etc/passwd", 404),
        ("/%2e%2e/%2e%2e", 404),
        ("/static/x/..%2f..%2fapp.py", 404),
        ("/static/x/%2fetc%2fpasswd", 404),
        ("/ada/../tree/main", 404),
        ("//evil.example/x", 404),
        ("/api/nothing", 404),
        ("/%00", 404),
        ("/%ff", 404),
        ("/lfs/content/x", 403),
        ("*", 404),
        ("", 404),
        ("/a\r\nSet-Cookie: x", 404),
    ],
)
def test_odd_addresses_get_a_plain_answer(site, target, status):
    for accept in ("*/*", "text/html"):
        reply = site.asked.ask("GET", target, headers={"Accept": accept})
        assert reply.status == status
        assert b"Traceback" not in reply.body
        assert not any(b"\n" in text or b"\r" in text for pair in reply.raw_headers for text in pair)


def test_no_shared_cache_keeps_and_no_other_site_frames_an_answer(site):
    for path in ("/", "/api/keys", "/nowhere"):
        headers = site.asked.ask("GET", path).headers
        assert headers["cache-control"].startswith("private")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]


def test_people_get_a_page_and_clients_get_json(site):
    page = site.asked.ask("GET", "/nobody", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["x-request-id"].encode() in page.body
    assert json.loads(site.asked.ask("GET", "/nobody").body)["error"]


def test_an_endpoint_that_breaks_says_nothing_of_how_but_to_the_log(site, caplog):
    def plain(call):
        raise RuntimeError("secret inside")

    async def on_the_loop(call):
        raise KeyError("secret inside")

    with_routes(site, plain=plain, loop=on_the_loop)
    for path in ("/plain", "/loop"):
        for accept in ("*/*", "text/html"):
            caplog.clear()
            with caplog.at_level(logging.ERROR, "assay.hub"):
                reply = site.asked.ask("GET", path, headers={"Accept": accept})
            assert reply.status == 500
            assert b"secret" not in reply.body
            assert "secret" not in str(reply.headers)
            record = caplog.records[-1]
            assert reply.headers["x-request-id"] in record.getMessage()
            assert "secret inside" in str(record.exc_info[1])
    assert site.asked.ask("GET", "/plain").headers["content-type"] == "application/json"


@pytest.mark.parametrize("error", [StoreError("at db.internal: secret inside"), CorruptError("secret inside")])
def test_a_store_that_is_gone_is_503_with_a_time_to_come_back(site, caplog, error):
    def gone(call):
        raise error

    with_routes(site, gone=gone)
    with caplog.at_level(logging.ERROR, "assay.hub"):
        reply = site.asked.ask("GET", "/gone")
    assert (reply.status, reply.headers["retry-after"]) == (503, "5")
    assert b"secret" not in reply.body
    assert "secret inside" in caplog.text


def test_a_database_that_is_gone_is_503_and_comes_back(site, monkeypatch):
    database = site.node.database
    shown = {"Authorization": f"Bearer {site.token('ada')}"}
    assert site.asked.ask("GET", "/api/whoami-v2", headers=shown).status == 200
    place = site.node.config.folder / "assay.db"
    database.close()
    for name in ("assay.db-wal", "assay.db-shm"):
        place.with_name(name).unlink(missing_ok=True)
    place.rename(place.with_name("away"))
    place.mkdir()
    for path in ("/api/whoami-v2", "/healthz", "/api/models", "/"):
        reply = site.asked.ask("GET", path, headers=shown)
        assert (reply.status, reply.headers["retry-after"]) == (503, "5"), path
    place.rmdir()
    place.with_name("away").rename(place)
    assert site.asked.ask("GET", "/api/whoami-v2", headers=shown).status == 200


def test_no_header_has_two_lines(site):
    def split(call):
        return Response(headers={"Location": "/x\r\nSet-Cookie: a=b"})

    with_routes(site, split=split)
    reply = site.asked.ask("GET", "/split")
    assert reply.status == 500
    assert b"Set-Cookie" not in str(reply.raw_headers).encode()


def test_what_breaks_off_after_it_began_is_not_ended_as_if_it_were_whole(site, caplog):
    class Broken(Response):
        async def __call__(self, scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            raise StoreError("the rest is damaged")

    with_routes(site, broken=lambda call: Broken())
    reply = site.asked.ask("GET", "/broken")
    assert (reply.status, reply.body) == (200, b"half")
    assert "the rest is damaged" in caplog.text


@pytest.mark.parametrize("length", ["2000000", "9" * 4000])
def test_too_long_a_body_is_refused_before_it_comes(site, length):
    headers = {"Authorization": f"Bearer {site.token('ada')}", "Content-Length": length}
    assert site.asked.ask("POST", "/api/tokens", b"", headers).status == 413


def test_too_long_a_body_without_a_length_is_refused(site):
    assert site.asked.ask("POST", "/sign-in", b"x" * 20_000).status == 413


def test_a_token_is_shown_as_bearer_or_as_the_password_of_basic(site):
    made = site.token("ada")

    def status(header):
        return site.asked.ask("GET", "/api/whoami-v2", headers={"Authorization": header}).status

    basic = base64.b64encode(f"anything:{made}".encode()).decode()
    assert [status(header) for header in (f"Bearer {made}", f"bearer  {made} ", f"Basic {basic}")] == [200] * 3
    wrong = [
        "Bearer",
        "Bearer ",
        "Basic",
        "Basic !!!",
        "Basic /w==",
        f"Bearer {made}x",
        f"Bearer {made[:-1]}",
        "Digest x",
    ]
    assert {status(header) for header in wrong} == {401}
    reply = site.asked.ask("GET", "/", headers={"Authorization": "Bearer hf_foreign"})
    assert reply.headers["x-error-message"] == "Invalid credentials in Authorization header"
    assert reply.headers["www-authenticate"]


def test_the_day_of_a_tokens_last_use_is_written_once(site, monkeypatch):
    made = site.token("ada", Role.READ)
    writes = []
    transact = type(site.node.database).transact
    monkeypatch.setattr(
        type(site.node.database), "transact", lambda self, work: (writes.append(1), transact(self, work))[1]
    )
    for _ in range(3):
        assert site.asked.ask("GET", "/api/whoami-v2", headers={"Authorization": f"Bearer {made}"}).status == 200
    assert len(writes) == 1
    now = site.node.now()
    object.__setattr__(site.node, "clock", lambda: now + 86_400)
    site.asked.ask("GET", "/api/whoami-v2", headers={"Authorization": f"Bearer {made}"})
    assert len(writes) == 2
    with site.node.database.read() as connection:
        used = connection.execute(token.select()).one().used
    assert used == now + 86_400 - now % 86_400


def test_a_reader_is_served_when_the_day_cannot_be_written(site, monkeypatch):
    made = site.token("ada")

    def full(self, work):
        raise StoreError("no space")

    monkeypatch.setattr(type(site.node.database), "transact", full)
    assert site.asked.ask("GET", "/api/whoami-v2", headers={"Authorization": f"Bearer {made}"}).status == 200


def test_of_a_field_that_comes_twice_one_counts(site):
    made = site.token("ada")
    twice = [("Authorization", "Bearer assay_wrong"), ("Authorization", f"Bearer {made}")]
    assert site.asked.ask("GET", "/api/whoami-v2", headers=twice).status == 401
    assert site.asked.ask("GET", "/api/models?limit=1&limit=x").status in (200, 400)

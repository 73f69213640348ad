"""Rule packs by the routes: added where a pinned key signed them, switched, removed; each time all is due again."""

import json

import pytest
from sqlalchemy import func, select
from tests.checks.packs.test_packs import pack, written
from tests.hub.pages.conftest import Site

from assay.checks.packs import parse_pack
from assay.cli.packs_there import PacksThere
from assay.errors import RemoteError
from assay.statements.envelope import Envelope
from assay.statements.keys import PrivateKey
from assay.statements.predicates import rule_pack as predicate
from assay.statements.statement import Statement, Subject
from assay.store.packs import MOST, Enabled, enable, enabled, listed
from assay.store.tables import attempt

MEASURED = "precision 0.952 (0.77 to 0.99), recall 1.000 (0.83 to 1.0), Wilson intervals of 95 %"


def envelope(one, key, **changes):
    said = {"id": one.id, "version": one.version, "maker": one.maker, "licence": one.licence}
    subject = Subject("pack.json", {"sha256": changes.get("digest", one.digest)})
    statement = Statement(predicate.TYPE, (subject,), {**said, "rules": [rule.rule.id for rule in one.rules]})
    return Envelope.sign(statement.to_bytes(), key).to_bytes()


@pytest.fixture(scope="module")
def key():
    return PrivateKey.generate()


@pytest.fixture(scope="module")
def site(tmp_path_factory, key):
    running = Site(tmp_path_factory.mktemp("packs") / "hub")
    running.user("boss", admin=True)
    running.repo("ann/shell", {"modeling.py": b"import os\nos.system('true')\n"})
    running.judge()
    send(running, "POST", "/api/keys", {"pem": key.public.pem.decode(), "name": "Acme"})
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def _none(site):
    yield
    for one in PacksThere(site.url, None).listed():
        send(site, "DELETE", f"/api/packs/{one.id}")
    site.judge()


def send(site, method, path, sent=None, *, who="boss", scope="admin"):
    headers = {"Authorization": f"Bearer {site.token(who, scope)}", "Content-Type": "application/json"}
    return site.ask(method, path, json.dumps(sent or {}).encode(), headers=headers)


def body(one, key, **changes):
    return {"pack": one.raw.decode(), "envelope": envelope(one, key).decode(), "measured": MEASURED, **changes}


def theirs(site):
    with site.node.database.read() as connection:
        return [one.id for one in enabled(connection)]


def wanted(site):
    with site.node.database.read() as connection:
        query = select(func.count()).select_from(attempt).where(attempt.c.state == "wanted")
        return connection.execute(query).scalar_one()


def test_it_is_added_switched_and_removed(site, key):
    one = pack()
    added = send(site, "POST", "/api/packs", body(one, key))
    assert (added.status, added.json()) == (
        201, {"id": "acme", "digest": one.digest, "keyid": key.public.keyid, "due": 1}
    )  # fmt: skip
    assert (theirs(site), wanted(site)) == (["acme"], 1)
    site.judge()
    off = send(site, "POST", "/api/packs/acme/switch", {"active": False})
    assert (off.status, off.json()) == (200, {"due": 1})
    assert (theirs(site), wanted(site)) == ([], 1)
    with site.node.database.read() as connection:
        assert [(one.pack.id, one.measured, one.active) for one in listed(connection)] == [("acme", MEASURED, False)]
    assert send(site, "POST", "/api/packs/acme/switch", {"active": False}).status == 404
    site.judge()
    assert send(site, "POST", "/api/packs/acme/switch", {"active": True}).json() == {"due": 1}
    assert send(site, "POST", "/api/packs/acme/switch", {"active": True}).json() == {"due": 0}
    assert send(site, "DELETE", "/api/packs/acme").status == 200
    assert send(site, "DELETE", "/api/packs/acme").status == 404


def test_what_is_not_signed_by_a_pinned_key_or_malformed_is_refused_with_the_reason(site, key):
    one, other = pack(), PrivateKey.generate()
    cases = [
        (body(one, other), "public key is not here"),
        (body(one, key, envelope=envelope(one, key, digest="0" * 64).decode()), "not a signature of this pack"),
        (body(one, key, envelope="{}"), "envelope"),
        (body(one, key, pack=one.raw.decode().replace("Acme Labs", "Someone")), "not a signature of this pack"),
        (body(one, key, pack="[]"), "pack: expected an object"),
        (body(one, key, pack="{"), "is no JSON"),
        (body(one, key, pack="x" * 300_000), "at most 262,144 bytes"),
        (body(one, key, measured=""), "measured"),
        (body(one, key, measured="a\nb"), "measured"),
        ({}, "the body is not what this route takes"),
    ]
    for sent, said in cases:
        answer = send(site, "POST", "/api/packs", sent)
        assert answer.status == 400, said
        assert said in answer.headers["X-Error-Message"], answer.headers["X-Error-Message"]
    lone = json.dumps(body(one, key)).replace("Wilson", "\\ud800").encode()
    headers = {"Authorization": f"Bearer {site.token('boss', 'admin')}"}
    assert site.ask("POST", "/api/packs", lone, headers=headers).status == 400
    assert theirs(site) == []


@pytest.mark.parametrize(("who", "scope"), [("ann", "admin"), ("boss", "write"), ("boss", "read")])
def test_only_administrators_of_the_hub_may(site, key, who, scope):
    assert send(site, "POST", "/api/packs", body(pack(), key)).status == 201
    for method, path, sent in (
        ("POST", "/api/packs", body(pack(title="Another"), key)),
        ("POST", "/api/packs/acme/switch", {"active": False}),
        ("DELETE", "/api/packs/acme", {}),
        ("POST", "/packs", {}),
    ):
        assert send(site, method, path, sent, who=who, scope=scope).status == 403
    with site.node.database.read() as connection:
        assert [(one.pack.digest, one.active) for one in listed(connection)] == [(pack().digest, True)]


def test_a_pack_takes_the_place_of_its_earlier_version_and_of_no_other_makers(site, key):
    other = PrivateKey.generate()
    send(site, "POST", "/api/keys", {"pem": other.public.pem.decode()})
    assert send(site, "POST", "/api/packs", body(pack(), key)).status == 201
    taken = send(site, "POST", "/api/packs", body(pack(title="Mine"), other))
    assert (taken.status, "signed by another key" in taken.headers["X-Error-Message"]) == (409, True)
    send(site, "POST", "/api/packs/acme/switch", {"active": False})
    assert send(site, "POST", "/api/packs", body(pack(title="Mine"), other)).status == 201
    send(site, "POST", "/api/packs/acme/switch", {"active": False})
    newer = pack(title="Newer")
    assert send(site, "POST", "/api/packs", body(newer, key)).json()["digest"] == newer.digest
    assert theirs(site) == ["acme"]


def test_a_hub_judges_by_a_bounded_number(site, key):
    def named(number):
        whole = json.loads(json.dumps(written()).replace('"acme', f'"acme-{number}'))
        return parse_pack(json.dumps(whole).encode())

    with site.node.database.write() as connection:
        for number in range(MOST):
            enable(connection, Enabled(named(number), b"{}", "ab" * 32, MEASURED, 1000))
    full = send(site, "POST", "/api/packs", body(pack(), key))
    assert (full.status, f"at most {MOST} rule packs" in full.headers["X-Error-Message"]) == (409, True)
    with site.node.database.write() as connection:
        enable(connection, Enabled(pack(), b"{}", "ab" * 32, MEASURED, 1000, active=False))
    assert send(site, "POST", "/api/packs/acme/switch", {"active": True}).status == 409
    send(site, "POST", "/api/packs/acme-0/switch", {"active": False})
    assert send(site, "POST", "/api/packs/acme/switch", {"active": True}).status == 200


def test_the_command_line_reaches_a_hub_elsewhere(site, key):
    there, one = PacksThere(site.url, site.token("boss", "admin")), pack()
    assert there.add(one, envelope(one, key), key.public.keyid, MEASURED) == 1
    assert [(kept.id, kept.rules, kept.active) for kept in there.listed()] == [("acme", 1, True)]
    site.judge()
    assert there.switch_off("acme") == 1
    assert [kept.active for kept in there.listed()] == [False]
    with pytest.raises(RemoteError, match="no rule pack 'acme' is enabled"):
        there.switch_off("acme")
    with pytest.raises(RemoteError, match="answers 40"):
        PacksThere(site.url, site.token("ann", "admin")).switch_off("acme")
    with pytest.raises(RemoteError):
        PacksThere(site.url, None).add(one, b"\xff", "", MEASURED)

"""A hub and members' runners on loopback: the honest find each other, and nobody gains by any other way."""

import json
import os
import subprocess
import sys
from contextlib import suppress

import pytest
from tests.hub.pages.conftest import Site, text_of
from tests.make.runners import Altering, Copying, Honest, Lazy, Stale

from assay.errors import ConflictError, RemoteError
from assay.hub.pool_rounds import ALIVE, HELD, PATIENCE, REVEALED
from assay.statements.envelope import Envelope
from assay.statements.keys import PrivateKey
from assay.statements.predicates import agreement, commitment, lease, reveal
from assay.store.results import results_of_repo
from assay.worker.pool_client import PoolClient


class PoolSite(Site):
    """A hub whose clock can be set forward."""

    def later(self, seconds):
        started = self.node.clock
        object.__setattr__(self.node, "clock", lambda: started() + seconds)

    def ask_for(self, repo="org/tiny", user="asker", **more):
        answer = self.ask("POST", "/api/pool/requests", {"repo": repo, "benchmark": "next-letter", **more}, user=user)
        assert answer.status == 201, answer.body
        return answer.json()["request"]

    def request(self, id_):
        return self.ask("GET", f"/api/pool/requests/{id_}").json()

    def results(self, name="org/tiny"):
        """Return the results of a repo by who signed them, as their pages show them."""
        with self.node.database.read() as connection:
            found = results_of_repo(connection, self.find(name), limit=99)
        operators = {one["keyid"]: one["operator"] for one in self.ask("GET", "/api/pool/runners").json()}
        return {operators[one.signers[0]]: self.shown(name, one.digest) for one in found}

    def shown(self, name, digest):
        return self.page(f"/{name}/evaluations/{digest}?format=json").json()


@pytest.fixture
def site(request, tmp_path):
    settings = {}
    if getattr(request, "param", "sqlite") == "postgres":
        server = request.getfixturevalue("postgres")
        name = server.new(request.getfixturevalue("postgres_template"))
        settings["database_url"] = server.url(name).replace("+psycopg", "")
    running = PoolSite(tmp_path / "hub", **settings)
    running.organisation("org", owner="write")
    running.user("asker")
    running.example("apache-clean", "org/tiny", scratch=tmp_path)
    running.judge()
    yield running
    running.stop()


def work(site, runners, rounds=8):
    """Let all runners work in turns until nothing moves, or so often; who was found faulty gets nothing to do."""
    for _ in range(rounds):
        done = 0
        for one in runners:
            with suppress(RemoteError):
                done += one.run_until_idle()
        if not done and not any(waits(one) for one in runners):
            return


def waits(runner):
    return any(runner._folder.glob("commitments/*.json"))


@pytest.fixture
def runner(site, tmp_path):
    return lambda kind, name: kind(site, name, tmp_path / "runners")


@pytest.mark.parametrize("site", ["sqlite", "postgres"], indirect=True)
def test_two_who_run_it_honestly_make_it_reproduced(site, runner):
    asked = site.ask_for()
    (waiting,) = site.ask("GET", "/api/pool/requests").json()
    assert (waiting["state"], waiting["turn"], waiting["begins"], waiting["parts"]) == ("waiting", 0, None, [])
    anna, ben = runner(Honest, "anna"), runner(Honest, "ben")
    assert anna.run_until_idle() == 1
    seen = [one["predicateType"] for one in evidence_of(site)]
    assert seen.count(commitment.TYPE) == 1
    assert reveal.TYPE not in seen
    assert site.request(asked)["state"] == "running"
    work(site, [anna, ben])
    assert site.request(asked)["state"] == "agreed"
    assert {name: (one["result"]["level"]["name"], len(one["samples"])) for name, one in site.results().items()} == {
        "anna": ("reproduced", 50),
        "ben": ("reproduced", 50),
    }
    told = text_of(site.page(f"/org/tiny/evaluations/{site.results()['anna']['result']['digest']}"))
    assert "one independent member ran it too, before any answer was public, and found the same" in told
    (board,) = site.page(f"/benchmarks/{waiting['manifest']}?format=json").json()["boards"]
    assert [row["level"]["name"] for row in board["ranked"]] == ["reproduced"]
    hours = {one["member"]: one for one in site.ask("GET", "/api/pool/hours").json()}
    assert float(hours["asker"]["received"]) > 0
    kinds = [one["predicateType"] for one in evidence_of(site)]
    assert (kinds.count(lease.TYPE), kinds.count(agreement.TYPE)) == (4, 1)
    assert not any(anna._folder.glob("commitments/*"))
    assert not any(anna._folder.glob("runs/*"))


def evidence_of(site, name="org/tiny"):
    return site.ask("GET", f"/api/models/{name}/evidence/main").json()["statements"]


@pytest.mark.slow
def test_copied_altered_stale_and_lazy_answers_come_to_nothing(site, runner):
    """After an honest run the lot falls on each of four who are not, and then on as many honest as it takes."""
    asked = site.ask_for()
    awake = [runner(Honest, "anna")]
    work(site, awake)
    for kind, name in ((Copying, "copies"), (Altering, "alters"), (Stale, "stale"), (Lazy, "lazy")):
        awake.append(runner(kind, name))
        work(site, awake)
        if kind is Copying:  # it committed to what it found, and has nothing to open it with
            site.later(REVEALED + 60)
            work(site, awake)
    assert site.results() == {}, "nothing is public while the round goes on"
    for name in ("ben", "carl", "dora", "emil"):
        assert site.request(asked)["state"] == "running"
        awake.append(runner(Honest, name))
        work(site, awake)
    ended = site.request(asked)
    assert ended["state"] == "agreed"
    lost = {one["operator"]: one["note"] for one in ended["parts"] if one["state"] == "lost"}
    assert lost == {"copies": "did not reveal"}
    found = {name: one["result"]["level"] for name, one in site.results().items()}
    assert found.keys() == {"anna", "alters", "stale", "lazy", "ben", "carl", "dora", "emil"}
    for name in ("anna", "ben", "carl", "dora", "emil"):
        assert (found[name]["name"], found[name]["reproduced"], found[name]["contested"]) == ("reproduced", 4, False)
        assert any(
            said.startswith("Reproduced: 4 independent evaluators found the same") for said in found[name]["reasons"]
        )
    for name in ("alters", "stale", "lazy"):
        assert (found[name]["name"], found[name]["reproduced"], found[name]["contested"]) == ("bound", 0, True)
        assert any(said.startswith("Disputed: ") for said in found[name]["reasons"])
        assert {one["kind"] for one in found[name]["others"]} == {"disputed"}
    faulty = {one["operator"] for one in site.ask("GET", "/api/pool/runners").json() if one["faulty"] is not None}
    assert faulty == {"alters", "stale", "lazy"}
    altering = next(one for one in awake if isinstance(one, Altering))
    with pytest.raises(RemoteError, match="gets no more work"):
        altering.run_until_idle()
    told = text_of(site.page(f"/org/tiny/evaluations/{site.results()['alters']['result']['digest']}"))
    assert "it is disputed, and both sides are shown below" in told
    ranked = site.page(f"/benchmarks/{ended['manifest']}?format=json").json()["boards"][0]
    assert len(ranked["ranked"]) == 1
    assert sum("disputed" in row["why"] for row in ranked["aside"]) == 3


def test_answers_that_are_public_can_be_found_again_and_raise_nothing(site, runner):
    first = [runner(Honest, name) for name in ("anna", "ben")]
    site.ask_for()
    work(site, first)
    site.later(ALIVE + 60)
    asked = site.ask_for()
    second = [runner(Honest, name) for name in ("carl", "dora")]
    work(site, second)
    assert site.request(asked)["state"] == "agreed"
    carl = site.results()["carl"]["result"]["level"]
    assert (carl["name"], carl["reproduced"]) == ("bound", 0)
    assert {one["why"] for one in carl["others"]} == {"the answers were public before, and could have been copied"}


def test_who_asked_and_who_owns_the_model_are_not_drawn(site, runner):
    asked = site.ask_for()
    awake = [runner(Honest, name) for name in ("anna", "asker", "owner")]
    work(site, awake)
    assert [one["operator"] for one in site.request(asked)["parts"]] == ["anna"]
    awake.append(runner(Honest, "ben"))
    work(site, awake)
    assert [one["operator"] for one in site.request(asked)["parts"]] == ["anna", "ben"]


def test_a_round_that_nobody_can_confirm_ends_and_says_so(site, runner):
    asked, anna = site.ask_for(), runner(Honest, "anna")
    work(site, [anna])
    site.later(PATIENCE + 60)
    work(site, [anna])
    work(site, [anna])
    assert site.request(asked)["state"] == "unconfirmed"
    assert site.results()["anna"]["result"]["level"]["name"] == "bound"


def test_a_lease_that_lapsed_is_somebody_elses(site, runner):
    asked, anna = site.ask_for(), runner(Honest, "anna")
    held = anna.client.take(anna.key.public.keyid)
    assert anna.client.take(anna.key.public.keyid)["lease"] == held["lease"]
    site.later(HELD + 60)
    ben = runner(Honest, "ben")
    assert ben.run_until_idle() == 1
    assert [(one["operator"], one["state"]) for one in site.request(asked)["parts"]] == [
        ("anna", "lost"), ("ben", "committed"),
    ]  # fmt: skip


def test_what_was_committed_to_is_sent_again_after_a_kill(site, runner, monkeypatch):
    asked, anna = site.ask_for(), runner(Honest, "anna")
    with monkeypatch.context() as cut:
        cut.setattr(anna.client, "commit", gone)
        with pytest.raises(RemoteError):
            anna.run_until_idle()
    assert site.request(asked)["parts"][0]["state"] == "held"
    assert anna.run_until_idle() == 0
    assert site.request(asked)["parts"][0]["state"] == "committed"


def test_a_run_goes_on_after_a_kill_where_it_stood(site, runner, monkeypatch):
    asked, anna, calls = site.ask_for(), runner(Honest, "anna"), []
    with monkeypatch.context() as cut:
        cut.setattr(anna, "_renew", lambda: gone() if len(calls) == 20 else calls.append(1))
        with pytest.raises(RemoteError):
            anna.run_until_idle()
    monkeypatch.setattr(anna, "_renew", lambda: calls.append(1))
    assert anna.run_until_idle() == 1
    assert len(calls) < 20 + 60, "it began anew"
    assert site.request(asked)["parts"][0]["state"] == "committed"


def test_the_command_runs_what_there_is_and_ends(site, tmp_path):
    site.ask_for()
    for name in ("anna", "ben", "anna"):
        told = subprocess.run(
            [sys.executable, "-m", "assay", "worker", "--evaluate", "--hub", site.url, "--until-idle", tmp_path / name],
            env={**os.environ, "HF_TOKEN": site.token(name), "ASSAY_KEY": str(tmp_path / f"{name}.pem")},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert told.returncode == 0, told.stderr
    assert {one["result"]["level"]["name"] for one in site.results().values()} == {"reproduced"}


def test_nobody_brings_a_commitment_into_an_open_round_by_another_way(site, runner):
    asked, anna, ben = site.ask_for(), runner(Honest, "anna"), runner(Honest, "ben")
    work(site, [anna], rounds=1)
    (place,) = anna._folder.glob("commitments/*.json")
    said = Envelope.parse(json.loads(place.read_bytes())["commitment"].encode()).statement()
    said = said._replace(predicate=said.predicate | {"keyid": ben.key.public.keyid})
    shown = Envelope.parse(json.loads(place.read_bytes())["reveal"].encode())
    forged = Envelope.sign(said.to_bytes(), ben.key)
    for made, key in ((forged, ben.key), (shown, anna.key)):
        body = {"envelope": made.raw.decode(), "key": key.public.pem.decode()}
        answer = site.ask("POST", "/api/models/org/tiny/evidence", body, user="owner")
        assert (answer.status, b"round that goes on" in answer.body) == (409, True)
    assert site.request(asked)["state"] == "running"


def gone(*_):
    raise RemoteError("the line is cut")


def test_only_what_everybody_may_read_is_asked_for_and_once(site):
    site.repo("org/secret", {"README.md": b"# S\n"}, private=True)
    body = {"repo": "org/secret", "benchmark": "next-letter"}
    assert site.ask("POST", "/api/pool/requests", body, user="asker").status == 404
    assert site.ask("POST", "/api/pool/requests", body, user="owner").status == 400
    assert site.ask("POST", "/api/pool/requests", {**body, "repo": "org/tiny"}).status == 401
    assert site.ask("POST", "/api/pool/requests", {"repo": "org/tiny", "benchmark": "no"}, user="asker").status == 400
    mine = site.ask_for()
    assert site.ask("POST", "/api/pool/requests", {**body, "repo": "org/tiny"}, user="owner").status == 409
    assert site.ask("DELETE", f"/api/pool/requests/{mine}", user="owner").status == 404
    assert site.ask("DELETE", f"/api/pool/requests/{mine}", user="asker").status == 204
    assert site.request(mine)["state"] == "withdrawn"


def test_a_runner_is_registered_by_who_has_its_key(site, runner):
    anna = runner(Honest, "anna")
    stolen = PoolClient(site.url, site.token("thief"))
    with pytest.raises(ConflictError, match="is registered for anna"):
        stolen.register(anna.key, "x")
    with pytest.raises(RemoteError, match="403"):
        anna.client.register(PrivateKey.generate(), "x", operator="org")
    wrong = {"pem": anna.key.public.pem.decode(), "processor": "x", "proof": "AAAA"}
    assert site.ask("POST", "/api/pool/runners", wrong, user="anna").status == 400
    with pytest.raises(RemoteError, match="another member"):
        stolen.take(anna.key.public.keyid)


def test_the_page_asks_and_shows_who_runs_it(site, runner):
    cookie = site.session("asker")
    page = "/org/tiny/evaluations"
    assert "Request evaluation" in text_of(site.page(page, cookie=cookie))
    assert "Sign in to request an evaluation" in text_of(site.page(page))
    sent = f"form_token={site.form_token(cookie)}&benchmark=next-letter".encode()
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    assert site.page(page, cookie=cookie, method="POST", body=sent, **form).status == 303
    again = site.page(page, cookie=cookie, method="POST", body=sent, **form)
    assert (again.status, "asked for already" in text_of(again)) == (409, True)
    assert "none has lately" in text_of(site.page(page))
    runner(Honest, "anna")
    assert "the first runner that is free" in text_of(site.page(page))
    work(site, [runner(Honest, "ben")])
    assert "ben (done, sealed)" in text_of(site.page(page))

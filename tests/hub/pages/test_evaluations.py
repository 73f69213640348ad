"""Leaderboards, results and comparisons as pages: who is ranked with whom, and what may be believed."""

import hashlib

import pytest
from tests.hub.pages.conftest import Site, text_of
from tests.make.results import log_of, stated

from assay.canonical import sha256_hex
from assay.statements.envelope import Envelope
from assay.statements.keys import PrivateKey
from assay.store.evidence import add, check, dirhash_of
from assay.store.git.refs import tip
from assay.store.results import keep_log

BOARD = f"/benchmarks/{sha256_hex(b'river-names')}"
GOOD, WEAK, POOR = [1] * 90 + [0] * 10, [1] * 60 + [0] * 40, [0] * 95 + [1] * 5


def state(site, name, scores, *, key=None, log=True, benchmark="river-names", received=5000):
    """Sign a result about a repo, by the hub's key unless told otherwise, and return its digest."""
    repo, signer = site.find(name), key or site.node.key
    with site.node.database.write() as connection:
        commit = tip(connection, repo.id, "refs/heads/main")
        said = stated(scores, dirhash_of(connection, repo.id, commit), benchmark=benchmark, commit=commit)
        signed = check(Envelope.sign(said, signer), (signer.public,))
        add(connection, repo.id, signed, foreign=key is not None, now=received)
        if log:
            keep_log(connection, hashlib.sha256(log_of(scores)).hexdigest(), log_of(scores))
    return signed.envelope.digest


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    running = Site(tmp_path_factory.mktemp("results") / "hub")
    running.organisation("org", ann="write")
    for name in ("org/good", "org/weak", "org/poor", "org/claims", "org/silent"):
        running.repo(name, {"README.md": f"# {name}\n".encode()})
    running.repo("org/hidden", {"README.md": b"# Hidden\n"}, private=True)
    running.judge()
    state(running, "org/good", GOOD)
    state(running, "org/weak", WEAK)
    state(running, "org/poor", POOR)
    state(running, "org/claims", [1] * 100, key=PrivateKey.generate())
    state(running, "org/silent", [None] * 20 + [1] * 80)
    state(running, "org/hidden", [1] * 100)
    yield running
    running.stop()


def board(site, user=None):
    cookie = None if user is None else site.session(user)
    return site.page(f"{BOARD}?format=json", cookie=cookie).json()["boards"]


def test_places_come_from_paired_comparisons(site):
    ranked = board(site)[0]["ranked"]
    assert [(row["repo"], row["best"], row["worst"]) for row in ranked] == [
        ("org/good", 1, 1), ("org/weak", 2, 2), ("org/poor", 3, 3),
    ]  # fmt: skip
    assert board(site)[0]["paired"]
    assert {row["level"]["name"] for row in ranked} == {"logged"}  # this hub does not hold the benchmark


def test_claims_and_gaps_are_shown_and_not_ranked(site):
    aside = {row["repo"]: row["why"] for one in board(site) for row in one["aside"]}
    assert "nobody here trusts" in aside["org/claims"]
    assert "got no answer" in aside["org/silent"]
    ranked = {row["repo"] for one in board(site) for row in one["ranked"]}
    assert not ranked & set(aside)


def test_what_one_may_not_read_is_not_there(site):
    def names(user):
        return {row["repo"] for one in board(site, user) for row in (*one["ranked"], *one["aside"])}

    assert "org/hidden" not in names(None)
    assert "org/hidden" in names("ann")


def test_without_a_log_intervals_decide(site):
    state(site, "org/good", [1] * 55 + [0] * 45, benchmark="other", log=False)
    state(site, "org/weak", [1] * 50 + [0] * 50, benchmark="other")
    (found,) = site.page(f"/benchmarks/{sha256_hex(b'other')}?format=json").json()["boards"]
    assert not found["paired"]
    assert [(row["best"], row["worst"]) for row in found["ranked"]] == [(1, 2), (1, 2)]
    assert {row["level"]["name"] for row in found["ranked"]} == {"claimed", "logged"}


def test_a_result_says_what_it_means(site):
    digest = next(row["digest"] for row in board(site)[0]["ranked"] if row["repo"] == "org/good")
    said = text_of(site.page(f"/org/good/evaluations/{digest}"))
    for words in ("100 questions", "accuracy 90.0 %", "between 82.6 % and 94.5 %", "did not make the model", "s000"):
        assert words in said
    log = site.page(f"/org/good/evaluations/{digest}/log")
    assert log.body == log_of(GOOD)
    assert site.page(f"/org/weak/evaluations/{digest}").status == 404
    assert site.page("/org/good/evaluations/nothing").status == 404
    assert "s050" in text_of(site.page(f"/org/good/evaluations/{digest}?page=2"))


def test_two_models_sample_by_sample(site):
    good, weak, *_ = (row["digest"] for row in board(site)[0]["ranked"])
    found = site.page(f"{BOARD}/compare?a={good}&b={weak}&format=json").json()
    assert (found["shared"], len(found["differing"]), found["certain"]) == (100, 30, True)
    assert "30.0 %" in found["says"]
    assert site.page(f"{BOARD}/compare?a={good}&b=").status == 404


@pytest.mark.parametrize("path", ["/benchmarks/zz", f"/benchmarks/{'0' * 64}", f"/benchmarks/{'0' * 64}/compare"])
def test_what_is_not_there(site, path):
    assert site.page(path).status == 404


def test_the_list_and_a_repo_without_results(site):
    assert "river-names" in text_of(site.page("/benchmarks"))
    site.repo("org/unmeasured", {"README.md": b"# New\n"})
    assert "Nobody has measured this yet" in text_of(site.page("/org/unmeasured/evaluations"))


def test_a_log_is_taken_only_for_a_result_that_names_it(site):
    scores = [1, 0, 1, 1]
    state(site, "org/poor", scores, benchmark="sent", log=False)
    body, token = log_of(scores), {"Authorization": f"Bearer {site.token('ann', 'write')}"}
    digest = hashlib.sha256(body).hexdigest()

    def sent(name, repo="org/poor", data=body):
        return site.ask("PUT", f"/api/models/{repo}/logs/{name}", data, headers=token).status

    assert sent("0" * 64) == 400
    assert sent(digest, data=body + b"x") == 400
    assert sent(digest, repo="org/good") == 400
    assert sent(digest) == 201
    assert sent(digest) == 200
    assert site.ask("PUT", f"/api/models/org/poor/logs/{digest}", body, headers={}).status in {401, 403}

"""What the hub says of a revision: to pages, to stock clients, and to the command's own readers, the same thing."""

import json

import pytest
from sqlalchemy import select
from tests.make.hosted import InProcess, files_of
from tests.make.pickle_parts import call, named, pickled, text

from assay.artifact.sources.local import open_local
from assay.assess import assess
from assay.errors import IsolationError, UsageError
from assay.hub.judgement import assay_object, judged, repo_security, security_of, warning_of
from assay.policy.load import parse_policy
from assay.reports.answer import folded
from assay.statements.envelope import Envelope
from assay.statements.keys import PrivateKey
from assay.statements.log import leaf_hash, merkle_root
from assay.statements.predicates.claim import PUBLISHES, TYPE, claim
from assay.statements.statement import Statement, revision_subjects
from assay.store.attempts import want
from assay.store.tables import listing
from assay.worker.judge import Judge
from assay.worker.loop import Loop

EVIL = pickled(call(named("os", "system"), text("true")))
CLEAN = {
    "README.md": b"---\nlicense: mit\ntags: [from-scratch]\n---\n# A\n",
    "config.json": b"{}",
    "notes.bin": b"\x00\x01\x02",
}


class Direct(InProcess):
    def __init__(self, error=None):
        self.error = error

    def assess(self, source, known, packs):
        if self.error is not None:
            raise self.error
        return super().assess(source, known, packs)


def work(hub, error=None):
    node = hub.node
    judge = Judge(node.database, node.contents, node.key, Direct(error))
    return Loop(judge, workers=0, clock=node.clock, pause=0.0).run_until_idle()


@pytest.fixture
def pushed(hub):
    """A repo that was judged, and its commit."""
    repo = hub.repo("ann/clean")
    commit = hub.push(repo, CLEAN)
    work(hub)
    return repo, commit


def said(dirhash, key, text="ours"):
    payload = Statement(TYPE, revision_subjects(dirhash, None), claim(PUBLISHES, text)).to_bytes()
    return {"envelope": Envelope.sign(payload, key).raw.decode(), "key": key.public.pem.decode()}


def test_what_waits_is_said_to_wait(hub):
    repo = hub.repo("ann/new")
    commit = hub.push(repo, CLEAN)
    one = judged(hub.node, repo.id, commit)
    assert (one.state, one.error, one.scan, one.dirhash, one.statements) == ("wanted", None, None, None, [])
    assert one.verdict.outcome == "undecided"
    files = security_of(hub.node, repo.id, commit)
    assert set(files) == {".gitattributes", *CLEAN}
    assert {file["status"] for file in files.values()} == {"queued"}
    assert repo_security(hub.node, repo.id, commit) == {"scansDone": False, "filesWithIssues": []}
    assert warning_of(hub.node, repo.id, commit) is None
    told = assay_object(hub.node, repo.id, commit)
    assert {axis["outcome"] for axis in told["axes"].values()} == {"unknown"}
    assert "not been judged" in told["axes"]["secure"]["reason"]
    answer = hub.ask("GET", f"/api/models/ann/new/scan/{commit}")
    assert (answer.status, answer.headers["X-Error-Code"]) == (404, "EntryNotFound")


def test_poison_is_shown_with_its_reason_and_can_be_unparked(hub):
    repo = hub.repo("ann/poison")
    commit = hub.push(repo, CLEAN)
    assert work(hub, IsolationError("the child was ended by signal 9")) == 3
    one = judged(hub.node, repo.id, commit)
    assert (one.state, one.error, one.statements) == ("parked", "the child was ended by signal 9", [])
    assert {file["status"] for file in security_of(hub.node, repo.id, commit).values()} == {"error"}
    assert repo_security(hub.node, repo.id, commit)["scansDone"]
    assert "signal 9" in warning_of(hub.node, repo.id, commit)
    assert assay_object(hub.node, repo.id, commit)["axes"]["secure"]["reason"] == one.error
    path = f"/api/attempts/{one.attempt}/unpark"
    assert hub.ask("POST", path).status == 401
    assert hub.ask("POST", path, user="ann").status == 403
    hub.user("root", admin=True)
    assert hub.ask("POST", path, user="root").status == 204
    assert hub.ask("POST", path, user="root").status == 404
    assert hub.node.wanted.is_set()
    assert work(hub) == 1
    assert judged(hub.node, repo.id, commit).state == "done"


@pytest.mark.parametrize("hub", ["sqlite", "postgres"], indirect=True)
def test_the_scan_is_what_the_command_folds(hub, example_folders):
    folder = example_folders["llama2-finetune-mit"]
    repo = hub.repo("ann/tuned")
    commit = hub.push(repo, files_of(folder))
    work(hub)
    one = judged(hub.node, repo.id, commit)
    assert one.scan == folded(
        "ann/tuned", "hub", one.assessment, [], hub.node.policy, isolation="not isolated", git_commit=commit,
        keyid=hub.node.key.public.keyid,
    ).scan  # fmt: skip
    answer = hub.ask("GET", "/api/models/ann/tuned/scan/main?policy=commercial")
    scan = answer.json()
    assert scan["verdict"]["policy"] == "commercial"
    assert scan["axes"]["secure"]["outcome"] == "fail"
    assert scan["artifact"]["git_commit"] == commit
    files = {file["path"]: file for file in scan["artifact"]["files"]}
    local = assess(open_local(folder)).predicate
    assert [files[file["path"]] for file in local["files"]] == local["files"]


def test_only_policies_by_name_are_used(hub, pushed):
    repo, commit = pushed
    assert judged(hub.node, repo.id, commit, "commercial").verdict.policy == "commercial"
    for name in ("/etc/passwd", "../default", "./default"):
        with pytest.raises(UsageError, match="no policy"):
            judged(hub.node, repo.id, commit, name)
    assert hub.ask("GET", f"/api/models/ann/clean/scan/{commit}?policy=nope").status == 400


def test_status_by_file_is_what_stock_clients_read(hub):
    repo = hub.repo("ann/evil")
    commit = hub.push(repo, {**CLEAN, "evil.pkl": EVIL, "broken.json": b"[" * 500, "model.py": b"import torch_xla\n"})
    work(hub)
    files = security_of(hub.node, repo.id, commit)
    assert files["evil.pkl"]["status"] == "unsafe"
    assert "os.system" in files["evil.pkl"]["pickleImportScan"]["message"]
    assert files["config.json"] == {
        "status": "safe", "message": "No check found anything.", "avScan": None, "pickleImportScan": None,
    }  # fmt: skip
    assert files["notes.bin"]["status"] == "unscanned"
    assert files["broken.json"]["status"] == "error"
    found = repo_security(hub.node, repo.id, commit)
    assert found["scansDone"]
    assert {"path": "evil.pkl", "level": "unsafe"} in found["filesWithIssues"]
    warning = warning_of(hub.node, repo.id, commit)
    assert warning.startswith("Assay security; ")
    assert warning.isascii()
    assert len(warning) <= 500
    assert "\n" not in warning


def test_a_stock_client_sees_it(hub):
    repo = hub.repo("ann/evil")
    hub.push(repo, {**CLEAN, "evil.pkl": EVIL})
    work(hub)
    api = hub.api("ann")
    evil, good = api.get_paths_info("ann/evil", ["evil.pkl", "config.json"], expand=True)
    assert {evil.path: evil.security.safe, good.path: good.security.safe} == {"evil.pkl": False, "config.json": True}
    info = api.model_info("ann/evil", securityStatus=True)
    assert info.security_repo_status["scansDone"]
    assert [one["path"] for one in info.security_repo_status["filesWithIssues"]] == ["evil.pkl"]
    assert info.assay["axes"]["secure"]["outcome"] == "fail"


def test_an_earlier_assessment_stands_until_the_new_rules_have_judged(hub, pushed, monkeypatch):
    repo, commit = pushed
    monkeypatch.setattr("assay.store.attempts.version", lambda _: "0123456789abcdef-0123456789abcdef")
    hub.push(repo, {"more": b"1"}, ref="refs/heads/main")
    assert judged(hub.node, repo.id, commit).state == "done"
    with hub.node.database.write() as connection:
        want(connection, repo.id, commit, now=1)
    one = judged(hub.node, repo.id, commit)
    assert one.state == "wanted"
    assert one.scan is not None


def test_evidence_of_ones_own_is_shown_as_foreign_and_counts_when_pinned(hub, pushed):
    repo, commit = pushed
    key = PrivateKey.generate()
    dirhash = judged(hub.node, repo.id, commit).dirhash
    assert hub.ask("POST", "/api/models/ann/clean/evidence", said(dirhash, key)).status == 401
    assert hub.ask("POST", "/api/models/ann/clean/evidence", said(dirhash, key), user="bob").status == 403
    first = hub.ask("POST", "/api/models/ann/clean/evidence", said(dirhash, key), user="ann")
    again = hub.ask("POST", "/api/models/ann/clean/evidence", said(dirhash, key), user="ann")
    assert (first.status, again.status, again.json()["new"]) == (201, 200, False)
    listed = hub.ask("GET", "/api/models/ann/clean/evidence/main").json()
    assert [(one["foreign"], one["own"], one["pinned"]) for one in listed["statements"]].count(
        (True, False, False)
    ) == 1
    foreign = next(one for one in listed["statements"] if one["foreign"])
    assert foreign["digest"] == first.json()["digest"]
    raw = hub.ask("GET", foreign["url"].removeprefix(hub.url))
    assert raw.body.decode() == said(dirhash, key)["envelope"]
    assert raw.headers["Content-Disposition"].startswith("attachment")
    assert assay_object(hub.node, repo.id, commit)["axes"]["provenance"]["outcome"] == "unknown"
    hub.user("root", admin=True)
    wish = {"pem": key.public.pem.decode(), "name": "Ann"}
    assert hub.ask("POST", "/api/keys", wish, user="ann").status == 403
    assert hub.ask("POST", "/api/keys", {"pem": "no key"}, user="root").status == 400
    for pinned, outcome in ((True, "pass"), (False, "unknown")):
        assert hub.ask("POST", "/api/keys", {**wish, "pinned": pinned}, user="root").status == 204
        assert assay_object(hub.node, repo.id, commit)["axes"]["provenance"]["outcome"] == outcome
        with hub.node.database.read() as connection:
            assert connection.execute(select(listing.c.provenance)).scalar_one() == outcome
        names = {one["keyid"]: one["name"] for one in hub.ask("GET", "/api/keys").json()}
        assert names == {hub.node.key.public.keyid: ""} | ({key.public.keyid: "Ann"} if pinned else {})


def test_evidence_that_does_not_hold_or_is_about_something_else_is_refused(hub, pushed):
    repo, commit = pushed
    key, other = PrivateKey.generate(), PrivateKey.generate()
    dirhash = judged(hub.node, repo.id, commit).dirhash
    good = said(dirhash, key)
    wrong = [
        {**good, "key": other.public.pem.decode()},
        {**good, "key": "no key"},
        {**good, "envelope": good["envelope"].replace('"sig":"', '"sig":"AA')},
        {**good, "envelope": "{}"},
        {**good, "envelope": "é"},
        said("ab" * 32, key),
        {"envelope": good["envelope"]},
        {},
    ]
    for body in wrong:
        answer = hub.ask("POST", "/api/models/ann/clean/evidence", body, user="ann")
        assert (answer.status, bool(answer.json()["error"])) == (400, True), body
    assert len(judged(hub.node, repo.id, commit).statements) == 1


def test_private_evidence_is_not_there_for_others(hub):
    repo = hub.repo("ann/secret", private=True)
    commit = hub.push(repo, CLEAN)
    public = hub.repo("bob/same")
    same = hub.push(public, CLEAN)
    work(hub)
    (mine,) = judged(hub.node, repo.id, commit).statements
    (theirs,) = judged(hub.node, public.id, same).statements
    assert mine.digest != theirs.digest
    assert hub.ask("GET", f"/api/models/ann/secret/evidence/{commit}").status == 404
    assert hub.ask("GET", f"/api/models/bob/same/evidence/{same}/{mine.digest}").status == 404
    assert hub.ask("GET", f"/api/models/ann/secret/evidence/{commit}/{mine.digest}", user="ann").status == 200


def test_the_log_can_be_read_and_computed_again(hub, pushed):
    told = hub.ask("GET", "/api/log").json()
    leaves = [hub.ask("GET", f"/api/log/leaf/{number}").body for number in range(told["size"])]
    assert told == {"size": 1, "root": merkle_root([leaf_hash(leaf) for leaf in leaves]).hex()}
    for number in ("1", "-1", "x", "9" * 30):
        assert hub.ask("GET", f"/api/log/leaf/{number}").status == 404


def test_an_unknown_revision_has_the_clients_error(hub, pushed):
    for what in ("evidence", "scan"):
        answer = hub.ask("GET", f"/api/models/ann/clean/{what}/nope")
        assert (answer.status, answer.headers["X-Error-Code"]) == (404, "RevisionNotFound")
    assert json.loads(hub.ask("GET", "/api/models/ann/clean/evidence/refs%2Fheads%2Fmain").body)["state"] == "done"


@pytest.mark.parametrize(("until", "outcome"), [("2999-01-01", "admit"), ("2001-01-01", "refuse")])
def test_what_a_policy_suppresses_decides_nothing_until_its_last_day(hub, until, outcome):
    repo = hub.repo("ann/evil")
    commit = hub.push(repo, {"evil.pkl": EVIL, "README.md": CLEAN["README.md"]})
    work(hub)
    policy = parse_policy(
        "name: house\nrequire:\n  - name: secure\n    when: secure.ok\n    say: It must be safe.\nsuppress:\n"
        f"  - rule: SEC101\n    path: '*.pkl'\n    reason: It is a sample\n    until: {until}\n".encode(),
        "here",
    )
    found = judged(hub.node, repo.id, commit, policy)
    assert found.verdict.outcome.value == outcome
    assert any("suppression" in one for one in found.scan["findings"])

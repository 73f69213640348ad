"""What a worker states is what `assess` states about a folder with the same files, or it states nothing."""

import json
import sys

import pytest
from sqlalchemy import func, select, update
from tests.make.hosted import LARGE, InProcess, files_of, without_commit
from tests.make.pickle_parts import call, named, pickled, text

from assay.artifact.sources.local import open_local
from assay.assess import assess
from assay.canonical import sha256_hex
from assay.dossier import ASSESSMENT
from assay.examples import names
from assay.isolate import process
from assay.statements.envelope import Envelope
from assay.store import attempts
from assay.store.attempts import find
from assay.store.evidence import body_of, dirhash_of, statements_about
from assay.store.tables import envelope, git_object, log_leaf, observation, quarantine

EVIL = pickled(call(named("os", "system"), text("true")))
NEW_RULES = """
from assay import assess, rules
from assay.isolate import child
assess.rules_digest = lambda: "ab" * 32
child.main()
"""
MILD_RULES = """
from assay import assess
from assay.finding import Severity
from assay.isolate import child
stern = assess.judge
def mild(revision):
    said = stern(revision)
    return said._replace(findings=tuple(one._replace(severity=Severity.LOW) for one in said.findings))
assess.judge = mild
child.main()
"""


def attempt_of(host, repo, commit):
    with host.database.read() as connection:
        return find(connection, repo.id, commit)


def payloads(host, repo, commit):
    """Return what is said about a commit, newest first."""
    with host.database.read() as connection:
        dirhash = dirhash_of(connection, repo.id, commit)
        if dirhash is None:
            return []
        kept = statements_about(connection, repo.id, dirhash)
        return [Envelope.parse(body_of(connection, repo.id, one.digest)).payload for one in kept]


def count(host, table):
    with host.database.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def write(folder, files):
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", names())
def test_every_example_gets_the_statement_that_a_folder_gets(host, name, example_folders):
    repo = host.repo()
    commit = host.push(repo, files_of(example_folders[name]))
    assert host.loop().run_until_idle() == 1
    (payload,) = payloads(host, repo, commit)
    assert without_commit(payload) == without_commit(assess(open_local(example_folders[name])).statement)
    named = next(one for one in json.loads(payload)["subject"] if one["name"] == "revision")
    assert named["digest"]["gitCommit"] == commit


def test_an_attempt_leaves_a_signed_statement_a_leaf_and_observations(host):
    repo = host.repo()
    commit = host.push(repo, {"README.md": b"---\nlicense: mit\n---\n# A\n", "config.json": b"{}"})
    assert host.loop().run_until_idle() == 1
    assert host.loop().run_until_idle() == 0
    found = attempt_of(host, repo, commit)
    assert found.state == "done"
    if sys.platform == "linux":
        assert found.isolation.startswith("isolated")
    with host.database.read() as connection:
        (kept,) = statements_about(connection, repo.id, dirhash_of(connection, repo.id, commit))
        made = Envelope.parse(body_of(connection, repo.id, kept.digest))
    assert (kept.predicate_type, kept.attempt, kept.own, kept.foreign) == (ASSESSMENT, found.key, True, False)
    assert made.verify([host.key.public])
    assert count(host, log_leaf) == 1
    assert count(host, observation) == 2


def test_new_rules_judge_again_without_reading_a_byte(host, tmp_path, monkeypatch):
    files = {
        "README.md": b"---\nlicense: mit\n---\n# A\n",
        "config.json": b'{"model_type": "llama"}',
        "notes": b"\x00\x01 nothing that a reader knows",
        "weights.pkl": EVIL + bytes(LARGE),
    }
    repo = host.repo()
    commit = host.push(repo, files)
    assert host.loop().run_until_idle() == 1
    for path in sorted((tmp_path / "blobs").rglob("*")):
        if path.is_file():
            path.unlink()
    with host.database.write() as connection:
        connection.execute(update(git_object).where(git_object.c.kind == "blob").values(data=b""))
    monkeypatch.setattr(attempts, "version", lambda _: "0123456789abcdef-abababababababab")
    monkeypatch.setattr(process, "_command", lambda _entry: _with(NEW_RULES))
    with host.database.write() as connection:
        assert attempts.want_missing(connection, 10, now=2000) == 1
    assert host.loop().run_until_idle() == 1
    assert attempt_of(host, repo, commit).present
    assert attempt_of(host, repo, commit).state == "done"
    newer, older = sorted(payloads(host, repo, commit), key=lambda payload: b"ab" * 32 not in payload)
    assert older != newer
    monkeypatch.setattr("assay.assess.rules_digest", lambda: "ab" * 32)
    folder = write(tmp_path / "copy", files)
    assert without_commit(newer) == without_commit(assess(open_local(folder)).statement)


def test_a_file_that_could_not_be_read_in_full_is_read_again(host, monkeypatch):
    repo = host.repo()
    commit = host.push(repo, {"a.json": b"[" * 500, "README.md": b"# A\n"})
    assert host.loop().run_until_idle() == 1
    assert json.loads(payloads(host, repo, commit)[0])["predicate"]["not_judged"]
    monkeypatch.setattr(attempts, "version", lambda _: "0123456789abcdef-0123456789abcdef")
    with host.database.write() as connection:
        attempts.want(connection, repo.id, commit, now=2000)
    seen = []

    class Watching(InProcess):
        def assess(self, source, known, packs):
            seen.append(sorted(known))
            return super().assess(source, known, packs)

    assert host.loop(Watching()).run_until_idle() == 1
    (known,) = seen
    assert [key for key in known if "-card-" in key]


def test_files_that_were_there_before_are_judged_by_what_was_seen_of_them(host):
    repo = host.repo()
    first = host.push(repo, {"README.md": b"# A\n"})
    assert host.loop().run_until_idle() == 1
    host.push(repo, {"config.json": b"{}"})
    assert host.loop().run_until_idle() == 1
    back = host.push(repo, {"config.json": None})
    assert host.loop().run_until_idle() == 1
    ours = [json.loads(payload)["subject"][0]["digest"]["gitCommit"] for payload in payloads(host, repo, back)]
    assert sorted(ours) == sorted([first, back])


def test_damaged_bytes_make_a_failed_attempt_and_no_statement(host, tmp_path):
    repo = host.repo()
    commit = host.push(repo, {"model.bin": bytes(LARGE)})
    (blob,) = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file() and path.stat().st_size == LARGE]
    data = bytearray(blob.read_bytes())
    data[LARGE // 2] ^= 1
    blob.chmod(0o600)
    blob.write_bytes(data)
    loop = host.loop(pause=0.0)
    assert loop.run_until_idle() == 3
    found = attempt_of(host, repo, commit)
    assert found.state == "parked"
    assert found.error
    assert count(host, envelope) == count(host, log_leaf) == 0


def test_what_surely_does_harm_is_shut_away_with_its_reason(host):
    repo = host.repo()
    commit = host.push(repo, {"evil.pkl": EVIL, "good.json": b'{"a": 1}'})
    assert host.loop().run_until_idle() == 1
    with host.database.read() as connection:
        (row,) = connection.execute(select(quarantine)).all()
        (kept,) = statements_about(connection, repo.id, dirhash_of(connection, repo.id, commit))
    assert row.sha256 == sha256_hex(EVIL)
    assert row.reason.startswith("SEC101-")
    assert "os.system" in row.reason
    assert row.statement == kept.digest


def test_harmless_names_elsewhere_do_not_let_go_what_is_shut_away(host):
    repo = host.repo()
    host.push(repo, {"evil.pkl": EVIL})
    assert host.loop().run_until_idle() == 1
    other = host.repo("org/other")
    host.push(other, {"README.md": b"# A\n", "evil.txt": EVIL})
    assert host.loop().run_until_idle() == 1
    assert count(host, quarantine) == 1


def test_newer_rules_that_no_longer_condemn_it_let_it_go(host, monkeypatch):
    repo = host.repo()
    commit = host.push(repo, {"evil.pkl": EVIL})
    assert host.loop().run_until_idle() == 1
    assert count(host, quarantine) == 1
    monkeypatch.setattr(attempts, "version", lambda _: "0123456789abcdef-0123456789abcdef")
    monkeypatch.setattr(process, "_command", lambda _entry: _with(MILD_RULES))
    with host.database.write() as connection:
        attempts.want(connection, repo.id, commit, now=2000)
    assert host.loop().run_until_idle() == 1
    assert count(host, quarantine) == 0


def _with(code):
    return (sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}\n{code}")

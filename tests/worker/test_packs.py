"""Rule packs on a hub: what is hosted is judged again by them, from what was seen before, and by nothing else after."""

import base64
import json
import time

import pytest
from sqlalchemy import update
from tests.checks.packs.test_packs import pack
from tests.make.hosted import InProcess

from assay.artifact.sources.local import open_local
from assay.assess import assess
from assay.checks.packs import judged_by
from assay.errors import CorruptError, NotFoundError
from assay.rules import rules_digest
from assay.store import attempts, log
from assay.store.evidence import body_of, dirhash_of, said, statements_about
from assay.store.packs import Enabled, enable, enabled, listed, pack_digests, remove, switch
from assay.store.tables import git_object, rule_pack


def put(host, one):
    with host.database.write() as connection:
        enable(connection, Enabled(one, b"{}", "ab" * 32, "precision 1.000", 1000))


def judge_again(host):
    with host.database.write() as connection:
        attempts.want_missing(connection, 10, now=time.time())
    return host.loop().run_until_idle()


def newest(host, repo, commit):
    with host.database.read() as connection:
        kept = statements_about(connection, repo.id, dirhash_of(connection, repo.id, commit))
        present = attempts.key_of(connection, repo.id, commit)
        (digest,) = {one.digest for one in kept if one.attempt == present}
        body = json.loads(body_of(connection, repo.id, digest))
    return json.loads(base64.b64decode(body["payload"]))["predicate"]


def test_a_pack_makes_all_due_again_and_no_byte_is_read(host):
    repo = host.repo()
    commit = host.push(repo, {"README.md": b"# A\n", "modeling.py": b"import os\nos.system('true')\n"})
    assert host.loop().run_until_idle() == 1
    before = newest(host, repo, commit)
    assert "packs" not in before
    with host.database.write() as connection:
        connection.execute(update(git_object).where(git_object.c.kind == "blob").values(data=b""))
    theirs = pack()
    put(host, theirs)
    assert judge_again(host) == 1
    after = newest(host, repo, commit)
    assert after["packs"][0]["id"] == theirs.id
    assert after["packs"][0]["findings"]
    assert after["rules"] == judged_by(rules_digest(), [theirs.digest]) != before["rules"]
    assert after["findings"] == before["findings"]
    assert judge_again(host) == 0
    with host.database.write() as connection:
        remove(connection, theirs.id)
        assert attempts.want_anew(connection, now=5000) == 1
    assert host.loop(clock=lambda: time.time() + 10).run_until_idle() == 1
    assert newest(host, repo, commit) == before
    with host.database.read() as connection:
        told = said(connection, statements_about(connection, repo.id, dirhash_of(connection, repo.id, commit)))
        assert told[0].predicate == before
        assert log.size(connection) == 2


def test_switching_to_and_fro_before_and_after_it_was_judged_leaves_what_holds_now(host):
    repo = host.repo()
    commit = host.push(repo, {"modeling.py": b"import os\nos.system('true')\n"})
    put(host, pack())

    for turns in (1, 2, 1, 3, 2, 1):
        for _ in range(turns):
            active = not switched(host)
            with host.database.write() as connection:
                switch(connection, "acme", active=active, now=1000)
                attempts.want_anew(connection, now=2000)
        assert host.loop().run_until_idle() == 1
        with host.database.read() as connection:
            told = said(connection, statements_about(connection, repo.id, dirhash_of(connection, repo.id, commit)))
        assert ("packs" in told[0].predicate) is active


def switched(host):
    with host.database.read() as connection:
        return bool(enabled(connection))


def test_a_worker_that_began_before_the_switch_says_nothing_after_it(host):
    repo = host.repo()
    commit = host.push(repo, {"modeling.py": b"import os\nos.system('true')\n"})

    class Switching(InProcess):
        def assess(self, source, known, packs):
            found = super().assess(source, known, packs)
            put(host, pack())
            with host.database.write() as connection:
                attempts.want_anew(connection, now=2000)
            return found

    host.loop(Switching()).run_until_idle()
    with host.database.read() as connection:
        assert log.size(connection) == 1
    assert newest(host, repo, commit)["packs"][0]["findings"]


def test_what_is_pushed_afterwards_is_judged_by_it_as_a_folder_would_be(host, tmp_path):
    put(host, pack())
    repo = host.repo()
    code = b"import os\nos.system('true')\n"
    commit = host.push(repo, {"modeling.py": code})
    assert host.loop().run_until_idle() == 1
    (tmp_path / "modeling.py").write_bytes(code)
    hosted, local = newest(host, repo, commit), assess(open_local(tmp_path), packs=[pack()]).predicate
    assert hosted["packs"][0]["findings"]
    assert [hosted[key] for key in ("packs", "rules", "findings")] == [
        local[key] for key in ("packs", "rules", "findings")
    ]


def test_a_new_version_takes_the_place_of_the_old_one(host):
    put(host, pack())
    put(host, pack())
    with host.database.read() as connection:
        (one,) = listed(connection)
        assert pack_digests(connection) == [one.pack.digest]
        assert enabled(connection) == (one.pack,)
    with host.database.write() as connection, pytest.raises(NotFoundError, match="no rule pack"):
        remove(connection, "other")


def test_a_pack_that_changed_in_the_store_is_not_used(host):
    put(host, pack())
    with host.database.write() as connection:
        connection.execute(update(rule_pack).values(body=b"{}"))
    with host.database.read() as connection, pytest.raises(CorruptError, match="rule pack"):
        enabled(connection)

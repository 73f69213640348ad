"""Commits, LFS and what comes before them: the routes by which content gets into a hub."""

import base64
import hashlib
import json
import os
import resource
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from assay.hub.accounts.roles import Caller, Role
from assay.hub.new_repo import new_repo
from assay.store.git.reading import commit_row, list_folder
from assay.store.git.refs import tip
from assay.store.repos import RepoType


@pytest.fixture
def repo(hub):
    return make(hub, "ada", "tiny")


def make(hub, owner, name, *, private=False):
    caller = Caller(hub.person(owner), owner, scope=Role.ADMIN)
    return new_repo(hub.node, caller, RepoType.MODEL, owner, name, private=private)


def lines(*said):
    return b"\n".join(json.dumps(line).encode() for line in said)


def header(summary="Add", **more):
    return {"key": "header", "value": {"summary": summary, "description": "", **more}}


def small(path, data):
    content = base64.b64encode(data).decode()
    return {"key": "file", "value": {"path": path, "content": content, "encoding": "base64"}}


def large(path, data, **more):
    value = {"path": path, "algo": "sha256", "oid": sha256(data), "size": len(data)}
    return {"key": "lfsFile", "value": {**value, **more}}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def commit(hub, *said, user="ada", repo="ada/tiny", revision="main"):
    return hub.ask("POST", f"/api/models/{repo}/commit/{revision}", lines(*said), user=user)


def batch(hub, *data, user="ada", repo="ada/tiny", **more):
    objects = [{"oid": sha256(one), "size": len(one)} for one in data]
    body = {"operation": "upload", "transfers": ["basic", "multipart"], "objects": objects, **more}
    return hub.ask("POST", f"/{repo}.git/info/lfs/objects/batch", body, user=user)


def upload(hub, data, **more):
    action = batch(hub, data, **more).json()["objects"][0]["actions"]["upload"]
    return hub.ask("PUT", urlsplit(action["href"]).path, data)


def files(hub, repo, ref="refs/heads/main"):
    with hub.node.database.read() as connection:
        row = commit_row(connection, repo.id, tip(connection, repo.id, ref))
        return {item.path: item.facts for item in list_folder(connection, row, recursive=True).items if item.facts}


def test_small_files_are_committed(hub, repo):
    answer = commit(hub, header(), small("README.md", b"hello"), small("a/b.txt", b""))
    assert answer.status == 200
    said = answer.json()
    assert said["commitUrl"] == f"{hub.url}/ada/tiny/commit/{said['commitOid']}"
    assert sorted(files(hub, repo)) == [".gitattributes", "README.md", "a/b.txt"]


def test_a_large_file_is_sent_then_committed(hub, repo):
    data = os.urandom(3_000_000)
    assert upload(hub, data).status == 200
    assert hub.ask("POST", "/ada/tiny.git/info/lfs/verify", {"oid": sha256(data), "size": len(data)}, user="ada").status
    assert commit(hub, header(), large("model.bin", data)).status == 200
    facts = files(hub, repo)["model.bin"]
    assert (facts.sha256, facts.size) == (sha256(data), len(data))
    assert "actions" not in batch(hub, data).json()["objects"][0]


def test_a_large_file_in_parts(hub, repo):
    object.__setattr__(hub.node.config, "parts_from", 100)
    object.__setattr__(hub.node.config, "part_size", 1_000_000)
    data = os.urandom(2_500_000)
    said = batch(hub, data).json()
    assert said["transfer"] == "multipart"
    action = said["objects"][0]["actions"]["upload"]
    assert action["header"]["chunk_size"] == "1000000"
    parts = []
    for number in (1, 2, 3):
        piece = data[(number - 1) * 1_000_000 : number * 1_000_000]
        answer = hub.ask("PUT", urlsplit(action["header"][str(number)]).path, piece)
        parts.append({"partNumber": number, "etag": answer.headers["ETag"]})
    path = urlsplit(action["href"]).path
    assert hub.ask("POST", path, {"oid": sha256(data), "parts": parts[:2]}).status == 400
    assert hub.ask("POST", path, {"oid": sha256(data), "parts": parts}).status == 200
    assert commit(hub, header(), large("model.bin", data)).status == 200


@pytest.mark.parametrize("sent", [b"", b"other bytes", b"x" * 1000])
def test_bytes_that_are_not_what_was_claimed_are_not_kept(hub, repo, sent):
    data = b"the claimed content"
    action = batch(hub, data).json()["objects"][0]["actions"]["upload"]
    assert hub.ask("PUT", urlsplit(action["href"]).path, sent).status in (400, 413)
    assert not hub.node.blobs.has(sha256(data))
    assert list(hub.node.blobs.list()) == []
    assert commit(hub, header(), large("model.bin", data)).status == 400


def test_an_address_is_for_one_content_and_cannot_be_forged(hub, repo):
    href = urlsplit(batch(hub, b"one").json()["objects"][0]["actions"]["upload"]["href"]).path
    assert hub.ask("PUT", href[:-2] + ("AA" if href[-2:] != "AA" else "BB"), b"one").status == 403
    assert hub.ask("PUT", "/lfs/parts/" + href.rpartition("/")[2], b"one").status == 403
    object.__setattr__(hub.node, "clock", lambda: 4e9)
    assert hub.ask("PUT", href, b"one").status == 403


def test_guessing_the_digest_of_a_private_file_gives_nothing(hub, repo):
    secret = make(hub, "eve", "secret", private=True)
    data = b"what eve keeps to herself" * 100
    assert upload(hub, data, user="eve", repo="eve/secret").status == 200
    assert commit(hub, header(), large("weights.bin", data), user="eve", repo="eve/secret").status == 200
    answer = commit(hub, header(), large("stolen.bin", data))
    unknown = commit(hub, header(), large("stolen.bin", b"nobody has this"))
    assert (answer.status, unknown.status) == (400, 400)
    assert "actions" in batch(hub, data).json()["objects"][0], "the hub must not tell that it has the content"
    assert "stolen.bin" not in files(hub, repo)
    assert secret.private


def test_what_can_be_read_may_be_named(hub, repo):
    make(hub, "bob", "open")
    data = b"bob's open weights" * 100
    upload(hub, data, user="bob", repo="bob/open")
    assert commit(hub, header(), large("copy.bin", data)).status == 400, "bob has not committed it yet"
    commit(hub, header(), large("weights.bin", data), user="bob", repo="bob/open")
    assert commit(hub, header(), large("copy.bin", data)).status == 200
    line = large("again.bin", data)
    del line["value"]["size"]
    assert commit(hub, header(), line).status == 200


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ([small("a", b"x")], 400, None),
        ([header(""), small("a", b"x")], 400, None),
        ([header(), {"key": "nonsense", "value": {}}], 400, None),
        ([header(), {"key": "file", "value": {"path": "a", "content": "!!!"}}], 400, None),
        ([header(), {"key": "file", "value": {"content": ""}}], 400, None),
        ([header(), {"key": "lfsFile", "value": {"path": "a", "oid": "x", "size": -1}}], 400, None),
        ([header(), {"key": "deletedFile", "value": {"path": "none"}}], 404, "EntryNotFound"),
        ([header(), small("../out", b"x")], 422, None),
        ([header(), small("a\\..\\b", b"x")], 422, None),
        ([header(), small(".git/config", b"x")], 422, None),
        ([header(), small("a/../../b", b"x")], 422, None),
        ([header(parentCommit="0" * 40), small("a", b"x")], 412, None),
        ([header(parentCommit="abc"), small("a", b"x")], 400, None),
    ],
)
def test_a_commit_that_makes_no_sense_changes_nothing(hub, repo, said, status, code):
    before = files(hub, repo)
    answer = commit(hub, *said)
    assert (answer.status, answer.headers["X-Error-Code"]) == (status, code), answer.body
    assert answer.json()["error"]
    assert files(hub, repo) == before


@pytest.mark.parametrize("body", [b"{", b"\xff\n", b'{"key": 1}', b"[]", b'{"key":"header","value":[]}'])
def test_lines_that_are_no_json_are_refused(hub, repo, body):
    assert hub.ask("POST", "/api/models/ada/tiny/commit/main", body, user="ada").status == 400


def test_a_branch_that_is_not_there(hub, repo):
    answer = commit(hub, header(), small("a", b"x"), revision="none")
    assert (answer.status, answer.headers["X-Error-Code"]) == (404, "RevisionNotFound")


def test_who_may_not_write(hub, repo):
    assert commit(hub, header(), small("a", b"x"), user="bob").status == 403
    assert hub.ask("POST", "/api/models/ada/tiny/commit/main", lines(header(), small("a", b"x"))).status == 401
    assert batch(hub, b"x", user="bob").status == 403


def test_deleting_and_replacing(hub, repo):
    commit(hub, header(), small("a/b", b"1"), small("a/c", b"2"), small("d", b"3"))
    said = [{"key": "deletedFolder", "value": {"path": "a/"}}, {"key": "deletedFile", "value": {"path": "d"}}]
    assert commit(hub, header(), *said, small("d/e", b"4")).status == 200
    assert sorted(files(hub, repo)) == [".gitattributes", "d/e"]


def test_of_two_writers_who_built_on_the_same_commit_one_wins(hub, repo):
    parent = commit(hub, header(), small("a", b"0")).json()["commitOid"]
    said = [[header(parentCommit=parent), small("a", b"%d" % writer)] for writer in range(8)]
    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(answer.status for answer in pool.map(lambda one: commit(hub, *one), said))
    assert statuses == [200] + [412] * 7


def test_writers_who_build_on_whatever_is_there_all_win(hub, repo):
    said = [[header(), small(f"file-{writer}", b"x")] for writer in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert {answer.status for answer in pool.map(lambda one: commit(hub, *one), said)} == {200}
    assert len(files(hub, repo)) == 9


def test_a_quota_is_checked_before_bytes_are_sent(hub, repo):
    object.__setattr__(hub.node.config, "quota", 1_000)
    answer = batch(hub, b"x" * 1_001)
    assert answer.status == 507
    assert "1,000" in answer.json()["error"]


@pytest.mark.slow
def test_a_line_of_a_gigabyte_is_refused_in_bounded_memory(hub, repo):
    """Clients read an answer only when all is sent, so the hub reads on and forgets."""
    token = hub.token("ada")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with socket.create_connection(("127.0.0.1", urlsplit(hub.url).port)) as connection:
        connection.sendall(
            f"POST /api/models/ada/tiny/commit/main HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            "Content-Length: 1000000000\r\n\r\n".encode()
        )
        piece = b"x" * 1_000_000
        for _ in range(1_000):
            connection.sendall(piece)
        answer = connection.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"Send large files by LFS or Xet." in answer
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_many_small_files_do_not_stay_in_memory(hub, repo):
    data = [os.urandom(1_000).hex().encode() * 100 for _ in range(100)]
    said = [small(f"part-{number}.txt", one) for number, one in enumerate(data)]
    assert commit(hub, header(), *said).status == 200
    assert len(files(hub, repo)) == 101


def test_preupload_says_how_to_send(hub, repo):
    commit(hub, header(), small("there.txt", b"text"))
    text, binary = base64.b64encode(b"text").decode(), base64.b64encode(b"\0\1").decode()
    asked = {
        "files": [
            {"path": "there.txt", "size": 4, "sample": text},
            {"path": "new.txt", "size": 5_000_000, "sample": text},
            {"path": "model.safetensors", "size": 10, "sample": text},
            {"path": "data", "size": 10, "sample": binary},
            {"path": "empty.safetensors", "size": 0, "sample": ""},
            {"path": "secret/key.txt", "size": 4, "sample": text},
        ],
        "gitIgnore": "secret/\n",
    }
    answer = hub.ask("POST", "/api/models/ada/tiny/preupload/main", asked, user="ada")
    said = answer.json()["files"]
    assert [one["uploadMode"] for one in said] == ["regular", "lfs", "lfs", "lfs", "regular", "regular"]
    assert [one["shouldIgnore"] for one in said] == [False] * 5 + [True]
    assert said[0]["oid"] == "f3a34851d44d6b97c90fbb99dddabef5ffdae0a3" or len(said[0]["oid"]) == 40


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        ("---\nlicense: mit\n---\n# A", 200, ""),
        ("# A", 200, "empty or missing"),
        ("---\ntags: [a]\n---\n", 200, "declares no license"),
        ("---\na: [\n---\n", 400, "front matter"),
        ("---\n- a\n---\n", 400, "mapping"),
        ("---\n!!python/object:os.system x\n---\n", 400, ""),
    ],
)
def test_a_card_is_checked(hub, content, status, words):
    answer = hub.ask("POST", "/api/validate-yaml", {"content": content, "repoType": "model"})
    assert answer.status == status
    said = answer.json()
    assert bool(said["errors"]) == (status == 400)
    assert words in json.dumps(said)

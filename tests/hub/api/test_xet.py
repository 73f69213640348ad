"""The chunk store: real clients send and read through it, and nothing that is claimed is believed."""

import importlib.util
import os
import re
import socket
import time
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select, update
from tests.store.xet.samples import laid, noise, usual

from assay.artifact.blob import BytesBlob
from assay.canonical import sha256_hex
from assay.store.repos import delete_repo, set_gated, set_private
from assay.store.tables import account, content, holding, quarantine, xet_file, xet_holding, xet_xorb
from assay.store.xet.hashes import XetHash, chunk_hash, digest_of
from assay.store.xet.shard import ChunkInfo, XorbInfo, read_shard, write_shard
from assay.store.xet.xorb import MAX_XORB

REPO = "ada/tiny"
UNKNOWN = chunk_hash(b"nobody has this")


@pytest.fixture
def repo(hub):
    return hub.repo(REPO)


@pytest.fixture
def client(require, client_home):
    require("hf_xet", importlib.util.find_spec("hf_xet"), "the package hf-xet is not installed")
    return importlib.import_module("hf_xet")


def access(hub, user="ada", scope="write", name=REPO):
    return hub.ask("GET", f"/api/models/{name}/xet-{scope}-token/main", user=user).json()["accessToken"]


def ask(hub, method, path, body=None, *, token=None, **headers):
    shown = {} if token is None else {"Authorization": f"Bearer {token}"}
    return hub.ask(method, f"/xet/this{path}", body, headers={**shown, **headers})


def send_xorb(hub, stored, token, name=None):
    body = stored.blob.read_at(0, stored.blob.size)
    return ask(hub, "POST", f"/v1/xorbs/default/{name or stored.xorb.hash}", body, token=token)


def table(xorb):
    chunks = tuple(ChunkInfo(chunk.hash, chunk.start, chunk.size) for chunk in xorb.chunks)
    return XorbInfo(xorb.hash, chunks, chunks[-1].start + chunks[-1].size, 0)


def send_shard(hub, token, info, xorbs=()):
    return ask(hub, "POST", "/v1/shards", write_shard([info], map(table, xorbs)), token=token)


def send(hub, file, **who):
    """Send a file in chunks and return what the shard was answered."""
    token = access(hub, **who)
    for stored in file.xorbs.values():
        assert send_xorb(hub, stored, token).status == 200
    return send_shard(hub, token, file.info, [stored.xorb for stored in file.xorbs.values()])


def commit(hub, file, user="ada", name=REPO, path="model.bin"):
    header = b'{"key":"header","value":{"summary":"Add","description":""}}\n'
    line = f'{{"key":"lfsFile","value":{{"path":"{path}","algo":"sha256","oid":"{file.info.sha256}"}}}}'
    return hub.ask("POST", f"/api/models/{name}/commit/main", header + line.encode(), user=user)


def rows(hub, *tables):
    with hub.node.database.read() as connection:
        return [connection.execute(select(func.count()).select_from(one)).scalar_one() for one in tables]


def kept(hub):
    """Return everything that sending something may leave behind."""
    files = [path for path in (hub.node.config.folder / "blobs").rglob("*") if path.is_file()]
    return len(files), *rows(hub, content, holding, xet_file, xet_holding, xet_xorb)


def write(hub, work, *arguments, **more):
    with hub.node.database.write() as connection:
        work(connection, *arguments, **more)


# Real clients


@pytest.mark.parametrize("size", [0, 1, 10_000_000, pytest.param(70_000_000, marks=pytest.mark.slow)])
def test_the_real_client_sends_and_gets_back_every_byte(hub, client, tmp_path, size):
    hub.repo(REPO, private=True)
    data = os.urandom(size)
    (tmp_path / "model.bin").write_bytes(data)
    hub.api("ada").upload_file(path_or_fileobj=tmp_path / "model.bin", path_in_repo="a/model.bin", repo_id=REPO)
    hub.api("ada").hf_hub_download(REPO, "a/model.bin", local_dir=tmp_path / "out")
    assert (tmp_path / "out" / "a" / "model.bin").read_bytes() == data
    answer = hub.ask("GET", f"/{REPO}/resolve/main/a/model.bin", user="ada")
    assert answer.body == data
    assert ("X-Xet-Hash" in answer.headers) == (size > 0)


@pytest.mark.parametrize("hub", ["sqlite", "postgres"], indirect=True)
def test_a_folder_goes_up_and_an_edit_moves_little(hub, client, tmp_path):
    hub.repo(REPO)
    folder = tmp_path / "model"
    folder.mkdir()
    files = {f"part-{number}.bin": noise(1_500_000, number) for number in range(3)}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    api = hub.api("ada")
    api.upload_folder(repo_id=REPO, folder_path=folder)
    before = kept(hub)
    api.upload_folder(repo_id=REPO, folder_path=folder)
    assert kept(hub) == before
    data = files["part-1.bin"]
    (folder / "part-1.bin").write_bytes(data[:700_000] + b"edit" + data[700_000:])
    sent = sum(one.size for one in hub.node.blobs.list())
    api.upload_folder(repo_id=REPO, folder_path=folder)
    assert sum(one.size for one in hub.node.blobs.list()) - sent < 400_000
    got = hub.ask("GET", f"/{REPO}/resolve/main/part-1.bin")
    assert got.body == (folder / "part-1.bin").read_bytes()


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.usefixtures("repo", "client")
def test_another_client_need_not_send_what_it_could_read(hub, tmp_path, monkeypatch, private):
    hub.repo("bob/model", private=private)
    data = noise(3_000_000)
    (tmp_path / "model.bin").write_bytes(data)
    sending = {"path_or_fileobj": tmp_path / "model.bin", "path_in_repo": "model.bin"}
    hub.api("bob").upload_file(**sending, repo_id="bob/model")
    received = hub.ask("GET", "/metrics").body
    monkeypatch.setenv("HF_XET_CACHE", str(tmp_path / "elsewhere"))
    hub.api("ada").upload_file(**sending, repo_id=REPO)
    again = hub.ask("GET", "/metrics").body
    counted = re.compile(rb'assay_received_bytes_total\{route="/xet/\{store\}/v1/xorbs/default/\{xorb\}"\} (.+)')
    assert (counted.findall(received) != counted.findall(again)) == private
    assert hub.ask("GET", f"/{REPO}/resolve/main/model.bin").body == data


def test_what_a_client_remembers_to_have_sent_can_be_named_in_another_repo(hub, repo, client, tmp_path):
    """Clients do not send again what they sent before: also not when that repo is gone."""
    (tmp_path / "model.bin").write_bytes(noise(300_000))
    sending = {"path_or_fileobj": tmp_path / "model.bin", "path_in_repo": "model.bin"}
    hub.api("ada").upload_file(**sending, repo_id=REPO)
    write(hub, delete_repo, repo.id)
    hub.repo("ada/again")
    hub.api("ada").upload_file(**sending, repo_id="ada/again")
    assert hub.ask("GET", "/ada/again/resolve/main/model.bin").body == noise(300_000)


def test_the_real_client_shows_a_refusal_at_once(hub, repo, client, tmp_path):
    object.__setattr__(hub.node.config, "quota", 100_000)
    (tmp_path / "model.bin").write_bytes(noise(300_000))
    started = time.monotonic()
    with pytest.raises(OSError, match="413"):
        hub.api("ada").upload_file(path_or_fileobj=tmp_path / "model.bin", path_in_repo="model.bin", repo_id=REPO)
    assert time.monotonic() - started < 5
    assert kept(hub) == (0, 0, 0, 0, 0, 0)


# Access tokens


@pytest.mark.parametrize("revision", ["main", "None", "refs%2Fpr%2F1", "0" * 40])
@pytest.mark.parametrize("scope", ["read", "write"])
def test_a_token_is_told_in_headers_and_in_json(hub, repo, revision, scope):
    answer = hub.ask("GET", f"/api/models/{REPO}/xet-{scope}-token/{revision}", user="ada")
    said = answer.json()
    assert answer.status == 200
    assert said["casUrl"] == answer.headers["X-Xet-Cas-Url"]
    assert re.fullmatch(re.escape(hub.url) + "/xet/[0-9a-f]{12}", said["casUrl"])
    assert said["accessToken"] == answer.headers["X-Xet-Access-Token"]
    assert said["exp"] == int(answer.headers["X-Xet-Token-Expiration"])
    assert hub.node.now() + 600 < said["exp"] <= hub.node.now() + 3600
    assert answer.headers["Cache-Control"] == "no-store"


def test_who_gets_a_token(hub, repo):
    hub.repo("eve/secret", private=True)
    path = f"/api/models/{REPO}/xet-%s-token/main"
    assert hub.ask("GET", path % "read").status == 200
    assert hub.ask("GET", path % "write").status == 401
    assert hub.ask("GET", path % "write", user="bob").status == 403
    only_read = {"Authorization": f"Bearer {hub.token('ada', 'read')}"}
    assert hub.ask("GET", path % "write", headers=only_read).status == 403
    for user in (None, "ada"):
        for scope in ("read", "write"):
            answer = hub.ask("GET", f"/api/models/eve/secret/xet-{scope}-token/main", user=user)
            assert (answer.status, answer.headers["X-Error-Code"]) == (404, "RepoNotFound")


def test_a_token_must_be_shown_be_ours_be_for_this_and_be_in_time(hub, repo):
    file = usual()
    (stored, *_) = file.xorbs.values()
    good = access(hub)
    end = "AAAA" if good[-4:] != "AAAA" else "BBBB"
    for shown in (None, "", "nonsense", good[:-4] + end, hub.token("ada"), "a" * 5000):
        answer = send_xorb(hub, stored, shown)
        assert answer.status == 401, shown
        assert send_shard(hub, shown, file.info).status == 401
    assert send_xorb(hub, stored, access(hub, scope="read")).status == 403
    assert send_shard(hub, access(hub, scope="read"), file.info).status == 403
    object.__setattr__(hub.node, "clock", lambda: time.time() + 4000)
    assert send_xorb(hub, stored, good).status == 401
    assert kept(hub) == (0, 0, 0, 0, 0, 0)


def test_a_token_is_worth_no_more_than_its_owner_by_now(hub):
    hub.organisation("org", bob="write")
    repo = hub.repo("org/model", private=True)
    (stored, *_) = usual().xorbs.values()
    token, reading = access(hub, "bob", name="org/model"), access(hub, "bob", "read", "org/model")
    head = f"/v1/xorbs/default/{stored.xorb.hash}"
    assert send_xorb(hub, stored, token).status == 200
    assert ask(hub, "HEAD", head, token=reading).status == 200
    write(hub, lambda connection: connection.exec_driver_sql("UPDATE membership SET role = 'read'"))
    assert send_xorb(hub, stored, token).status == 403
    assert ask(hub, "HEAD", head, token=reading).status == 200
    write(hub, lambda connection: connection.exec_driver_sql("DELETE FROM membership"))
    assert ask(hub, "HEAD", head, token=reading).status == 403
    write(hub, set_private, repo.id, private=False)
    assert ask(hub, "HEAD", head, token=reading).status == 200
    write(hub, set_gated, repo.id, "manual")
    assert ask(hub, "HEAD", head, token=reading).status == 403
    write(hub, set_gated, repo.id, None)
    write(hub, lambda connection: connection.execute(update(account).values(disabled=True)))
    assert ask(hub, "HEAD", head, token=reading).status == 401
    anybody = hub.ask("GET", "/api/models/org/model/xet-read-token/main").json()["accessToken"]
    assert ask(hub, "HEAD", head, token=anybody).status == 200
    write(hub, delete_repo, repo.id)
    assert ask(hub, "HEAD", head, token=anybody).status == 403


def test_who_runs_the_hub_may_do_so_while_that_lasts(hub):
    hub.repo("eve/secret", private=True)
    hub.user("root", admin=True)
    (stored, *_) = usual().xorbs.values()
    token = access(hub, "root", name="eve/secret")
    assert send_xorb(hub, stored, token).status == 200
    write(hub, lambda connection: connection.execute(update(account).values(admin=False)))
    assert send_xorb(hub, stored, token).status == 403


# Xorbs


def test_a_xorb_is_taken_once(hub, repo):
    (stored, *_) = usual().xorbs.values()
    token = access(hub)
    assert send_xorb(hub, stored, token).json() == {"was_inserted": True}
    before = kept(hub)
    assert send_xorb(hub, stored, token).json() == {"was_inserted": False}
    assert kept(hub) == before
    answer = ask(hub, "HEAD", f"/v1/xorbs/default/{stored.xorb.hash}", token=token)
    assert (answer.status, int(answer.headers["Content-Length"])) == (200, stored.xorb.length)


def test_a_xorb_that_others_keep_to_themselves_is_new_to_everyone_else(hub, repo):
    hub.repo("eve/secret", private=True)
    (stored, *_) = usual().xorbs.values()
    send_xorb(hub, stored, access(hub, "eve", name="eve/secret"))
    token = access(hub)
    assert ask(hub, "HEAD", f"/v1/xorbs/default/{stored.xorb.hash}", token=token).status == 404
    assert ask(hub, "HEAD", f"/v1/xorbs/default/{UNKNOWN}", token=token).status == 404
    before = kept(hub)
    assert send_xorb(hub, stored, token).json() == {"was_inserted": True}
    assert kept(hub)[0] == before[0], "it is stored once"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda body: body[:-1], 400),
        (lambda body: body[:100], 400),
        (lambda body: b"", 400),
        (lambda body: body[:60] + bytes([body[60] ^ 1]) + body[61:], 400),
        (lambda body: body + body, 400),
        (lambda body: b"\x01" + body[1:], 400),
        (lambda body: body + b"XETBLOB" + bytes(400_000), 413),
        (lambda body: os.urandom(3_000_000), 400),
    ],
)
def test_a_xorb_that_is_not_what_it_is_sent_as_is_not_kept(hub, repo, change, status):
    (stored, *_) = usual().xorbs.values()
    body = change(stored.blob.read_at(0, stored.blob.size))
    answer = ask(hub, "POST", f"/v1/xorbs/default/{stored.xorb.hash}", body, token=access(hub))
    assert answer.status == status
    assert answer.json()["error"]
    assert kept(hub) == (0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("name", [UNKNOWN, "0" * 64, "x", UNKNOWN.upper(), "a" * 63])
def test_a_xorb_under_another_name_is_not_kept(hub, repo, name):
    (stored, *_) = usual().xorbs.values()
    assert send_xorb(hub, stored, access(hub), name).status == 400
    assert kept(hub) == (0, 0, 0, 0, 0, 0)


def raw(hub, token, name, announced, sent=b""):
    """Send the head of a xorb and return what comes back; after some of its bytes, go away instead."""
    with socket.create_connection(("127.0.0.1", urlsplit(hub.url).port), timeout=10) as connection:
        connection.sendall(
            f"POST /xet/this/v1/xorbs/default/{name} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            f"{announced}\r\n\r\n".encode()
            + sent
        )
        return b"" if sent else connection.recv(65_536)


def test_a_xorb_of_no_announced_length_or_too_much_is_refused_unread(hub, repo):
    token = access(hub)
    assert raw(hub, token, UNKNOWN, "Transfer-Encoding: chunked").startswith(b"HTTP/1.1 411 ")
    assert raw(hub, token, UNKNOWN, f"Content-Length: {MAX_XORB * 2}").startswith(b"HTTP/1.1 413 ")


def test_a_client_that_goes_away_leaves_nothing(hub, repo):
    (stored, *_) = usual().xorbs.values()
    body = stored.blob.read_at(0, stored.blob.size)
    raw(hub, access(hub), stored.xorb.hash, f"Content-Length: {len(body)}", body[:-500])
    deadline = time.monotonic() + 5
    while kept(hub) != (0, 0, 0, 0, 0, 0) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert kept(hub) == (0, 0, 0, 0, 0, 0)


def test_xorbs_that_no_file_uses_fill_the_quota_too(hub, repo):
    object.__setattr__(hub.node.config, "quota", 25_000)
    token = access(hub)
    xorbs = laid([[noise(10_000, number)] for number in range(3)], []).xorbs
    assert [send_xorb(hub, stored, token).status for stored in xorbs.values()] == [200, 200, 413]


# Shards


def test_what_was_sent_can_be_committed_and_read(hub, repo):
    file = usual()
    assert send(hub, file).json() == {"result": 1}
    assert send(hub, file).json() == {"result": 0}
    assert commit(hub, file).status == 200
    answer = hub.ask("GET", f"/{REPO}/resolve/main/model.bin")
    assert (answer.body, answer.headers["X-Xet-Hash"]) == (file.data, file.info.hash)


def test_what_is_stored_whole_stays_so(hub, repo):
    file = usual()
    hub.push(repo, {"other.bin": b"\0", "model.bin": file.data + bytes(2_000_000)})
    hub.keep(repo, file.data)
    assert send(hub, file).json() == {"result": 0}
    assert rows(hub, xet_file) == [0]
    assert commit(hub, file).status == 200
    answer = hub.ask("GET", f"/{REPO}/resolve/main/model.bin")
    assert (answer.body, answer.headers["X-Xet-Hash"]) == (file.data, None)


@pytest.mark.parametrize(
    "change",
    [
        {"hash": UNKNOWN},
        {"sha256": sha256_hex(b"another file")},
        {"ranges": None},
        {"ranges": (UNKNOWN,) * 5},
    ],
)
def test_a_shard_with_a_wrong_claim_is_refused_and_nothing_of_it_kept(hub, repo, change):
    file = usual()
    token = access(hub)
    for stored in file.xorbs.values():
        send_xorb(hub, stored, token)
    before = kept(hub)
    answer = ask(hub, "POST", "/v1/shards", write_shard([file.info, file.with_info(**change)]), token=token)
    assert answer.status == 400
    assert kept(hub) == before
    assert commit(hub, file).status == 400


def test_a_shard_that_describes_a_xorb_wrongly_is_refused(hub, repo):
    file = usual()
    token = access(hub)
    for stored in file.xorbs.values():
        send_xorb(hub, stored, token)
    (stored, *_) = file.xorbs.values()
    wrong = table(stored.xorb)
    wrong = XorbInfo(wrong.hash, (wrong.chunks[0]._replace(hash=UNKNOWN), *wrong.chunks[1:]), wrong.size, 0)
    assert ask(hub, "POST", "/v1/shards", write_shard([file.info], [wrong]), token=token).status == 400
    assert rows(hub, content, xet_file) == [0, 0]


@pytest.mark.parametrize("cut", [0, 10, 48, 500, -1])
def test_a_shard_that_makes_no_sense_is_refused(hub, repo, cut):
    body = write_shard([usual().info])[:cut]
    assert ask(hub, "POST", "/v1/shards", body, token=access(hub)).status == 400


def test_a_guessed_private_xorb_is_as_an_unknown_one(hub, repo):
    hub.repo("eve/secret", private=True)
    hub.repo("eve/other")
    file = usual()
    assert send(hub, file, user="eve", name="eve/secret").status == 200
    assert commit(hub, file, "eve", "eve/secret").status == 200
    token = access(hub)
    unknown = laid([[b"a chunk that nobody sent"]], [(0, 0, 1)])
    answers = [send_shard(hub, token, one.info) for one in (file, unknown)]
    assert send_shard(hub, access(hub, "eve", name="eve/other"), file.info).status == 200, "eve sent it herself"
    assert [answer.status for answer in answers] == [400, 400]
    said = [re.sub("[0-9a-f]{64}", "HASH", answer.json()["error"]) for answer in answers]
    assert said[0] == said[1]
    assert commit(hub, file).status == 400


def test_having_the_same_file_gives_no_right_to_what_lies_beside_it(hub, repo):
    hub.repo("eve/secret", private=True)
    public, secret = noise(9_000, 1), noise(9_000, 2)
    eves = laid([[public, secret]], [(0, 0, 1)])
    adas = laid([[public]], [(0, 0, 1)])
    assert eves.info.hash == adas.info.hash
    send(hub, eves, user="eve", name="eve/secret")
    commit(hub, eves, "eve", "eve/secret")
    assert send(hub, adas).json() == {"result": 1}
    assert commit(hub, adas).status == 200
    token = access(hub)
    (name,) = eves.xorbs
    assert ask(hub, "HEAD", f"/v1/xorbs/default/{name}", token=token).status == 404
    told = ask(hub, "GET", f"/v1/chunks/default/{chunk_hash(public)}", token=token)
    assert digest_of(name) not in told.body
    assert send_shard(hub, token, laid([[public, secret]], [(0, 1, 2)]).info).status == 400


def test_xorbs_of_repos_that_can_be_read_can_be_used(hub, repo):
    hub.repo("bob/open")
    file = usual()
    send(hub, file, user="bob", name="bob/open")
    token = access(hub)
    assert send_shard(hub, token, file.info).status == 400, "bob has not committed it yet"
    commit(hub, file, "bob", "bob/open")
    bobs = hub.find("bob/open")
    write(hub, set_gated, bobs.id, "auto")
    assert send_shard(hub, token, file.info).status == 400, "it is for members only"
    write(hub, set_gated, bobs.id, None)
    assert send_shard(hub, token, file.info).status == 200
    assert commit(hub, file).status == 200
    write(hub, delete_repo, bobs.id)
    assert hub.ask("GET", f"/{REPO}/resolve/main/model.bin").body == file.data


def test_a_quota_counts_files_before_they_are_read(hub, repo):
    file = usual()
    object.__setattr__(hub.node.config, "quota", len(file.data) - 1)
    token = access(hub)
    for stored in list(file.xorbs.values())[1:]:
        assert send_xorb(hub, stored, token).status == 200
    object.__setattr__(hub.node.config, "quota", None)
    send(hub, file)
    again = laid([[noise(5_000)]], [(0, 0, 1)] * 20)
    object.__setattr__(hub.node.config, "quota", len(file.data) + 50_000)
    assert send(hub, again).status == 413
    assert rows(hub, xet_file) == [1]


# Reading


def places(hub, file, token, **headers):
    return ask(hub, "GET", f"/v1/reconstructions/{file.info.hash}", token=token, **headers)


def fetched(hub, url, first, last, **headers):
    parts = urlsplit(url)
    return hub.ask("GET", f"{parts.path}?{parts.query}", headers={"Range": f"bytes={first}-{last}", **headers})


@pytest.fixture
def file(hub, repo):
    file = usual()
    send(hub, file)
    commit(hub, file)
    return file


def test_only_files_of_commits_of_the_repo_can_be_found(hub, repo):
    hub.repo("ada/other")
    file = usual()
    send(hub, file)
    assert places(hub, file, access(hub)).status == 404
    commit(hub, file)
    assert places(hub, file, access(hub)).status == 200
    assert places(hub, file, access(hub, None, "read")).status == 200
    assert places(hub, file, access(hub, name="ada/other")).status == 404
    assert places(hub, file, None).status == 401
    assert ask(hub, "GET", f"/v1/reconstructions/{UNKNOWN}", token=access(hub)).status == 404


def test_addresses_are_for_their_bytes_and_no_others(hub, file):
    said = places(hub, file, access(hub, None, "read")).json()
    for name, parts in said["fetch_info"].items():
        for part in parts:
            first, last = part["url_range"]["start"], part["url_range"]["end"]
            answer = fetched(hub, part["url"], first, last)
            assert answer.status == 206
            assert answer.body == file.xorbs[XetHash(name)].blob.read_at(first, last + 1 - first)
            assert answer.headers["Content-Range"].startswith(f"bytes {first}-{last}/")
            for other in ((first, last + 1), (first + 1, last), (last + 1, last + 9), (0, 10**11)):
                assert fetched(hub, part["url"], *other).status == 403
            path = urlsplit(part["url"]).path
            assert hub.ask("GET", path).status == 403
            assert hub.ask("GET", path, headers={"Range": f"bytes={first}-{last},0-1"}).status == 403
            forged = path[:-3] + ("AAA" if path[-3:] != "AAA" else "BBB")
            assert fetched(hub, forged, first, last).status == 403
            assert fetched(hub, path.replace(name, UNKNOWN), first, last).status == 403


def test_addresses_end(hub, repo, file):
    part = next(iter(places(hub, file, access(hub)).json()["fetch_info"].values()))[0]
    where = (part["url"], part["url_range"]["start"], part["url_range"]["end"])
    assert fetched(hub, *where).status == 206
    now = time.time()
    object.__setattr__(hub.node, "clock", lambda: now + 4000)
    assert fetched(hub, *where).status == 403
    object.__setattr__(hub.node, "clock", lambda: now)
    write(hub, delete_repo, repo.id)
    assert fetched(hub, *where).status == 403


def test_ranges_of_a_file(hub, file):
    token = access(hub)
    whole = places(hub, file, token).json()
    assert sum(term["unpacked_length"] for term in whole["terms"]) == len(file.data)
    part = places(hub, file, token, Range=f"bytes={len(file.data) - 10}-").json()
    assert len(part["terms"]) == 1
    assert places(hub, file, token, Range=f"bytes={len(file.data)}-{len(file.data) + 5}").status == 416


def test_what_is_in_quarantine_cannot_be_found(hub, file):
    row = {"sha256": file.info.sha256, "reason": "it deletes files", "statement": "0" * 64, "since": 1}
    write(hub, lambda connection: connection.execute(quarantine.insert().values(**row)))
    answer = places(hub, file, access(hub))
    assert (answer.status, answer.headers["X-Error-Code"]) == (403, "Quarantined")
    assert "it deletes files" in answer.json()["error"]


def test_damaged_bytes_are_never_sent(hub, file):
    said = places(hub, file, access(hub)).json()
    for one in list(hub.node.blobs.list()):
        path = hub.node.blobs.local_path(one.sha256)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 4
        path.write_bytes(data)
    for parts in said["fetch_info"].values():
        for part in parts:
            assert fetched(hub, part["url"], part["url_range"]["start"], part["url_range"]["end"]).status == 503


# Chunks that are known


def test_who_asks_for_a_chunk_is_told_of_xorbs_it_could_read(hub, file):
    hub.repo("eve/secret", private=True)
    (first, *_) = file.info.terms
    path = f"/v1/chunks/default/{file.xorbs[first.xorb].xorb.chunks[first.first].hash}"
    told = ask(hub, "GET", path, token=access(hub, "eve", name="eve/secret"))
    assert {info.hash for info in read_shard(BytesBlob(told.body))} == set(file.xorbs)
    write(hub, set_private, hub.find(REPO).id, private=True)
    assert ask(hub, "GET", path, token=access(hub, "eve", name="eve/secret")).status == 404
    assert ask(hub, "GET", path, token=access(hub, scope="read")).status == 403
    assert ask(hub, "GET", f"/v1/chunks/default/{UNKNOWN}", token=access(hub)).status == 404
    assert ask(hub, "GET", "/v1/chunks/default/nonsense", token=access(hub)).status == 400


# The rest of the protocol


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v2/shards"),
        ("GET", f"/v2/reconstructions/{UNKNOWN}"),
        ("GET", f"/v2/file-chunk-hashes/{UNKNOWN}"),
        ("POST", f"/v1/xorb-grants/default/{UNKNOWN}"),
    ],
)
def test_newer_forms_are_answered_so_that_clients_fall_back(hub, method, path):
    assert ask(hub, method, path, b"{}" if method == "POST" else None).status == 404


def test_telemetry_is_taken_and_forgotten(hub):
    assert hub.ask("POST", "/v1/telemetry", b"anything").status == 204

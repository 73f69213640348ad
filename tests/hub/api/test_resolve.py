"""The bytes of files: by the real client, and at the edges by plain HTTP."""

import hashlib
import os
import re
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest
from huggingface_hub import HfFileSystem
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError
from huggingface_hub.utils import EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert
from tests.hub.conftest import Hub
from tests.store.xet.samples import usual

from assay.errors import RequestError
from assay.hub.conditions import Span, Unsatisfiable, matches, span_of
from assay.store.contents import add_file
from assay.store.git.objects import Kind, object_id
from assay.store.holdings import Held, hold
from assay.store.tables import quarantine, xet_xorb
from assay.store.xet.files import verify_file

BOTH = pytest.mark.parametrize("hub", ["sqlite", "postgres"], indirect=True)
LARGE = os.urandom(9_500_000)
SMALL = b"# Hello\n\xc3\xa4\n"
SHA256 = hashlib.sha256(LARGE).hexdigest()
MODEL = "/ada/tiny/resolve/main/deep/model.safetensors"
README = "/ada/tiny/resolve/main/README.md"


@pytest.fixture
def commit(hub):
    made = hub.repo("ada/tiny")
    return hub.push(made, {"README.md": SMALL, "deep/model.safetensors": LARGE, "empty.txt": b""})


@BOTH
def test_the_client_downloads(hub, commit, tmp_path):
    api = hub.api()
    assert Path(api.hf_hub_download("ada/tiny", "README.md")).read_bytes() == SMALL
    assert Path(api.hf_hub_download("ada/tiny", "deep/model.safetensors")).read_bytes() == LARGE
    folder = Path(api.snapshot_download("ada/tiny", revision=commit, local_dir=tmp_path / "all"))
    assert (folder / "deep" / "model.safetensors").read_bytes() == LARGE
    assert (folder / "empty.txt").read_bytes() == b""


def test_the_client_reads_files_in_place(hub, commit):
    files = HfFileSystem(endpoint=hub.url, token=False, skip_instance_cache=True)
    assert files.ls("ada/tiny/deep", detail=False) == ["ada/tiny/deep/model.safetensors"]
    assert files.info("ada/tiny/README.md")["size"] == len(SMALL)
    with files.open("ada/tiny/deep/model.safetensors", block_size=100_000) as file:
        file.seek(9_000_000)
        assert file.read(1000) == LARGE[9_000_000:9_001_000]
    assert files.exists(f"ada/tiny@{commit}/empty.txt")
    assert not files.exists("ada/tiny/none")


def test_the_client_knows_what_is_not_there(hub, commit):
    api = hub.api()
    with pytest.raises(EntryNotFoundError):
        api.hf_hub_download("ada/tiny", "none.txt")
    with pytest.raises(EntryNotFoundError):
        api.hf_hub_download("ada/tiny", "deep")
    with pytest.raises(RevisionNotFoundError):
        api.hf_hub_download("ada/tiny", "README.md", revision="none")
    with pytest.raises(RepositoryNotFoundError):
        api.hf_hub_download("ada/none", "README.md")
    assert api.file_exists("ada/tiny", "README.md")
    assert not api.file_exists("ada/tiny", "none.txt")
    answer = hub.ask("HEAD", "/ada/tiny/resolve/main/none.txt")
    assert (answer.status, answer.headers["X-Error-Code"]) == (404, "EntryNotFound")
    assert answer.headers["X-Repo-Commit"] == commit


def test_headers_of_a_small_and_of_a_large_file(hub, commit):
    small, large = hub.ask("HEAD", README).headers, hub.ask("HEAD", MODEL).headers
    assert small["ETag"] == f'"{object_id(Kind.BLOB, SMALL)}"'
    assert large["ETag"] == large["X-Linked-ETag"] == f'"{SHA256}"'
    assert large["X-Linked-Size"] == large["Content-Length"] == str(len(LARGE))
    assert "X-Linked-Size" not in small
    assert "X-Xet-Hash" not in large
    for headers in (small, large):
        assert headers["X-Repo-Commit"] == commit
        assert headers["Accept-Ranges"] == "bytes"
        assert headers["Content-Type"] == "application/octet-stream"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in headers["Content-Security-Policy"]
        assert headers["Content-Disposition"].startswith("attachment; ")


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-100000", 0, 100_001),
        ("bytes=-7", len(LARGE) - 7, len(LARGE)),
        ("bytes=9400000-", 9_400_000, len(LARGE)),
        ("bytes=8388600-8388700", 8_388_600, 8_388_701),
        ("bytes=1000000-99999999999", 1_000_000, len(LARGE)),
    ],
)
def test_ranges(hub, commit, asked, start, end):
    answer = hub.ask("GET", MODEL, headers={"Range": asked})
    assert answer.status == 206
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(LARGE)}"
    assert answer.body == LARGE[start:end]


def test_a_range_outside_the_file(hub, commit):
    answer = hub.ask("GET", MODEL, headers={"Range": f"bytes={len(LARGE)}-"})
    assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{len(LARGE)}")
    assert hub.ask("GET", "/ada/tiny/resolve/main/empty.txt", headers={"Range": "bytes=0-0"}).status == 416
    assert hub.ask("GET", "/ada/tiny/resolve/main/empty.txt").body == b""


def test_only_if_it_changed(hub, commit):
    etag = f'"{SHA256}"'
    same = hub.ask("GET", MODEL, headers={"If-None-Match": f'"other", W/{etag}'})
    assert (same.status, same.body, same.headers["ETag"]) == (304, b"", etag)
    assert hub.ask("HEAD", MODEL, headers={"If-None-Match": etag}).status == 304
    assert hub.ask("GET", README, headers={"If-None-Match": etag}).body == SMALL
    assert hub.ask("GET", MODEL, headers={"If-Match": '"other"'}).status == 412
    one = {"Range": "bytes=0-3"}
    assert hub.ask("GET", MODEL, headers={**one, "If-Range": etag}).body == LARGE[:4]
    assert hub.ask("GET", MODEL, headers={**one, "If-Range": '"other"'}).body == LARGE


@given(st.text(max_size=40) | st.from_regex(r"bytes=\d{0,4}-\d{0,4}", fullmatch=True), st.integers(0, 3000))
def test_any_range_header_lies_inside_the_file(asked, size):
    found = span_of({"range": asked}, '"e"', size)
    if isinstance(found, Span):
        assert 0 <= found.start < found.end <= size
    else:
        assert found is None or isinstance(found, Unsatisfiable)


@given(st.lists(st.text(st.characters(exclude_characters='"'), max_size=9), max_size=4), st.sampled_from(["", "W/"]))
def test_any_list_of_versions_is_read(others, weak):
    tags = [f'"{other}"' for other in others]
    assert matches(", ".join([*tags, f'{weak}"e"', *tags]), '"e"')
    assert matches(", ".join(tags), '"e"') == ("e" in others)


@pytest.mark.parametrize("name", ['a"b.html', "päth ünd.svg", "a;b=c.txt", "日本.bin", "%2F..%2F.txt"])
def test_names_stay_inside_their_header(hub, name):
    hub.repo("ada/names", {name: b"<script>alert(1)</script>"})
    answer = hub.ask("GET", f"/ada/names/resolve/main/{quote(name, safe='')}")
    assert answer.body == b"<script>alert(1)</script>"
    plain, _, coded = answer.headers["Content-Disposition"].partition("; filename*=UTF-8''")
    assert plain.removeprefix('attachment; filename="').removesuffix('"').isascii()
    assert plain.count('"') == 2
    assert coded == quote(name, safe="")
    assert answer.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("path", ["..%2F..%2Fetc%2Fpasswd", "%ff%fe", ".git%2Fconfig", "deep%2F", "%2F"])
def test_tricks_with_paths_find_nothing(hub, commit, path):
    answer = hub.ask("GET", f"/ada/tiny/resolve/main/{path}")
    assert (answer.status, answer.headers["X-Error-Code"]) == (404, "EntryNotFound")


@BOTH
@pytest.mark.parametrize("revision", ["refs%2Fheads%2Fnone", "HEAD~1", "a" * 40, "..", "%ff", "x" * 5000])
def test_tricks_with_revisions_find_nothing(hub, commit, revision):
    answer = hub.ask("GET", f"/ada/tiny/resolve/{revision}/README.md")
    assert (answer.status, answer.headers["X-Error-Code"]) == (404, "RevisionNotFound")


@BOTH
@pytest.mark.parametrize("path", ["resolve/%00/README.md", "resolve/main/%00", "resolve/main/a%00b"])
def test_there_is_nothing_at_an_address_with_a_nul(hub, commit, path):
    assert hub.ask("GET", f"/ada/tiny/{path}").status in (400, 404)


def test_by_branch_tag_commit_and_full_name(hub, commit):
    api = hub.api("ada")
    api.create_branch("ada/tiny", branch="feature/one")
    api.create_tag("ada/tiny", tag="v1")
    for revision in ("feature/one", "v1", "refs/heads/feature/one", commit):
        assert hub.ask("GET", f"/ada/tiny/resolve/{quote(revision, safe='')}/README.md").body == SMALL


def test_a_private_repo_is_as_one_that_is_not_there(hub):
    hub.repo("ada/secret", {"a.txt": b"x"}, private=True)

    def seen(name, user):
        answer = hub.ask("GET", f"/ada/{name}/resolve/main/a.txt", user=user)
        kept = {key: value for key, value in answer.headers.items() if key not in ("date", "x-request-id")}
        return answer.status, answer.body.replace(name.encode(), b"NAME"), str(kept).replace(name, "NAME")

    for user in (None, "eve"):
        assert seen("secret", user) == seen("absent", user)
        with pytest.raises(RepositoryNotFoundError):
            hub.api(user).hf_hub_download("ada/secret", "a.txt")
    assert hub.ask("GET", "/ada/secret/resolve/main/a.txt", user="ada").body == b"x"


def test_files_of_a_gated_repo_are_for_members(hub):
    hub.organisation("lab", ada="write", bob="read")
    hub.api("ada").create_repo("lab/gated")
    hub.push(hub.find("lab/gated"), {"a.txt": b"x", "model.bin": LARGE})
    hub.api("ada").update_repo_settings("lab/gated", gated="manual")
    assert hub.api("eve").repo_info("lab/gated").gated == "manual"
    for user in (None, "eve"):
        with pytest.raises(GatedRepoError):
            hub.api(user).hf_hub_download("lab/gated", "a.txt")
        with pytest.raises(GatedRepoError):
            hub.api(user).auth_check("lab/gated")
    assert Path(hub.api("bob").hf_hub_download("lab/gated", "a.txt")).read_bytes() == b"x"
    asked = {"operation": "download", "objects": [{"oid": SHA256, "size": len(LARGE)}]}
    for user, status in (("eve", 403), ("bob", 200)):
        assert hub.ask("POST", "/lab/gated.git/info/lfs/objects/batch", asked, user=user).status == status
    own = hub.repo("eve/own")
    with pytest.raises(RequestError, match="not uploaded"):
        hub.push(own, {"model.bin": Held(SHA256, len(LARGE))})
    hub.api("ada").update_repo_settings("lab/gated", gated=False)
    assert hub.ask("GET", "/lab/gated/resolve/main/a.txt").body == b"x"


@pytest.mark.parametrize(("path", "data"), [("deep/model.safetensors", LARGE), ("README.md", SMALL)])
def test_what_is_in_quarantine_is_not_given_out(hub, commit, path, data):
    put_in_quarantine(hub, hashlib.sha256(data).hexdigest())
    answer = hub.ask("GET", f"/ada/tiny/resolve/main/{path}", user="ada")
    assert (answer.status, answer.headers["X-Error-Code"]) == (403, "Quarantined")
    assert "it runs code" in answer.headers["X-Error-Message"]
    assert "it runs code" in hub.ask("HEAD", f"/ada/tiny/resolve/main/{path}", user="ada").headers["X-HF-Warning"]
    with pytest.raises(HfHubHTTPError, match="it runs code"):
        hub.api("ada").hf_hub_download("ada/tiny", path)
    assert hub.api().file_exists("ada/tiny", path)


def put_in_quarantine(hub, sha256):
    row = {"sha256": sha256, "reason": "it runs code", "statement": "0" * 64, "since": 1}
    with hub.node.database.write() as connection:
        connection.execute(insert(quarantine).values(**row))


def test_a_file_of_chunks(hub):
    laid = usual()
    repo = hub.repo("ada/chunks")
    with hub.node.database.write() as connection:
        for xorb in laid.xorbs.values():
            with hub.node.blobs.writer() as writer:
                writer.write(xorb.blob.read_at(0, xorb.blob.size))
                blob = writer.commit()
            row = {"hash": xorb.xorb.hash, "blob": blob.sha256, "length": blob.size, "chunks": xorb.xorb.to_bytes()}
            connection.execute(insert(xet_xorb).values(**row))
        add_file(connection, verify_file(laid.info, laid.fetch, pytest.fail))
        hold(connection, repo.id, [Held(laid.info.sha256, len(laid.data))])
    commit = hub.push(repo, {"model.bin": Held(laid.info.sha256, len(laid.data))})
    answer = hub.ask("GET", "/ada/chunks/resolve/main/model.bin")
    assert answer.body == laid.data
    assert answer.headers["X-Xet-Hash"] == laid.info.hash
    address = f"{hub.url}/api/models/ada/chunks/xet-read-token/{commit}"
    assert answer.headers["Link"] == f'<{address}>; rel="xet-auth"'
    part = hub.ask("GET", "/ada/chunks/resolve/main/model.bin", headers={"Range": "bytes=4000-9000"})
    assert part.body == laid.data[4000:9001]
    entry = hub.api().get_paths_info("ada/chunks", "model.bin")[0]
    assert (entry.xet_hash, entry.lfs.sha256) == (laid.info.hash, laid.info.sha256)
    put_in_quarantine(hub, laid.info.sha256)
    assert hub.api().get_paths_info("ada/chunks", "model.bin")[0].xet_hash is None
    with pytest.raises(HfHubHTTPError, match="it runs code"):
        hub.api().hf_hub_download("ada/chunks", "model.bin")
    with pytest.raises(HfHubHTTPError, match="it runs code"):
        hub.api().snapshot_download("ada/chunks")


ANY_WAY = pytest.mark.parametrize("way", ["by the kernel", "in pieces", "without the extension"])


def send_by(way, monkeypatch):
    if way == "in pieces":
        monkeypatch.setattr("assay.hub.files_out._WORTH_IT", len(LARGE) + 1)
    elif way == "without the extension":  # as on a connection with TLS
        monkeypatch.setattr("assay.hub.files_out.EXTENSION", "none")


def damage(hub, at):
    place = hub.node.blobs.local_path(SHA256)
    with place.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))


def test_damage_in_the_first_part_is_said_before_anything_is_sent(hub, commit):
    damage(hub, 100)
    answer = hub.ask("GET", MODEL)
    assert answer.status == 503
    assert hub.ask("GET", MODEL, headers={"Range": "bytes=9000000-"}).body == LARGE[9_000_000:]


@ANY_WAY
def test_damage_further_on_ends_the_connection_before_a_wrong_byte(hub, commit, way, monkeypatch):
    send_by(way, monkeypatch)
    monkeypatch.setattr("assay.hub.files_out._STEP", 8 * 1024 * 1024)
    damage(hub, 9_000_000)
    got = raw_get(hub, MODEL)
    assert len(got) < len(LARGE)
    assert LARGE.startswith(got)


def raw_get(hub, path):
    """Return the body of an answer, up to where its connection ends."""
    with connected(hub, path) as connection:
        head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
        assert b" 200 " in head.splitlines()[0]
        got = bytearray(body)
        while piece := connection.recv(1 << 20):
            got += piece
        return bytes(got)


def connected(hub, path):
    connection = socket.create_connection(("127.0.0.1", int(hub.url.rpartition(":")[2])), timeout=20)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: hub\r\n\r\n".encode())
    return connection


@ANY_WAY
def test_every_byte_leaves_whichever_way(hub, commit, way, monkeypatch):
    send_by(way, monkeypatch)
    assert hub.ask("GET", MODEL).body == LARGE
    sent = re.search(rb"^assay_sent_bytes_total (\S+)$", hub.ask("GET", "/metrics").body, re.MULTILINE)[1]
    assert float(sent) == len(LARGE)


def test_one_connection_carries_many_files(hub, commit):
    with connected(hub, MODEL) as connection:
        for path in (README, MODEL, "/ada/tiny/resolve/main/none"):
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: hub\r\n\r\n".encode())
        with connection.makefile("rb") as stream:
            assert [read_body(stream) for _ in range(3)] == [LARGE, SMALL, LARGE]


def read_body(stream):
    head = b"".join(iter(stream.readline, b"\r\n"))
    return stream.read(int(re.search(rb"(?i)content-length: (\d+)", head)[1]))


@ANY_WAY
def test_clients_that_stop_or_leave_hold_nothing(hub, commit, way, monkeypatch, caplog):
    send_by(way, monkeypatch)
    before = open_files()
    stopped = [connected(hub, MODEL) for _ in range(60)]
    time.sleep(0.5)
    assert hub.ask("GET", README).body == SMALL  # no thread waits for them
    assert threading.active_count() < 60
    for connection in stopped:
        connection.close()
    deadline = time.monotonic() + 10
    while open_files() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert open_files() <= before
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert hub.ask("GET", MODEL).body == LARGE


@ANY_WAY
def test_a_client_that_takes_nothing_is_given_up(tmp_path, client_home, way, monkeypatch):
    monkeypatch.setattr("assay.hub.server._STALLED", 500)
    send_by(way, monkeypatch)
    hub = Hub(tmp_path)
    try:
        hub.repo("ada/tiny", {"deep/model.safetensors": LARGE})
        with connected(hub, MODEL):
            deadline = time.monotonic() + 10
            while not open_files() and time.monotonic() < deadline:
                time.sleep(0.01)
            while open_files() and time.monotonic() < deadline:
                time.sleep(0.05)
            assert not open_files()
    finally:
        hub.stop()


def open_files():
    """Count the open blobs of this process, which is also the hub's."""
    count = 0
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            count += "blobs" in str(link.readlink())
    return count

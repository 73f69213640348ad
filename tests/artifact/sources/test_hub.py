"""A repo on a hub: how it is named, listed and read, and what happens when the hub does not play fair."""

from __future__ import annotations

import itertools
import json
import random
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.make.fake_hub import COMMIT, FakeHub, Reply

from assay.artifact.observe import observe
from assay.artifact.sources.hub import HubSource, open_hub, parse_hub_address
from assay.egress import Egress, EgressLimits, Response
from assay.errors import AssayError, ChangedError, PathError, ReadError, RemoteError

QUICK = EgressLimits(connect=0.5, silence=0.2, request=0.4, total=2.0)
BIG = random.Random(7).randbytes(3_000_000)
FILES = {"README.md": b"# A model\n", "config.json": b'{"model_type": "tiny"}', "sub/model.bin": BIG}
RESPONSE = Response(200, {}, b"", "")
TREE = f"/api/models/org/model/tree/{COMMIT}"


@pytest.fixture
def hub():
    with FakeHub(dict(FILES)) as hub:
        yield hub


def source(hub, egress, **more):
    return HubSource(parse_hub_address(hub.repo_url), egress, **more)


@pytest.fixture
def egress():
    with Egress(QUICK, allow_private=True) as egress:
        yield egress


def read(hub, egress, path="sub/model.bin", offset=0, length=100, **more):
    remote = source(hub, egress, **more)
    entry = next(entry for entry in remote.entries() if entry.path == path)
    with remote.open(entry) as blob:
        return blob.read_at(offset, length)


def refused(hub, egress, words, error=RemoteError, **more):
    started = time.monotonic()
    with pytest.raises(error, match=words) as caught:
        read(hub, egress, **more)
    assert time.monotonic() - started < 3
    assert caught.value.hint() or error is ReadError


def test_the_listing_names_commit_sizes_and_claimed_digests(hub, egress):
    remote = source(hub, egress)
    assert remote.git_commit is None
    entries = remote.entries()
    assert (remote.kind, remote.name, remote.git_commit, remote.whole) == ("hub", "org/model@main", COMMIT, False)
    assert [(entry.path, entry.size) for entry in entries] == [(path, len(data)) for path, data in FILES.items()]
    assert [entry.sha256 is not None for entry in entries] == [False, False, True]
    assert all(entry.git_oid for entry in entries)
    assert remote.entries() == entries
    assert len(hub.requests) == 2


def test_a_long_listing_is_paged(hub, egress):
    hub.files |= {f"{number:04}.txt": b"x" for number in range(250)}
    hub.page = 100
    assert len(source(hub, egress).entries()) == 253
    assert len(hub.requests) == 1 + 3


def test_what_a_clone_leaves_out_is_left_out(hub, egress):
    hub.files |= {".assay/evidence.json": b"{}", ".cache/huggingface/x": b"", ".assayed": b"kept"}
    assert [entry.path for entry in source(hub, egress).entries()] == [".assayed", *FILES]


def test_a_dataset_and_another_revision_are_asked_for_by_their_own_addresses(egress):
    with FakeHub({"a b/ü?.json": b"{}"}, kind="datasets") as hub:
        remote = HubSource(parse_hub_address(f"{hub.repo_url}@refs/pr/1"), egress)
        (entry,) = remote.entries()
        with remote.open(entry) as blob:
            assert blob.read_at(0, 10) == b"{}"


def test_an_id_of_a_repo_in_the_sha256_format_is_left_aside(hub, egress):
    hub.script[TREE] = Reply.json([file(oid="a" * 64)])
    (entry,) = source(hub, egress).entries()
    assert (entry.git_oid, entry.sha256) == (None, None)


def file(path="a.json", size=2, **more):
    return {"type": "file", "path": path, "size": size, "oid": "0" * 40, **more}


@pytest.mark.parametrize(
    "listing",
    [
        {"error": "none"},
        "text",
        [1],
        [{"type": "file", "size": 2}],
        [file(size=-1)],
        [file(size=2**60)],
        [file(size=10**400)],
        [file(size="2")],
        [file(size=2.0)],
        [file(size=True)],
        [file(size=None)],
        [file(type="submodule")],
        [file(oid="xyz")],
        [file(oid=5)],
        [file(lfs=[1])],
        [file(lfs={"oid": "0" * 63, "size": 2})],
        [file(lfs={"oid": "0" * 64, "size": 3})],
        [file(), file()],
    ],
)
def test_a_listing_that_makes_no_sense_is_refused(hub, egress, listing):
    hub.script[TREE] = Reply.json(listing)
    refused(hub, egress, "listing", path="a.json")


@pytest.mark.parametrize(
    "paths",
    [
        ["../etc/passwd"],
        ["/etc/passwd"],
        ["a/../b"],
        ["a\nb"],
        ["a\\b"],
        [""],
        ["Model.bin", "model.bin"],
        ["a", "a/b"],
    ],
)
def test_names_that_cannot_be_carried_are_refused(hub, egress, paths):
    hub.script[TREE] = Reply.json([file(path) for path in paths])
    refused(hub, egress, "name|path|differ|folder", error=PathError)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>Sign in</html>", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"[" + b"9" * 100_000 + b"]", "JSON"),
        (b"\xff\xfe[]", "JSON"),
        (b"[" + b" " * (9 * 1024 * 1024) + b"]", "more than"),
        (itertools.repeat(b"[" * 65536), "more than"),
    ],
)
def test_a_listing_that_is_no_json_or_a_bomb_is_refused(hub, egress, body, words):
    hub.script[TREE] = Reply(body=body)
    refused(hub, egress, words)


@pytest.mark.parametrize("sha", [None, 5, "main", "../../x", "C0FFEE" * 6 + "C0DE"])
def test_a_revision_without_a_commit_is_refused(hub, egress, sha):
    hub.spoil["revision"] = lambda _request, _reply: Reply.json({"id": "org/model", "sha": sha})
    refused(hub, egress, "names no commit")


def test_pages_that_go_in_a_circle_or_elsewhere_are_refused(hub, egress):
    hub.spoil["tree"] = lambda _request, reply: reply.but(link=f"<{TREE}?cursor=1>; rel=next")
    refused(hub, egress, "circle")
    hub.spoil["tree"] = lambda _request, reply: reply.but(link='<http://127.0.0.2/>; rel="next"')
    refused(hub, egress, "another host")
    hub.spoil["tree"] = lambda _request, reply: reply.but(link='<http://[::1>; rel="next"')
    refused(hub, egress, "no address")


def test_pages_that_moved_elsewhere_do_not_take_the_token_along(hub, egress):
    with FakeHub(dict(FILES)) as elsewhere:
        elsewhere.page = 1
        hub.spoil["tree"] = lambda request, _reply: Reply(307, {"Location": f"{elsewhere.url}{request.path}"})
        assert len(source(hub, egress, token="right").entries()) == 3
    assert len(elsewhere.requests) == 3
    assert not any("authorization" in request.headers for request in elsewhere.requests)
    assert all("authorization" in request.headers for request in hub.requests)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_a_refusing_hub_is_a_clear_error(hub, egress, status):
    hub.spoil["revision"] = lambda _request, _reply: Reply(status, body=b"<html>" * 10_000)
    refused(hub, egress, str(status))


def test_a_token_opens_a_private_repo_and_a_wrong_one_is_called_so(hub, egress):
    hub.token = "right"
    refused(hub, egress, "401")
    assert read(hub, egress, token="right") == BIG[:100]
    with pytest.raises(RemoteError, match="401") as caught:
        read(hub, egress, token="wrong")
    assert "refused" in caught.value.hint()


def test_a_token_is_for_the_configured_hub_only(hub, egress):
    hub.token = "right"
    assert open_hub("org/model", egress, endpoint=hub.url, token="right").entries()
    assert open_hub(hub.repo_url, egress, endpoint=f"{hub.url}/", token="right").entries()
    with pytest.raises(RemoteError, match="401"):
        open_hub(hub.repo_url, egress, endpoint="https://hub.test", token="right").entries()
    assert "authorization" not in hub.requests[-1].headers


def test_ranges_give_the_bytes_of_the_file(hub, egress):
    remote = source(hub, egress)
    chance = random.Random(1)
    with remote.open(remote.entries()[2]) as blob:
        for _ in range(50):
            offset, length = chance.randrange(len(BIG) + 100), chance.choice([1, 100, 5000, 70_000])
            assert blob.read_at(offset, length) == BIG[offset : offset + length]
        assert blob.read_at(0, 10 * len(BIG)) == BIG


def test_a_zip_is_understood_from_a_few_small_requests(hub, egress):
    remote = source(hub, egress)
    with remote.open(remote.entries()[2]) as blob:
        before, asked = egress.bytes_received, egress.requests
        blob.read_at(0, 4096)
        blob.read_at(len(BIG) - 65_536, 65_536)
        blob.read_at(len(BIG) - 1000, 900)
        blob.read_at(1_000_000, 30)
        blob.read_at(1_000_050, 200)
    assert egress.requests - asked == 3
    assert egress.bytes_received - before < 160_000


def test_reading_on_takes_ever_larger_steps(hub, egress):
    remote = source(hub, egress)
    with remote.open(remote.entries()[2]) as blob:
        asked = egress.requests
        data = b"".join(blob.read_at(offset, 4096) for offset in range(0, len(BIG), 4096))
    assert data == BIG
    assert egress.requests - asked < 12


def test_files_elsewhere_are_fetched_without_token_and_without_asking_twice(hub, egress):
    with FakeHub(dict(FILES)) as elsewhere:
        hub.files_at, hub.token = elsewhere.url, "right"
        remote = source(hub, egress, token="right")
        with remote.open(remote.entries()[2]) as blob:
            assert [blob.read_at(offset, 10) for offset in (0, 10**6, 2 * 10**6)]
            asked = len(hub.requests)
            # A signed address that has run out: the hub is asked again, and now serves the file itself.
            elsewhere.spoil["resolve"] = lambda *_: Reply(403)
            hub.files_at = None
            assert blob.read_at(1_500_000, 10) == BIG[1_500_000:1_500_010]
    assert asked == 3
    assert len(elsewhere.requests) >= 3
    assert not any("authorization" in request.headers for request in elsewhere.requests)


def test_a_server_without_ranges_serves_small_files_only(hub, egress):
    hub.ranges = False
    assert read(hub, egress, path="config.json") == FILES["config.json"]
    refused(hub, egress, "ignores Range")


def shifted(_request, reply):
    return reply.but(content_range=f"bytes 8192-{8192 + 65535}/{len(BIG)}")


def other_total(_request, reply):
    return reply.but(content_range=f"bytes 0-65535/{len(BIG) + 1}")


def no_total(_request, reply):
    return reply.but(content_range="bytes 0-65535/*")


def no_range(_request, reply):
    return replace(reply, headers={"Content-Length": "65536"})


def shorter(_request, reply):
    return replace(reply.but(content_length="100"), body=b"x" * 100)


def longer(_request, reply):
    return replace(reply.but(content_length="70000"), body=b"x" * 70_000)


def truncated(_request, reply):
    return replace(reply, body=[b"x" * 100])


def endless(_request, reply):
    headers = {name: value for name, value in reply.headers.items() if name != "Content-Length"}
    return Reply(206, headers, itertools.repeat(b"x" * 4096))


def dripping(_request, reply):
    return replace(reply, body=itertools.repeat(b"x"), pause=0.02)


def zipped(_request, reply):
    return reply.but(content_encoding="gzip")


def page(_request, _reply):
    return Reply(200, {"Content-Type": "text/html"}, b"<html>Sign in</html>")


def nothing(_request, _reply):
    return Reply(204)


def in_a_circle(request, _reply):
    return Reply(302, {"Location": request.path})


@pytest.mark.parametrize(
    ("spoiler", "words"),
    [
        (shifted, "Content-Range"),
        (other_total, "Content-Range"),
        (no_total, "Content-Range"),
        (no_range, "Content-Range"),
        (shorter, "100 bytes where 65,536"),
        (longer, "more than the 65,536 bytes"),
        (truncated, "broke off after 100 of 65,536"),
        (endless, "more than"),
        (dripping, "in time"),
        (zipped, "Content-Encoding gzip"),
        (page, "status 200 with 20 bytes"),
        (nothing, "status 204"),
        (in_a_circle, "redirects more than"),
        (lambda *_: Reply(416), "416"),
        (lambda *_: Reply(404), "404"),
        (lambda *_: Reply(200, {}, itertools.repeat(b"x" * 4096)), "ignores Range"),
        (lambda *_: Reply(302, {"Location": "ftp://x/"}), "not an http"),
    ],
)
def test_a_server_that_lies_or_dawdles_is_a_clear_error(hub, egress, spoiler, words):
    hub.spoil["resolve"] = spoiler
    refused(hub, egress, words)


@pytest.mark.parametrize("header", ["x_repo_commit", "etag"])
def test_a_file_that_changes_between_reads_is_noticed(hub, egress, header):
    remote = source(hub, egress)
    with remote.open(remote.entries()[2]) as blob:
        blob.read_at(0, 10)
        hub.spoil["resolve"] = lambda _request, reply: reply.but(**{header: "other"})
        with pytest.raises(ChangedError):
            blob.read_at(10**6, 10)


def test_a_spent_allowance_is_a_read_error_for_that_file_only(hub, egress):
    refused(hub, egress, "2,000,000", error=ReadError, max_bytes=2_000_000, length=len(BIG))
    remote = source(hub, egress, max_bytes=100_000)
    revision = observe(remote).revision
    assert [file.not_judged for file in revision.files] == [None, None, None]
    assert egress.bytes_received < 200_000


def test_an_empty_file_costs_no_request(hub, egress):
    hub.files["empty"] = b""
    assert read(hub, egress, path="empty") == b""
    assert len(hub.requests) == 2


def test_small_files_are_compared_with_the_digest_claimed(hub, egress):
    assert json.loads(read(hub, egress, path="config.json"))
    hub.spoil["resolve"] = lambda _request, reply: replace(reply, body=b"x" * int(reply.headers["Content-Length"]))
    with pytest.raises(RemoteError, match="the listing says"):
        observe(source(hub, egress))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["type", "path", "size", "oid", "lfs", "sha"]), inner)
        ),
        max_leaves=10,
    )
)
def test_any_json_as_a_listing_is_a_listing_or_an_error_of_ours(value):
    class Canned:
        bytes_received = 0

        def get_following(self, url, **_):
            body = {"sha": COMMIT} if "/revision/" in url else value
            return replace(RESPONSE, body=json.dumps(body).encode(), url=url)

    remote = HubSource(parse_hub_address("https://hub.test/org/name"), Canned())
    try:
        entries = remote.entries()
    except AssayError:
        return
    assert all(entry.size >= 0 for entry in entries)

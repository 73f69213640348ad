"""`assay scan ADDRESS`: what a hub truly serves is judged as the folder would be; what lies or dawdles is a clear 2."""

import json
import time
from contextlib import contextmanager

import pytest
from tests.make.fake_hub import COMMIT, FakeHub, Reply

from assay import egress
from assay.cli.main import main
from assay.egress import EgressLimits
from assay.examples import names


@pytest.fixture
def scan(capsys, monkeypatch, tmp_path):
    for name in ("HF_TOKEN", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def call(target, *arguments):
        capsys.readouterr()
        started = time.monotonic()
        code = main(["scan", str(target), "--format", "json", *arguments])
        assert time.monotonic() - started < 8, "seconds"
        return code, *capsys.readouterr()

    return call


@contextmanager
def serving(folder):
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    with FakeHub(files) as hub:
        yield hub


def told(out):
    """Everything that does not say which statement or which source it rests on."""
    report = json.loads(out)
    axes = {axis: (one["outcome"], one["reason"], one["findings"]) for axis, one in report["axes"].items()}
    verdict = [(one["name"], one["outcome"]) for one in report["verdict"]["because"]]
    return axes, verdict, [report[key] for key in ("findings", "not_judged", "not_examined")]


@pytest.mark.parametrize("name", names())
def test_a_hub_is_judged_as_the_folder_is(scan, example_folders, name):
    here = scan(example_folders[name])
    with serving(example_folders[name]) as hub:
        there = scan(hub.repo_url)
    assert there[0] == here[0], there[2]
    assert told(there[1]) == told(here[1])
    artifact = json.loads(there[1])["artifact"]
    assert artifact["git_commit"] == COMMIT
    assert artifact["source"] == "hub"
    for file in artifact["files"]:
        assert file["digest"] in ("computed", "claimed by upstream")


def test_a_revision_and_a_configured_endpoint(scan, example_folders, monkeypatch):
    with serving(example_folders["apache-clean"]) as hub:
        assert scan(f"{hub.repo_url}@refs/pr/1")[0] == 0
        assert scan(f"{hub.repo_url}/tree/main")[0] == 0
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        assert scan("org/model")[0] == 0
        code, out, err = scan("org/other")
        assert (code, out) == (2, "")
        assert "404" in err


def test_the_token_goes_to_the_configured_hub_alone(scan, example_folders, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with serving(example_folders["apache-clean"]) as hub:
        hub.token = "hf_secret"
        code, _, err = scan(hub.repo_url)
        assert code == 2
        assert "401" in err
        assert not any("authorization" in request.headers for request in hub.requests)
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        code, out, err = scan(hub.repo_url)
        assert code == 0, err
        assert "hf_secret" not in out + err


def raw(data):
    return lambda *_: Reply(raw=data)


def listing(*paths, size=2):
    lines = [{"type": "file", "path": path, "oid": "0" * 40, "size": size} for path in paths or ("config.json",)]
    return lambda *_: Reply.json(lines)


def body(pieces, pause=0.0):
    return lambda *_: Reply(body=pieces, pause=pause)


def flipped(reply):
    data = bytearray(reply.body if isinstance(reply.body, bytes) else b"".join(reply.body))
    if data:
        data[len(data) // 2] ^= 1
    return Reply(reply.status, reply.headers, bytes(data))


BAD = {
    "silence at once": {"revision": raw(b"")},
    "no HTTP": {"revision": raw(b"SSH-2.0-x\r\n")},
    "no JSON": {"revision": body(b"<html>")},
    "no commit": {"revision": lambda *_: Reply.json({"sha": "../../x"})},
    "endless headers": {"revision": raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000)},
    "an endless body": {"revision": body(b"x" * 100_000 for _ in range(1000))},
    "a slow body": {"revision": body((b"x" for _ in range(1000)), pause=0.2)},
    "silence": {"revision": body((b"x",), pause=60)},
    "deep JSON": {"tree": body(b"[" * 200_000)},
    "no list": {"tree": lambda *_: Reply.json({"error": "x"})},
    "a path that climbs": {"tree": listing("../../etc/passwd")},
    "a path with a newline": {"tree": listing("a\nb")},
    "a path with an escape": {"tree": listing("\x1b[2Jx")},
    "a path without end": {"tree": listing("a/" * 1_000_000 + "b")},
    "a path that is none": {"tree": listing("")},
    "two names in one case": {"tree": listing("a", "A")},
    "one name twice": {"tree": listing("a", "a")},
    "a size below zero": {"tree": listing(size=-1)},
    "a size beyond all": {"tree": listing(size=10**30)},
    "a size that is text": {"tree": listing(size="12")},
    "pages without end": {"tree": lambda asked, reply: reply.but(link=f'<{asked.path}?cursor=0>; rel="next"')},
    "pages elsewhere": {"tree": lambda _, reply: reply.but(link='<http://192.0.2.1/x>; rel="next"')},
    "other bytes": {"resolve": lambda _, reply: flipped(reply)},
    "another commit": {"resolve": lambda _, reply: reply.but(x_repo_commit="0" * 40)},
    "a wrong range": {"resolve": lambda _, reply: reply.but(content_range="bytes 0-9/10")},
    "no bytes": {"resolve": lambda _, reply: Reply(reply.status, reply.headers, b"")},
    "a server error": {"resolve": lambda *_: Reply(500)},
    "a gate": {"resolve": lambda *_: Reply(403)},
    "a circle": {"resolve": lambda asked, _: Reply(302, {"Location": asked.path})},
    "a way into the house": {"resolve": lambda *_: Reply(302, {"Location": "file:///etc/passwd"})},
    "compression": {"resolve": lambda _, reply: reply.but(content_encoding="gzip")},
}


@pytest.mark.parametrize("bad", BAD)
def test_a_hub_that_fails_or_lies_is_2_with_a_hint_in_bounded_time(scan, example_folders, monkeypatch, tmp_path, bad):
    hurried = EgressLimits(connect=1.0, silence=0.4, request=0.8, total=3.0)
    monkeypatch.setattr(egress, "EgressLimits", lambda: hurried)
    with serving(example_folders["apache-clean"]) as hub:
        hub.spoil = BAD[bad]
        code, out, err = scan(hub.repo_url, "-o", str(tmp_path / "report"))
    assert (code, out) == (2, "")
    assert err.startswith("assay: ")
    assert err.count("\n") == 2, "an error and a hint"
    assert "\x1b" not in err
    assert not (tmp_path / "report").exists()


def test_nobody_listens(scan):
    with FakeHub({}) as hub:
        address = hub.repo_url
    code, out, err = scan(address)
    assert (code, out) == (2, "")
    assert err.count("\n") == 2


def test_a_server_that_ignores_ranges_is_put_up_with_for_small_files_only(scan, example_folders):
    with serving(example_folders["audiocraft-like"]) as hub:
        hub.ranges = False
        assert scan(hub.repo_url)[0] == scan(example_folders["audiocraft-like"])[0]
    with FakeHub({"weights.bin": b"\x80\x02" + bytes(3 << 20)}) as hub:
        hub.ranges = False
        code, out, _ = scan(hub.repo_url)
        assert code in (2, 3)
        assert (out == "") == (code == 2)
        assert hub.sent < 8 << 20

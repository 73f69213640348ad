"""Whatever dies, whenever: nothing acknowledged is lost, nothing half-done is visible, no wrong byte is served."""

import hashlib
import http.client
import json
import os
import resource
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.make import killed_hub
from tests.make.hubs import RunningHub
from tests.make.postgres import Postgres, binaries
from tests.store.xet.samples import laid

from assay.hub.accounts.roles import Caller, Role
from assay.hub.new_repo import new_repo
from assay.store.repos import RepoType
from assay.store.xet.shard import write_shard

DATA = os.urandom(1_500_000)
SHA256 = hashlib.sha256(DATA).hexdigest()
_CHUNKS = [DATA[at : at + 65_536] for at in range(0, len(DATA), 65_536)]
CHUNKED = laid([_CHUNKS[:12], _CHUNKS[12:]], [(0, 0, 12), (1, 0, len(_CHUNKS) - 12)])


class Story:
    """A push, step by step; remembers what was acknowledged."""

    def __init__(self, url: str, token: str) -> None:
        self._host = urlsplit(url).netloc
        self._token = token
        self.acknowledged: list[str] = []

    def ask(self, method, path, body=None, token=None):
        connection = http.client.HTTPConnection(self._host, timeout=30)
        with closing(connection):
            connection.request(method, path, body, {"Authorization": f"Bearer {token or self._token}"})
            response = connection.getresponse()
            return response.status, response.read()

    def send(self) -> None:
        """Upload the content by LFS."""
        objects = [{"oid": SHA256, "size": len(DATA)}]
        asked = json.dumps({"operation": "upload", "objects": objects}).encode()
        _, said = self.ask("POST", "/ada/tiny.git/info/lfs/objects/batch", asked)
        actions = json.loads(said)["objects"][0].get("actions")
        if actions is not None:
            status, _ = self.ask("PUT", urlsplit(actions["upload"]["href"]).path, DATA)
            assert status == 200

    def run(self) -> None:
        """Go on until done, or until the hub is gone."""
        self.send()
        self.acknowledged.append("content")
        header = {"key": "header", "value": {"summary": "push"}}
        file = {"key": "lfsFile", "value": {"path": "model.bin", "algo": "sha256", "oid": SHA256, "size": len(DATA)}}
        lines = b"\n".join(json.dumps(line).encode() for line in (header, file))
        status, said = self.ask("POST", "/api/models/ada/tiny/commit/main", lines)
        assert status == 200
        self.acknowledged.append(json.loads(said)["commitOid"])
        for _ in range(200):
            status, said = self.ask("GET", f"/api/models/ada/tiny/scan/{self.acknowledged[-1]}")
            if status == 200 and b'"axes"' in said:
                self.acknowledged.append("assessed")
                return
            time.sleep(0.05)
        raise AssertionError("never assessed")


class StoryInChunks(Story):
    """The same push by Xet."""

    def send(self) -> None:
        """Upload the content in chunks."""
        _, said = self.ask("GET", "/api/models/ada/tiny/xet-write-token/main")
        token = json.loads(said)["accessToken"]
        for name, stored in CHUNKED.xorbs.items():
            body = stored.blob.read_at(0, stored.blob.size)
            status, _ = self.ask("POST", f"/xet/this/v1/xorbs/default/{name}", body, token)
            assert status == 200
        status, _ = self.ask("POST", "/xet/this/v1/shards", write_shard([CHUNKED.info]), token)
        assert status == 200


def prepare(folder: Path) -> str:
    """Make a hub with a person and a repo, and return the person's token."""
    hub = RunningHub(folder)
    caller = Caller(hub.person("ada"), "ada", scope=Role.ADMIN)
    new_repo(hub.node, caller, RepoType.MODEL, "ada", "tiny", private=False)
    token = hub.token("ada")
    hub.stop()
    return token


@contextmanager
def started(folder: Path, step: int, *, largest: int = resource.RLIM_INFINITY):
    """Run a hub that dies at a step and can write files of `largest` bytes; yield its process and its address."""
    with subprocess.Popen(
        [sys.executable, killed_hub.__file__, str(folder), str(step)], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    ) as process:  # fmt: skip
        url = process.stdout.readline().strip()
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (largest, largest))
        yield process, url
        process.terminate()
        process.wait(30)


def whole(folder: Path, story: Story, token: str) -> None:
    """Check a hub after its death: what was acknowledged is there, and the story can be told to its end."""
    with started(folder, 0) as (_, url):
        again = type(story)(url, token)
        for told in story.acknowledged:
            if len(told) == 40:
                status, body = again.ask("GET", f"/ada/tiny/resolve/{told}/model.bin")
                assert (status, hashlib.sha256(body).hexdigest()) == (200, SHA256)
        status, body = again.ask("GET", "/ada/tiny/resolve/main/model.bin")
        assert status == 404 or (status, body) == (200, DATA)
        again.run()
        status, body = again.ask("GET", "/ada/tiny/resolve/main/model.bin")
        assert (status, body) == (200, DATA)


def steps_of_a_whole_story(kind: type[Story], folder: Path, token: str) -> int:
    with started(folder, 0) as (process, url):
        kind(url, token).run()
        process.terminate()
        return int(process.stdout.read().split()[-1])


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "points"), [(Story, 50), (StoryInChunks, 25)])
def test_a_hub_killed_at_many_points_loses_nothing(tmp_path, kind, points):
    token = prepare(tmp_path / "counted")
    steps = steps_of_a_whole_story(kind, tmp_path / "counted", token)
    assert steps >= points
    died = 0
    for point in range(points):
        folder = tmp_path / f"hub-{point}"
        token = prepare(folder)
        with started(folder, 1 + point * steps // points) as (process, url):
            story = kind(url, token)
            with suppress(OSError, http.client.HTTPException):
                story.run()
        died += process.returncode == -9
        whole(folder, story, token)
    assert died >= points * 0.8


def test_a_database_that_is_gone_for_a_while(tmp_path, require):
    found = binaries()
    require("postgres", found is not None, "no initdb is installed")
    server = Postgres(found)
    hub = RunningHub(tmp_path / "hub", database_url=server.url(server.new()))
    try:
        assert hub.ask("GET", "/api/whoami-v2", user="ada").status == 200
        server.halt()
        answer = hub.ask("GET", "/api/whoami-v2", user="ada")
        assert (answer.status, hub.ask("GET", "/healthz").status) == (503, 503)
        assert int(answer.headers["Retry-After"]) > 0
        assert "postgres" not in answer.json()["error"].lower(), "what the driver says is for the log"
        server.resume()
        assert hub.ask("GET", "/api/whoami-v2", user="ada").status == 200
    finally:
        hub.stop()
        server.stop()


def test_a_full_disk_is_said_and_leaves_nothing_behind(tmp_path):
    token = prepare(tmp_path)
    with started(tmp_path, 0, largest=1_000_000) as (_, url):
        story = Story(url, token)
        asked = json.dumps({"operation": "upload", "objects": [{"oid": SHA256, "size": len(DATA)}]}).encode()
        _, said = story.ask("POST", "/ada/tiny.git/info/lfs/objects/batch", asked)
        href = json.loads(said)["objects"][0]["actions"]["upload"]["href"]
        status, said = story.ask("PUT", urlsplit(href).path, DATA)
        assert status == 507
        assert "cannot write" in json.loads(said)["error"]
        assert list((tmp_path / "blobs" / "tmp").iterdir()) == []
        lines = (
            b'{"key": "header", "value": {"summary": "small"}}\n{"key": "file", "value": {"path": "a", "content": ""}}'
        )
        assert story.ask("POST", "/api/models/ada/tiny/commit/main", lines)[0] == 200

"""A hub on 127.0.0.1 that answers as Hugging-Face-compatible hubs do, and misbehaves on demand.

`python tests/make/fake_hub.py FOLDER` serves a folder, prints the address of its repo, and ends with its input.
"""

from __future__ import annotations

import hashlib
import json
import re
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "c0ffee" * 6 + "c0de"
PIECE = 256 * 1024
DIGESTED = 8 * 1024 * 1024


@dataclass(frozen=True)
class Request:
    """What was asked."""

    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    port: int
    """The other end's: equal for requests on one connection."""


@dataclass(frozen=True)
class Reply:
    """What is answered; a body in pieces is sent without a length unless a header gives one."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] = b""
    pause: float = 0.0
    """Seconds before each piece."""
    raw: bytes | None = None
    """Sent as it is, in place of everything else."""

    def but(self, **headers: str) -> Reply:
        """Return the reply with headers changed; `_` in names stands for `-`."""
        changed = {name.replace("_", "-").title(): value for name, value in headers.items()}
        return replace(self, headers=self.headers | changed)

    @classmethod
    def json(cls, value: object) -> Reply:
        """Return `value` as an answer of the API."""
        return cls(headers={"Content-Type": "application/json"}, body=json.dumps(value).encode())


Spoiler = Callable[[Request, Reply], Reply]


class FakeHub:
    """One repo with one commit. Everything that may go wrong is an attribute, to be set at any time."""

    def __init__(
        self,
        files: dict[str, bytes | Path],
        *,
        repo: str = "org/model",
        kind: str = "models",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.files = files
        self.repo = repo
        self.kind = kind
        self.lfs_from = 1000
        """Files from this size in bytes are listed as LFS files, with a sha256."""
        self.page = 1000
        """Entries per page of the listing."""
        self.ranges = True
        self.token: str | None = None
        self.files_at: str | None = None
        """Where /resolve/ redirects to instead of answering."""
        self.script: dict[str, Reply] = {}
        """Replies by path, before anything else."""
        self.spoil: dict[str, Spoiler] = {}
        """What becomes of replies of `revision`, `tree` and `resolve`."""
        self.requests: list[Request] = []
        self.sent = 0
        """Bytes sent, headers included."""
        self._scheme = "http"
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        if tls is not None:
            self._scheme = "https"
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    @property
    def repo_url(self) -> str:
        return f"{self.url}/{self.prefix}{self.repo}"

    @property
    def prefix(self) -> str:
        return "" if self.kind == "models" else f"{self.kind}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, request: Request) -> Reply:
        """Return what `request` gets."""
        self.requests.append(request)
        if request.path in self.script:
            return self.script[request.path]
        if request.path == "/sent":
            return Reply.json({"bytes": self.sent, "requests": len(self.requests) - 1})
        if self.token is not None and request.headers.get("authorization") != f"Bearer {self.token}":
            return Reply(401, {"X-Error-Message": "Invalid username or password."})
        api, resolve = f"/api/{self.kind}/{self.repo}", f"/{self.prefix}{self.repo}/resolve/{COMMIT}/"
        for name, start, give in (
            ("revision", f"{api}/revision/", self._revision),
            ("tree", f"{api}/tree/{COMMIT}", self._tree),
            ("resolve", resolve, self._resolve),
        ):
            if request.path.startswith(start):
                reply = give(request, unquote(request.path[len(start) :]))
                return self.spoil[name](request, reply) if name in self.spoil else reply
        return Reply(404, {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"})

    def _revision(self, _request: Request, revision: str) -> Reply:
        if revision not in ("main", COMMIT, "refs/pr/1"):
            return Reply(404, {"X-Error-Code": "RevisionNotFound", "X-Error-Message": f"Invalid rev id: {revision}"})
        return Reply.json({"id": self.repo, "sha": COMMIT})

    def _tree(self, request: Request, _path: str) -> Reply:
        start = int(request.query.get("cursor", ["0"])[0])
        reply = Reply.json([self.listed(path) for path in list(self.files)[start : start + self.page]])
        if start + self.page >= len(self.files):
            return reply
        return reply.but(link=f'<{self.url}{request.path}?recursive=true&cursor={start + self.page}>; rel="next"')

    def listed(self, path: str) -> dict[str, object]:
        """Return the line of the listing for one file; what is large and on disk gets a made-up digest."""
        content = self.files[path]
        size = _size(content)
        data = content if isinstance(content, bytes) else path.encode()
        if isinstance(content, Path) and size <= DIGESTED:
            data = content.read_bytes()
        oid = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        line: dict[str, object] = {"type": "file", "path": path, "size": size, "oid": oid}
        if size >= self.lfs_from:
            line["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": size, "pointerSize": 134}
        return line

    def _resolve(self, request: Request, path: str) -> Reply:
        if self.files_at is not None:
            return Reply(302, {"Location": f"{self.files_at}{request.path}", "X-Repo-Commit": COMMIT})
        if path not in self.files:
            return Reply(404, {"X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found"})
        content = self.files[path]
        size = _size(content)
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{path}"', "Content-Type": "application/octet-stream"}
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("range", ""))
        if match is None or not self.ranges:
            return Reply(200, {**headers, "Content-Length": str(size)}, _pieces(content, 0, size))
        start, end = int(match[1]), min(int(match[2]) + 1, size)
        if start >= size:
            return Reply(416, {**headers, "Content-Range": f"bytes */{size}"})
        headers |= {"Content-Range": f"bytes {start}-{end - 1}/{size}", "Content-Length": str(end - start)}
        return Reply(206, headers, _pieces(content, start, end))


def _size(content: bytes | Path) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _pieces(content: bytes | Path, start: int, end: int) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content[start:end]
        return
    with content.open("rb") as file:
        file.seek(start)
        while start < end:
            piece = file.read(min(PIECE, end - start))
            start += len(piece)
            yield piece


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients that hang up are what these tests are about."""


def _handler(hub: FakeHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(parts.path, parse_qs(parts.query), headers, self.client_address[1])
            self.send(hub.answer(request))

        def send(self, reply: Reply) -> None:
            if reply.raw is not None:
                self.write(reply.raw)
                self.close_connection = True
                return
            headers = dict(reply.headers)
            if isinstance(reply.body, bytes):
                headers.setdefault("Content-Length", str(len(reply.body)))
            pieces = [reply.body] if isinstance(reply.body, bytes) else reply.body
            if "Content-Length" not in headers and "Transfer-Encoding" not in headers:
                headers["Connection"] = "close"
            lines = [f"HTTP/1.1 {reply.status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
            self.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
            sent = 0
            for piece in pieces:
                time.sleep(reply.pause)
                self.write(piece)
                sent += len(piece)
            self.close_connection = str(sent) != headers.get("Content-Length")

        def write(self, data: bytes) -> None:
            hub.sent += len(data)
            self.wfile.write(data)

    return Handler


def main() -> None:
    folder = Path(sys.argv[1])
    files: dict[str, bytes | Path] = {
        path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()
    }
    with FakeHub(files) as hub:
        sys.stdout.write(f"{hub.repo_url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()

"""A chunk store over plain HTTP, just enough for the real client; it keeps what it is sent, as it was sent."""

import json
import re
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from assay.artifact.blob import BytesBlob
from assay.store.xet.dedup import chunks_answer, is_asked_for
from assay.store.xet.files import StoredXorb, verify_file
from assay.store.xet.hashes import XetHash
from assay.store.xet.reconstruction import reconstruction
from assay.store.xet.shard import FileInfo, check_xorb, read_shard
from assay.store.xet.tokens import Access, DataRange, issue_access, read_access, read_range, sign_range
from assay.store.xet.xorb import read_xorb

KEY = b"k" * 32
NOW, LATER = 1_700_000_000, 4_000_000_000
REPO = "models/acme/tiny"


class ToyCas:
    """What was sent, and what was computed from it."""

    def __init__(self) -> None:
        self.xorbs: dict[XetHash, StoredXorb] = {}
        self.shards: list[bytes] = []
        self.files = {}
        self.known: dict[XetHash, set[XetHash]] = {}
        """The xorbs to tell of when a chunk is asked for."""
        self.asked: list[str] = []
        self.received = 0
        """Bytes of xorbs, whether new or not."""
        self.url = ""

    def token(self, scope: str) -> str:
        return issue_access(KEY, Access(REPO, scope, LATER))

    def fetch(self, name):
        return self.xorbs[name]

    def learn(self, xorb):
        raise AssertionError(f"xorb {xorb.hash} was checked when it came")

    def take_xorb(self, name, body: bytes) -> bool:
        xorb = read_xorb(BytesBlob(body), XetHash(name))
        inserted = xorb.hash not in self.xorbs
        self.xorbs[xorb.hash] = StoredXorb(BytesBlob(body[: xorb.length]), xorb)
        self.received += len(body)
        for chunk in xorb.chunks:
            if is_asked_for(chunk.hash):
                self.known.setdefault(chunk.hash, set()).add(xorb.hash)
        return inserted

    def take_shard(self, body: bytes) -> None:
        for block in read_shard(BytesBlob(body)):
            if isinstance(block, FileInfo):
                self.files[block.hash] = verify_file(block, self.fetch, self.learn)
                self._know_first_chunk(block)
            else:
                check_xorb(block, self.xorbs[block.hash].xorb)
        self.shards.append(body)

    def _know_first_chunk(self, file: FileInfo) -> None:
        if file.terms:
            first = file.terms[0]
            chunk = self.xorbs[first.xorb].xorb.chunks[first.first].hash
            self.known.setdefault(chunk, set()).update(term.xorb for term in file.terms)

    def told(self, chunk: XetHash) -> bytes | None:
        """Return the answer to the question for a chunk, or None when it is not known."""
        if chunk not in self.known:
            return None
        return chunks_answer([self.xorbs[name].xorb for name in sorted(self.known[chunk])], KEY, now=NOW, expires=LATER)

    def where(self, name, start: int, end: int | None):
        return reconstruction(
            self.files[name].terms, lambda xorb: self.xorbs[xorb].xorb, self._sign, start=start, end=end
        )

    def _sign(self, xorb: XetHash, first: int, last: int) -> str:
        return f"{self.url}/data/{xorb}?t={sign_range(KEY, DataRange(REPO, xorb, first, last, LATER))}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Say nothing."""

    def _answer(self, status: int, body: object = None) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _range(self):
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        return (int(found[1]), int(found[2])) if found else (0, None)

    def _allowed(self, scope: str) -> None:
        token = self.headers["Authorization"].removeprefix("Bearer ")
        assert read_access(KEY, token, now=NOW).allows(REPO, scope)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        cas: ToyCas = self.server.cas
        cas.asked.append(f"POST {self.path}")
        if found := re.fullmatch(r"/v1/xorbs/default/([0-9a-f]{64})", self.path):
            self._allowed("write")
            self._answer(200, {"was_inserted": cas.take_xorb(found[1], body)})
        elif self.path == "/v1/shards":
            self._allowed("write")
            cas.take_shard(body)
            self._answer(200, {"result": 1})
        else:
            self._answer(404)

    def do_GET(self):
        cas: ToyCas = self.server.cas
        cas.asked.append(f"GET {self.path}")
        first, last = self._range()
        if found := re.fullmatch(r"/v1/reconstructions/([0-9a-f]{64})", self.path):
            self._allowed("read")
            answer = cas.where(found[1], first, None if last is None else last + 1)
            self._answer(416 if answer is None else 200, answer)
        elif found := re.fullmatch(r"/v1/chunks/default/([0-9a-f]{64})", self.path):
            self._allowed("write")
            answer = cas.told(XetHash(found[1]))
            self._answer(404 if answer is None else 200, answer)
        elif found := re.fullmatch(r"/data/([0-9a-f]{64})\?t=(.+)", self.path):
            assert "Authorization" not in self.headers
            read_range(KEY, found[2], xorb=XetHash(found[1]), first=first, last=last, now=NOW)
            self._answer(206, cas.xorbs[found[1]].blob.read_at(first, last + 1 - first))
        else:
            self._answer(404)

    def do_HEAD(self):
        self._not_served()

    def do_PUT(self):
        self._not_served()

    def _not_served(self):
        self.server.cas.asked.append(f"{self.command} {self.path}")
        self.close_connection = True
        self._answer(404, b"")


class _Server(ThreadingHTTPServer):
    """Keeps what went wrong in its threads; a client that hangs up, as after telemetry, is nothing wrong."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.wrong: list[Exception] = []

    def handle_error(self, *_):
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            self.wrong.append(error)


@contextmanager
def toy_cas():
    """Serve a `ToyCas` on 127.0.0.1 while the block runs; afterwards raise what went wrong in it."""
    server = _Server()
    server.cas = ToyCas()
    server.cas.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.cas
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    if server.wrong:
        raise ExceptionGroup("the store failed", server.wrong)

"""Requests to a hub's application without a socket, so that a test can send what no client would, and many of them."""

from anyio.from_thread import start_blocking_portal

from assay.hub.app import Application


class Reply:
    """What came back."""

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self.status = status
        self.raw_headers = headers
        self.body = body

    @property
    def headers(self) -> dict[str, str]:
        """By name in small letters; of several with one name, the last."""
        return {name.decode("latin-1"): text.decode("latin-1") for name, text in self.raw_headers}


class InProcess:
    """The application of a node, on an event loop of its own."""

    def __init__(self, node) -> None:
        self.application = Application(node)
        self._started = start_blocking_portal()
        self._portal = self._started.__enter__()

    def close(self) -> None:
        self._started.__exit__(None, None, None)

    def ask(self, method: str, target: str, body: bytes = b"", headers=(), *, client="192.0.2.1") -> Reply:
        """Send one request; `target` is the address as it stands on the wire, `headers` a mapping or pairs."""
        pairs = headers.items() if isinstance(headers, dict) else headers
        named = [(name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in pairs]
        path, _, query = target.encode("latin-1").partition(b"?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path.decode("latin-1"),
            "raw_path": path,
            "query_string": query,
            "headers": [(b"host", b"hub.example"), *named],
            "client": (client, 1234),
            "server": ("hub.example", 80),
        }
        return self._portal.call(self._serve, scope, body)

    async def _serve(self, scope, body) -> Reply:
        sent = []
        parts = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive():
            return parts.pop() if parts else {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        await self.application(scope, receive, send)
        start = next(message for message in sent if message["type"] == "http.response.start")
        return Reply(start["status"], start["headers"], b"".join(message.get("body", b"") for message in sent))

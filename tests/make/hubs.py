"""A hub for tests: a real server on a free port of this machine, over a temporary folder."""

import http.client
import json
import threading
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import insert

from assay.hub.accounts.roles import Role
from assay.hub.accounts.tokens import create_token
from assay.hub.config import Config
from assay.hub.node import open_node
from assay.hub.server import listen, stoppable
from assay.store.tables import account, membership


class Answer:
    """What came back."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


class RunningHub:
    """A hub served by a thread of this process; `node` is its inside."""

    def __init__(self, folder: Path, **settings) -> None:
        self.socket = listen("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        usual = {"database_url": f"sqlite:///{folder / 'assay.db'}", "store_url": str(folder / "blobs")}
        folder.mkdir(parents=True, exist_ok=True)
        self.node = open_node(
            Config(folder=folder, public_url=self.url, secret=b"s" * 32, workers=0, **{**usual, **settings})
        )
        self.server = stoppable(self.node)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True)
        self.thread.start()
        self._tokens: dict[tuple[str, Role], str] = {}

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        self.socket.close()
        self.node.close()

    def person(self, name: str, *, kind: str = "user", admin: bool = False) -> int:
        """Return the id of an account, which is made if it is not there."""
        with self.node.database.write() as connection:
            row = connection.execute(account.select().where(account.c.key == name.casefold())).first()
            if row is not None:
                return row.id
            values = {"key": name.casefold(), "name": name, "kind": kind, "full_name": name.title(), "admin": admin}
            made = connection.execute(insert(account).values(**values, disabled=False, created=1))
            return made.inserted_primary_key[0]

    def member(self, organisation: str, name: str, role: str) -> None:
        ids = {"organisation_id": self.person(organisation, kind="organisation"), "user_id": self.person(name)}
        with self.node.database.write() as connection:
            connection.execute(insert(membership).values(**ids, role=role))

    def token(self, name: str, scope: Role = Role.ADMIN) -> str:
        """Return a token of a person, who is made if need be."""
        if (name, scope) not in self._tokens:
            user = self.person(name)
            with self.node.database.write() as connection:
                made = create_token(connection, user, "test", scope, now=self.node.now())
            self._tokens[name, scope] = made
        return self._tokens[name, scope]

    def ask(self, method: str, path: str, body=None, *, user: str | None = None, headers=None) -> Answer:
        """Send one request; a body that is no bytes goes as JSON."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        headers = dict(headers or {})
        if user is not None:
            headers["Authorization"] = f"Bearer {self.token(user)}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        try:
            connection.request(method, path, body, headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

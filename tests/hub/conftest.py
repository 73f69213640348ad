"""A hub of its own for each test that asks for one, with people, repos and real clients for it.

`@pytest.mark.parametrize("hub", ["sqlite", "postgres"], indirect=True)` runs a test on both databases.
"""

import os

import huggingface_hub
import pytest
from huggingface_hub import HfApi
from tests.make.hubs import RunningHub
from tests.store.conftest import postgres, postgres_template  # noqa: F401  # fixtures

from assay.hub.accounts.roles import Caller, Role
from assay.hub.committing import Draft, push
from assay.hub.new_repo import MAIN, new_repo
from assay.hub.placing import is_large
from assay.store.contents import add_flat
from assay.store.holdings import Held, hold
from assay.store.repos import Repo, RepoType, find_repo

_PLACES = {
    "HF_HOME": "",
    "HF_HUB_CACHE": "hub",
    "HUGGINGFACE_HUB_CACHE": "hub",
    "HF_ASSETS_CACHE": "assets",
    "HF_XET_CACHE": "xet",
    "HF_TOKEN_PATH": "token",
    "HF_STORED_TOKENS_PATH": "stored_tokens",
}


class Hub(RunningHub):
    """A running hub to which a test can add accounts, repos and files without asking it."""

    def user(self, name: str, *, admin: bool = False) -> int:
        """Make a person, if there is none of this name, and return the id."""
        return self.person(name, admin=admin)

    def organisation(self, name: str, **members: str) -> int:
        """Make an organisation with members (name=role: read, write, admin) and return its id."""
        made = self.person(name, kind="organisation")
        for member, role in members.items():
            self.member(name, member, role)
        return made

    def token(self, name: str, scope: Role | str = Role.ADMIN) -> str:
        """Return a token of a person, who is made if need be; scopes are read, write and admin."""
        return super().token(name, scope if isinstance(scope, Role) else Role[scope.upper()])

    def api(self, user: str | None = None, scope: Role | str = Role.WRITE) -> HfApi:
        """Return the real client for a person, or for nobody."""
        return HfApi(endpoint=self.url, token=False if user is None else self.token(user, scope))

    def repo(self, name: str, files: dict[str, bytes] | None = None, *, type_: str = "model", private: bool = False):
        """Make a repo `owner/name`, push `files`, and return its row; the owner is a new person if there is none."""
        owner, _, short = name.partition("/")
        made = new_repo(self.node, self._caller(owner), RepoType(type_), owner, short, private=private)
        if files:
            self.push(made, files)
        return made

    def find(self, name: str, type_: str = "model") -> Repo | None:
        """Return the row of a repo; None when there is none."""
        with self.node.database.read() as connection:
            return find_repo(connection, RepoType(type_), *name.split("/"))

    def push(self, repo, files: dict[str, bytes | Held | None], *, ref: str = MAIN, message: str = "Add files") -> str:
        """Commit files as if a client had sent them and return the commit's id.

        None deletes a file; a `Held` is a large content that the repo holds already.
        """
        draft = Draft(self.node, repo, self._caller(repo.owner))
        draft.entitle(message)
        for path, data in files.items():
            if data is None:
                draft.delete(path, folder=False)
            elif isinstance(data, Held):
                draft.link(path, *data)
            elif is_large(path, len(data), data[:512]):
                draft.link(path, *self.keep(repo, data))
            else:
                draft.write(path, data)
        return push(draft, ref)

    def keep(self, repo: Repo, data: bytes) -> Held:
        """Store a large content that a commit of the repo may name from now on."""
        with self.node.blobs.writer() as writer:
            writer.write(data)
            stored = Held(*writer.commit())
        with self.node.database.write() as connection:
            add_flat(connection, *stored)
            hold(connection, repo.id, [stored])
        return stored

    def _caller(self, user: str) -> Caller:
        return Caller(self.person(user), user, scope=Role.WRITE)


@pytest.fixture
def client_home(tmp_path, monkeypatch):
    """A home for the clients in this process: caches and tokens are the test's own."""
    home = tmp_path / "client"
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    for name, below in _PLACES.items():
        monkeypatch.setenv(name, os.fspath(home / below))
        monkeypatch.setattr(huggingface_hub.constants, name, os.fspath(home / below))
    yield home
    huggingface_hub.close_session()


@pytest.fixture
def hub(request, tmp_path, client_home):
    """A hub on SQLite, or on what the parameter says."""
    settings = {}
    if getattr(request, "param", "sqlite") == "postgres":
        server = request.getfixturevalue("postgres")
        name = server.new(request.getfixturevalue("postgres_template"))
        settings["database_url"] = server.url(name).replace("+psycopg", "")
    running = Hub(tmp_path / "hub", **settings)
    yield running
    running.stop()

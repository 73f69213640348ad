"""Repos come into being, change their settings, get another name, and go."""

from __future__ import annotations

from typing import Literal

import msgspec
from sqlalchemy import Connection
from starlette.responses import Response

from assay.canonical import JSON
from assay.errors import ConflictError, UsageError
from assay.hub.accounts.people import find_account
from assay.hub.accounts.roles import Role, role_in, role_over
from assay.hub.answers import forbidden, json_answer, repo_not_found
from assay.hub.call import Call
from assay.hub.new_repo import new_repo
from assay.hub.routing import Needs, Route
from assay.store.holdings import check_room, used_by
from assay.store.listings import refresh
from assay.store.repos import Repo, RepoType, delete_repo, find_repo, move_repo, set_gated, set_private

__all__ = ["routes"]

_Visibility = Literal["public", "private"]


class _Named(msgspec.Struct):
    name: str
    organization: str | None = None
    type: RepoType | None = None

    def parts(self, call: Call) -> tuple[RepoType, str, str]:
        """Return type, owner and name; without an organisation the repo is the caller's own."""
        owner, slash, name = self.name.partition("/")
        if not slash:
            owner, name = self.organization or call.caller.name, self.name
        return self.type or RepoType.MODEL, owner, name


class _New(_Named):
    visibility: _Visibility | None = None
    private: bool | None = None


class _Moved(msgspec.Struct, rename="camel"):
    from_repo: str
    to_repo: str
    type: RepoType | None = None


class _Settings(msgspec.Struct):
    visibility: _Visibility | None = None
    private: bool | None = None
    gated: Literal["auto", "manual", False] | None = None


def create(call: Call) -> Response:
    """Make a repo; one that is there already is named in the refusal."""
    asked = call.json(_New)
    type_, owner, name = asked.parts(call)
    with call.node.database.read() as connection:
        found = find_repo(connection, type_, owner, name)
        moved = found is not None and found.full_name.lower() != f"{owner}/{name}".lower()
        if found is None or moved or role_over(connection, call.caller, found) < Role.READ:
            found, owner = None, _owner(connection, call, owner)
    if found is None:
        try:
            made = new_repo(call.node, call.caller, type_, owner, name, private=_is_private(asked) or False)
            return json_answer(_shown(call, made))
        except ConflictError:
            found = Repo(0, type_, owner, name, private=True, created=0)
    message = f"You already created this {type_} repo."
    return json_answer({"error": message, **_shown(call, found)}, 409, {"X-Error-Message": message})


def delete(call: Call) -> Response:
    """Remove a repo with all that is only in it."""
    type_, owner, name = call.json(_Named).parts(call)
    with call.node.database.read() as connection:
        found = _writable(connection, call, type_, owner, name)
    with call.node.database.write() as connection:
        delete_repo(connection, found.id)
    return json_answer({})


def move(call: Call) -> Response:
    """Give a repo another name or owner; clients that know the old name still find it."""
    asked = call.json(_Moved)
    type_ = asked.type or RepoType.MODEL
    old_owner, _, old_name = asked.from_repo.partition("/")
    owner, _, name = asked.to_repo.partition("/")

    def work(connection: Connection) -> Repo:
        found = _writable(connection, call, type_, old_owner, old_name)
        to = _owner(connection, call, owner)
        if to != found.owner:
            check_room(connection, to, used_by(connection, found.id), call.node.config.quota)
        moved = move_repo(connection, found, to, name)
        refresh(connection, moved.id)
        return moved

    return json_answer(_shown(call, call.node.database.transact(work)))


def settings(call: Call) -> Response:
    """Change who sees a repo, and who gets its files."""
    asked = call.json(_Settings)
    private = _is_private(asked)
    if private is None and asked.gated is None:
        raise UsageError("nothing to change", hint="Send visibility, private or gated.")

    def work(connection: Connection) -> None:
        if private is not None:
            set_private(connection, call.repo.id, private=private)
        if asked.gated is not None:
            set_gated(connection, call.repo.id, asked.gated or None)

    call.node.database.transact(work)
    return json_answer({"private": private, "gated": asked.gated})


def _owner(connection: Connection, call: Call, name: str) -> str:
    """Return the account `name`, as it writes itself; refuse one that is not there, or not the caller's to add to."""
    found = find_account(connection, name)
    if found is None or role_in(connection, call.caller, found.name) < Role.WRITE:
        raise forbidden(f"You don't have the rights to create or move a repo below {name[:100]!r}.")
    return found.name


def _writable(connection: Connection, call: Call, type_: RepoType, owner: str, name: str) -> Repo:
    found = find_repo(connection, type_, owner, name)
    if found is None or role_over(connection, call.caller, found) < Role.READ:
        raise repo_not_found()
    if role_over(connection, call.caller, found) < Role.WRITE:
        raise forbidden(f"You may not do this with {found.full_name}: it needs the right to write.")
    return found


def _is_private(asked: _New | _Settings) -> bool | None:
    return asked.private if asked.visibility is None else asked.visibility == "private"


def _shown(call: Call, repo: Repo) -> dict[str, JSON]:
    return {"url": f"{call.url}{repo.path}", "name": repo.full_name, "type": repo.type.value}


routes = [
    Route("POST", "/api/repos/create", create, Needs.SIGNED_IN, Role.WRITE),
    Route("DELETE", "/api/repos/delete", delete, Needs.SIGNED_IN, Role.WRITE),
    Route("POST", "/api/repos/move", move, Needs.SIGNED_IN, Role.WRITE),
    Route("PUT", "/api/{api_repo}/settings", settings, Needs.WRITE, Role.WRITE),
]

"""Branches and tags."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from sqlalchemy import Connection
from starlette.responses import Response

from assay.canonical import JSON
from assay.errors import NotFoundError
from assay.hub.accounts.roles import Role
from assay.hub.answers import forbidden, json_answer, revision_not_found
from assay.hub.call import Call
from assay.hub.revisions import MAIN, commit_at
from assay.hub.routing import Needs, Route
from assay.store.attempts import want
from assay.store.git.refs import Ref, branch, create_ref, delete_ref, list_refs, tag

__all__ = ["routes"]

_KINDS = {"branches": "refs/heads/", "tags": "refs/tags/", "converts": "refs/convert/", "pullRequests": "refs/pr/"}


class _Branch(msgspec.Struct, rename="camel"):
    starting_point: str | None = None


class _Tag(msgspec.Struct):
    tag: str
    message: str | None = None
    """Taken and not kept: a tag here is a name for a commit, and has no text of its own."""


def refs(call: Call) -> Response:
    """Return every branch and tag, and with `include_prs` the refs of pull requests."""
    with call.node.database.read() as connection:
        known = list_refs(connection, call.repo.id)
    kinds = {
        kind: [_shown(ref, prefix) for ref in known if ref.name.startswith(prefix)] for kind, prefix in _KINDS.items()
    }
    if not call.flag("include_prs"):
        del kinds["pullRequests"]
    return json_answer(dict(kinds))


def create_branch(call: Call) -> Response:
    """Make a branch at a revision: the main branch, unless another is named."""
    asked = call.json(_Branch)
    return _create(call, branch, call.params["branch"], asked.starting_point or MAIN)


def create_tag(call: Call) -> Response:
    """Make a tag at a revision."""
    return _create(call, tag, call.json(_Tag).tag, call.params["revision"])


def delete_branch(call: Call) -> Response:
    """Remove a branch; its commits stay."""
    if call.params["branch"] == MAIN:
        raise forbidden(f"Cannot delete refs/heads/{MAIN}: it is the main branch")
    return _delete(call, branch(call.params["branch"]))


def delete_tag(call: Call) -> Response:
    """Remove a tag."""
    return _delete(call, tag(call.params["tag"]))


def _shown(ref: Ref, prefix: str) -> JSON:
    return {"name": ref.name.removeprefix(prefix), "ref": ref.name, "targetCommit": ref.target}


def _create(call: Call, full_name: Callable[[str], str], name: str, revision: str) -> Response:
    def work(connection: Connection) -> None:
        target = commit_at(connection, call, revision).oid
        create_ref(connection, call.repo.id, full_name(name), target)
        want(connection, call.repo.id, target, now=call.node.now())

    answer = _changed(call, work)
    call.node.wanted.set()
    return answer


def _delete(call: Call, name: str) -> Response:
    def work(connection: Connection) -> None:
        try:
            delete_ref(connection, call.repo.id, name)
        except NotFoundError:
            raise revision_not_found(name) from None

    return _changed(call, work)


def _changed(call: Call, work: Callable[[Connection], None]) -> Response:
    call.node.database.transact(work)
    return json_answer({})


routes = [
    Route("GET", "/api/{api_repo}/refs", refs, Needs.READ),
    Route("POST", "/api/{api_repo}/branch/{branch}", create_branch, Needs.WRITE, Role.WRITE),
    Route("DELETE", "/api/{api_repo}/branch/{branch}", delete_branch, Needs.WRITE, Role.WRITE),
    Route("POST", "/api/{api_repo}/tag/{revision}", create_tag, Needs.WRITE, Role.WRITE),
    Route("DELETE", "/api/{api_repo}/tag/{tag}", delete_tag, Needs.WRITE, Role.WRITE),
]

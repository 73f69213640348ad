"""The history of a revision, newest first."""

from __future__ import annotations

from html import escape

from starlette.responses import Response

from assay.canonical import JSON
from assay.hub.answers import json_answer, next_link
from assay.hub.call import Call
from assay.hub.revisions import commit_at, iso
from assay.hub.routing import Needs, Route
from assay.store.git.reading import CommitRow, history

__all__ = ["routes"]

_PAGE = 50
_MOST = 1000


def commits(call: Call) -> Response:
    """Return a page of commits; `expand=formatted` adds their texts as HTML."""
    formatted = "formatted" in call.queries("expand")
    with call.node.database.read() as connection:
        start = commit_at(connection, call, call.query("cursor") or None).oid
        page = history(connection, call.repo.id, start, call.number("limit", _PAGE, _MOST))
    headers = None if page.next is None else next_link(call, cursor=page.next)
    return json_answer([_shown(one, formatted=formatted) for one in page.commits], headers=headers)


def _shown(commit: CommitRow, *, formatted: bool) -> JSON:
    message = commit.message.partition("\n")[2].strip()
    shown: dict[str, JSON] = {
        "id": commit.oid,
        "title": commit.title,
        "message": message,
        "date": iso(commit.time),
        "authors": [{"user": commit.author}],
    }
    if formatted:
        shown["formatted"] = {"title": escape(commit.title), "message": escape(message).replace("\n", "<br>")}
    return shown


routes = [Route("GET", "/api/{api_repo}/commits/{revision}", commits, Needs.READ)]

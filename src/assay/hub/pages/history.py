"""The history of a branch, and what one commit changed."""

from __future__ import annotations

from itertools import islice
from urllib.parse import quote

from starlette.responses import Response

from assay.hub.call import Call
from assay.hub.page import page
from assay.hub.routing import Needs, Route
from assay.hub.shown import about, commit_of, judgement_of
from assay.store.git.objects import EMPTY_TREE
from assay.store.git.reading import commit_row, history
from assay.store.git.rows import Objects
from assay.store.git.trees import diff_trees

__all__ = ["routes"]

_PAGE = 50
_CHANGES = 300


def commits(call: Call) -> Response:
    """List the commits of a revision, newest first."""
    with call.node.database.read() as connection:
        told = about(call, connection)
        shown = history(connection, call.repo.id, told.commit.oid, _PAGE)
    return page(
        call,
        "history.html",
        told.values,
        commits=[commit_of(row) for row in shown.commits],
        next=None if shown.next is None else f"{call.repo.path}/commits/{quote(shown.next)}",
    )


def commit(call: Call) -> Response:
    """Return the page of one commit: what it changed, and what is known of it."""
    with call.node.database.read() as connection:
        told = about(call, connection)
        parent = told.commit.parent
        before = EMPTY_TREE if parent is None else commit_row(connection, call.repo.id, parent).tree
        changes = list(islice(diff_trees(Objects(connection), before, told.commit.tree), _CHANGES + 1))
    _, judgement = judgement_of(call, told.commit)
    return page(
        call,
        "commit.html",
        {**told.values, **judgement},
        changes=[
            {"path": one.path, "what": "added" if one.old is None else "removed" if one.new is None else "changed"}
            for one in changes[:_CHANGES]
        ],
        cut=len(changes) > _CHANGES,
    )


routes = [
    Route("GET", "/{repo}/commits/{rev}", commits, Needs.READ),
    Route("GET", "/{repo}/commit/{rev}", commit, Needs.READ),
]

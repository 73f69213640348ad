"""The commit that a call is about, and how times are written in answers."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection

from assay.errors import NotFoundError
from assay.hub.answers import revision_not_found
from assay.hub.call import Call
from assay.store.git.reading import CommitRow, commit_row
from assay.store.git.refs import resolve

__all__ = ["MAIN", "commit_at", "iso"]

MAIN = "main"
"""The branch that is meant where none is named."""


def commit_at(connection: Connection, call: Call, revision: str | None = None) -> CommitRow:
    """Return the commit that `revision`, or else the path of the call, names; without either, the main branch's.

    Raises:
        RequestError: the repo has no such revision.
    """
    wanted = revision or call.params.get("revision") or MAIN
    try:
        return commit_row(connection, call.repo.id, resolve(connection, call.repo.id, wanted))
    except NotFoundError:
        raise revision_not_found(wanted) from None


def iso(seconds: int) -> str:
    """Return a time, in seconds since 1970, as clients read it: `2026-11-22T09:30:00.000Z`."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.000Z"

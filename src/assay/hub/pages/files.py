"""The files of a revision, folder by folder: size, last change, and what the judgement says of each."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from sqlalchemy import Connection, select
from starlette.responses import Response

from assay.canonical import JSON
from assay.errors import NotFoundError
from assay.hub.answers import entry_not_found
from assay.hub.call import Call
from assay.hub.judgement import security_of
from assay.hub.page import page
from assay.hub.routing import Needs, Route
from assay.hub.shown import STATUS_WORDS, about, crumbs
from assay.store.git.reading import Item, list_folder
from assay.store.tables import git_commit, quarantine

__all__ = ["routes"]

_PAGE = 200


def tree(call: Call) -> Response:
    """List a folder of a revision."""
    folder = call.params.get("path", "").strip("/")
    with call.node.database.read() as connection:
        told = about(call, connection)
        try:
            shown = list_folder(
                connection, told.commit, folder, after=call.query("after") or None, limit=_PAGE, with_changes=True
            )
        except NotFoundError:
            raise entry_not_found(folder) from None
        changes = _changes(connection, call.repo.id, {item.last_change for item in shown.items if item.last_change})
        barred = _barred(connection, {item.facts.sha256 for item in shown.items if item.facts})
    statuses = security_of(call.node, call.repo.id, told.commit.oid)
    return page(
        call,
        "files.html",
        told.values,
        folder=folder,
        crumbs=crumbs(call.repo, told.revision, folder),
        items=[_shown(item, statuses, barred, changes) for item in shown.items],
        first=not call.query("after"),
        next=None if shown.after is None else f"?after={quote(shown.after, safe='')}",
    )


def _changes(connection: Connection, repo_id: int, oids: set[str]) -> dict[str, dict[str, JSON]]:
    columns = (git_commit.c.oid, git_commit.c.message, git_commit.c.time)
    rows = connection.execute(select(*columns).where(git_commit.c.repo_id == repo_id, git_commit.c.oid.in_(oids)))
    return {row.oid: {"commit": row.oid, "title": row.message.partition("\n")[0], "time": row.time} for row in rows}


def _barred(connection: Connection, sha256s: set[str]) -> dict[str, str]:
    """Return why contents may not be downloaded, where they may not."""
    rows = connection.execute(
        select(quarantine.c.sha256, quarantine.c.reason).where(quarantine.c.sha256.in_(sorted(sha256s)))
    )
    return {row.sha256: row.reason for row in rows}


def _shown(
    item: Item,
    statuses: Mapping[str, dict[str, JSON]],
    barred: Mapping[str, str],
    changes: Mapping[str, dict[str, JSON]],
) -> dict[str, JSON]:
    name = item.path.rpartition("/")[2]
    shown: dict[str, JSON] = {"name": name, "path": item.path, "folder": item.is_folder,
                              "change": changes.get(item.last_change or "")}  # fmt: skip
    if item.facts is None:
        return {**shown, "status": _worst(item.path, statuses)}
    status = statuses.get(item.path, {"status": "unscanned", "message": "It is not part of what is judged."})
    return {
        **shown,
        "size": item.facts.size,
        "sha256": item.facts.sha256,
        "large": item.facts.pointer is not None,
        "quarantine": barred.get(item.facts.sha256),
        "status": {"status": status["status"], "message": status["message"], "word": STATUS_WORDS[status["status"]]},
    }


def _worst(folder: str, statuses: Mapping[str, dict[str, JSON]]) -> dict[str, JSON] | None:
    """Return the worst status of the files below a folder."""
    order = list(STATUS_WORDS)
    below = [one["status"] for path, one in statuses.items() if path.startswith(f"{folder}/")]
    if not below:
        return None
    worst = max(below, key=order.index)
    return {"status": worst, "message": "The worst of the files in it.", "word": STATUS_WORDS[worst]}


routes = [
    Route("GET", "/{repo}/tree/{rev}", tree, Needs.READ),
    Route("GET", "/{repo}/tree/{rev}/{path*}", tree, Needs.READ),
]

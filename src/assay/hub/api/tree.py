"""What files a revision has: page by page, or those at given paths."""

from __future__ import annotations

from urllib.parse import parse_qs

import msgspec
from starlette.responses import Response

from assay.canonical import JSON
from assay.errors import NotFoundError, RequestError
from assay.hub.answers import entry_not_found, json_answer, next_link
from assay.hub.call import Call
from assay.hub.judgement import security_of
from assay.hub.revisions import commit_at
from assay.hub.routing import Needs, Route
from assay.hub.tree_entries import entries_of
from assay.store.git.reading import CommitRow, find, list_folder

__all__ = ["routes"]

_PAGE = 1000
_EXPANDED_PAGE = 100
_MOST_PATHS = 5_000


class _Asked(msgspec.Struct):
    paths: list[str] | str
    expand: bool = False


def tree(call: Call) -> Response:
    """Return a page of a folder, or of everything below it."""
    folder, expand = call.params.get("path", "").strip("/"), call.flag("expand")
    most = _EXPANDED_PAGE if expand else _PAGE
    with call.node.database.read() as connection:
        commit = commit_at(connection, call)
        try:
            page = list_folder(
                connection,
                commit,
                folder,
                recursive=call.flag("recursive"),
                after=call.query("cursor") or None,
                limit=call.number("limit", most, most),
                with_changes=expand,
            )
        except NotFoundError:
            raise entry_not_found(folder) from None
        entries = entries_of(connection, call.repo.id, page.items, changes=expand)
    headers = None if page.after is None else next_link(call, cursor=page.after)
    return _answered(call, commit, entries, headers, expand=expand)


def paths_info(call: Call) -> Response:
    """Return what lies at the paths that a form, or a JSON object, names; what is not there is left out."""
    asked = _asked(call)
    paths = [asked.paths] if isinstance(asked.paths, str) else asked.paths
    if len(paths) > _MOST_PATHS:
        raise RequestError(413, f"one call asks about at most {_MOST_PATHS:,} paths", hint="Ask in several calls.")
    with call.node.database.read() as connection:
        commit = commit_at(connection, call)
        found = find(connection, commit, (path.rstrip("/") for path in paths), with_changes=asked.expand)
        entries = entries_of(connection, call.repo.id, list(found.values()), changes=asked.expand)
    return _answered(call, commit, entries, None, expand=asked.expand)


def _answered(
    call: Call, commit: CommitRow, entries: list[dict[str, JSON]], headers: dict[str, str] | None, *, expand: bool
) -> Response:
    if expand and entries:
        security = security_of(call.node, call.repo.id, commit.oid)
        entries = [
            {**entry, "securityFileStatus": security[path]} if (path := str(entry["path"])) in security else entry
            for entry in entries
        ]
    return json_answer(entries, headers=headers)


def _asked(call: Call) -> _Asked:
    if call.request.headers.get("content-type", "").startswith("application/json"):
        return call.json(_Asked)
    try:
        form = parse_qs(call.body.decode(), keep_blank_values=True, max_num_fields=2 * _MOST_PATHS)
    except ValueError as error:  # UnicodeDecodeError is one
        raise RequestError(400, f"the form cannot be read: {error}") from None
    paths = [*form.get("paths", []), *form.get("paths[]", [])]
    return _Asked(paths, form.get("expand", [""])[-1].lower() in ("true", "1"))


routes = [
    Route("GET", "/api/{api_repo}/tree/{revision}", tree, Needs.READ),
    Route("GET", "/api/{api_repo}/tree/{revision}/{path*}", tree, Needs.READ),
    Route("POST", "/api/{api_repo}/paths-info/{revision}", paths_info, Needs.READ, limit=8 * 1024 * 1024),
]

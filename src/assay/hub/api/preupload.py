"""Before an upload: which files go into git, which are kept beside it, which are there already."""

from __future__ import annotations

import binascii
from base64 import b64decode

import msgspec
from pathspec import GitIgnoreSpec
from starlette.responses import Response

from assay.errors import RequestError
from assay.hub.accounts.roles import Role
from assay.hub.answers import json_answer, revision_not_found
from assay.hub.call import Call
from assay.hub.committing import branch_ref
from assay.hub.placing import is_large, lfs_patterns
from assay.hub.routing import Needs, Route
from assay.store.git.reading import Item, commit_row, find
from assay.store.git.refs import tip
from assay.store.git.rows import Objects

__all__ = ["routes"]

_MOST_FILES = 5_000
_RULES = (".gitattributes", ".gitignore")
_LONGEST_IGNORE = 256 * 1024


class _File(msgspec.Struct):
    path: str
    size: int
    sample: str = ""
    sha: str | None = None


class _Asked(msgspec.Struct, rename="camel"):
    files: list[_File]
    git_ignore: str | None = None
    git_attributes: str | None = None


def preupload(call: Call) -> Response:
    """Answer for each file how it is to be sent."""
    asked = call.json(_Asked)
    if len(asked.files) > _MOST_FILES:
        raise RequestError(413, f"one call asks about at most {_MOST_FILES:,} files", hint="Ask in several calls.")
    known, texts = _at_branch(call, [file.path for file in asked.files])
    patterns = lfs_patterns(asked.git_attributes or texts[".gitattributes"])
    ignored = _ignored(asked.git_ignore or texts[".gitignore"])
    return json_answer(
        {
            "files": [
                {
                    "path": file.path,
                    "uploadMode": "lfs"
                    if is_large(file.path, file.size, _sample(file.sample), patterns)
                    else "regular",
                    "shouldIgnore": ignored.match_file(file.path),
                    "oid": _oid(known.get(file.path)),
                }
                for file in asked.files
            ]
        }
    )


def _at_branch(call: Call, paths: list[str]) -> tuple[dict[str, Item], dict[str, str]]:
    """Return what lies at these paths now, and the texts of the files that say what is large, and what is left out."""
    revision = call.params["revision"]
    with call.node.database.read() as connection:
        oid = tip(connection, call.repo.id, branch_ref(revision))
        if oid is None:
            raise revision_not_found(revision)
        row = commit_row(connection, call.repo.id, oid)
        found = find(connection, row, [*paths, *_RULES])
        objects = Objects(connection)
        texts = {name: _text(objects, found.get(name)) for name in _RULES}
    return found, texts


def _text(objects: Objects, item: Item | None) -> str:
    if item is None or item.facts is None or item.facts.pointer is not None:
        return ""
    return objects.blob(item.oid).decode("utf-8", "replace")


def _oid(item: Item | None) -> str | None:
    if item is None or item.is_folder or item.facts is None:
        return None
    return item.oid if item.facts.pointer is None else item.facts.sha256


def _sample(text: str) -> bytes:
    """Return the first bytes of a file; what is no base64 counts as binary."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b"\0"


def _ignored(text: str) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines(text[:_LONGEST_IGNORE].splitlines()[:1000])
    except ValueError as error:
        raise RequestError(400, f"the .gitignore cannot be read: {error}") from None


routes = [
    Route("POST", "/api/{api_repo}/preupload/{revision}", preupload, Needs.WRITE, Role.WRITE, limit=8 * 1024 * 1024)
]

"""Before an upload: which files go into git, which are kept beside it, which are there already."""

from __future__ import annotations

import binascii
from base64 import b64decode
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

import msgspec
from starlette.responses import Response

from assay.errors import RequestError
from assay.hub.accounts.roles import Role
from assay.hub.answers import json_answer, revision_not_found
from assay.hub.call import Call
from assay.hub.committing import branch_ref
from assay.hub.routing import Needs, Route
from assay.store.git.commits import MAX_BLOB
from assay.store.git.reading import Item, commit_row, find
from assay.store.git.refs import tip
from assay.store.git.rows import Objects

__all__ = ["DEFAULT_ATTRIBUTES", "routes"]

_MOST_FILES = 5_000
_SMALL = 1024 * 1024
"""Bytes up to which a text stays in git."""
_WEIGHTS = (
    "7z arrow avro bin bz2 ckpt ftz gguf gz h5 joblib keras lz4 mlmodel model msgpack npy npz onnx ot parquet pb pickle"
    " pkl pt pth rar safetensors tar tflite tgz wasm xz zip zst"
)

DEFAULT_ATTRIBUTES = "".join(f"*.{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in _WEIGHTS.split())
"""What a new repo's `.gitattributes` says, so that git itself does with these files as clients do."""


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
    known, attributes = _at_branch(call, [file.path for file in asked.files])
    patterns = _lfs_patterns(asked.git_attributes or attributes)
    ignored = _Ignored(asked.git_ignore or "")
    return json_answer(
        {
            "files": [
                {
                    "path": file.path,
                    "uploadMode": "lfs" if _is_large(file, patterns) else "regular",
                    "shouldIgnore": ignored.has(file.path),
                    "oid": _oid(known.get(file.path)),
                }
                for file in asked.files
            ]
        }
    )


def _at_branch(call: Call, paths: list[str]) -> tuple[dict[str, Item], str]:
    """Return what lies at these paths now, and the text of `.gitattributes`."""
    revision = call.params["revision"]
    with call.node.database.read() as connection:
        oid = tip(connection, call.repo.id, branch_ref(revision))
        if oid is None:
            raise revision_not_found(revision)
        row = commit_row(connection, call.repo.id, oid)
        found = find(connection, row, [*paths, ".gitattributes"])
        attributes = found.get(".gitattributes")
        text = b"" if attributes is None or attributes.is_folder else Objects(connection).blob(attributes.oid)
    return found, text.decode("utf-8", "replace")


def _oid(item: Item | None) -> str | None:
    if item is None or item.is_folder or item.facts is None:
        return None
    return item.oid if item.facts.pointer is None else item.facts.sha256


def _is_large(file: _File, patterns: list[str]) -> bool:
    if file.size == 0:
        return False
    if file.size > _SMALL or file.size > MAX_BLOB or _is_binary(file.sample):
        return True
    name = PurePosixPath(file.path).name
    return any(fnmatchcase(name, pattern) or fnmatchcase(file.path, pattern) for pattern in patterns)


def _is_binary(sample: str) -> bool:
    try:
        data = b64decode(sample, validate=True)
    except (binascii.Error, ValueError):
        return True
    try:
        data.decode()
    except UnicodeDecodeError as error:
        # The sample may end in the middle of a character.
        return error.start < len(data) - 3 or b"\0" in data
    return b"\0" in data


def _lfs_patterns(attributes: str) -> list[str]:
    lines = (line.split() for line in attributes[:_SMALL].splitlines() if not line.startswith("#"))
    return [words[0].lstrip("/").replace("**/", "*") for words in lines if "filter=lfs" in words[1:]]


class _Ignored:
    """What a `.gitignore` leaves out: a later line wins over an earlier one, `!` takes back."""

    def __init__(self, text: str) -> None:
        self._rules = [_rule(line.rstrip()) for line in text[:_SMALL].splitlines() if _says_something(line)][:1000]

    def has(self, path: str) -> bool:
        """Say whether a file is left out."""
        parts = path.split("/")
        folders = ["/".join(parts[:end]) for end in range(1, len(parts))]
        ignored = False
        for pattern, takes_back, anchored, only_folders in self._rules:
            names = folders if only_folders else [*folders, path]
            met = (name if anchored else name.rpartition("/")[2] for name in names)
            if any(fnmatchcase(name, pattern) for name in met):
                ignored = not takes_back
        return ignored


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _rule(line: str) -> tuple[str, bool, bool, bool]:
    takes_back = line.startswith("!")
    pattern = line[1:] if takes_back else line
    only_folders = pattern.endswith("/")
    pattern = pattern.rstrip("/")
    anchored = "/" in pattern
    return pattern.lstrip("/").replace("**/", "*").replace("/**", "/*"), takes_back, anchored, only_folders


routes = [
    Route("POST", "/api/{api_repo}/preupload/{revision}", preupload, Needs.WRITE, Role.WRITE, limit=8 * 1024 * 1024)
]

"""One file of a revision: its text with line numbers or the table of its tensors, and what was found in it."""

from __future__ import annotations

from urllib.parse import quote

from sqlalchemy import Connection, select
from starlette.responses import Response

from assay.artifact.blob import Blob, BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.observe import observation_key
from assay.artifact.readers.safetensors import FORMAT, read
from assay.canonical import JSON
from assay.errors import ReadError
from assay.hub.answers import entry_not_found
from assay.hub.call import Call
from assay.hub.gates import check_gate
from assay.hub.judgement import security_of
from assay.hub.page import page
from assay.hub.routing import Needs, Route
from assay.hub.shown import STATUS_WORDS, about, crumbs, judgement_of
from assay.reports.escape import clipped
from assay.reports.story import groups
from assay.store.git.reading import Item, find
from assay.store.git.rows import Objects
from assay.store.observations import observed
from assay.store.tables import quarantine

__all__ = ["routes"]

_TEXT = 200_000
"""Bytes of a text that are shown."""
_LINES = 1_500
_LINE = 2_000
_TENSORS = 500
_HEADER = 8 * 1024 * 1024
"""Bytes of a safetensors header that a page reads where no observation of it is stored."""


def blob(call: Call) -> Response:
    """Return the page of a file."""
    path = call.params["path"]
    with call.node.database.read() as connection:
        check_gate(connection, call)
        told = about(call, connection)
        item = find(connection, told.commit, [path], with_changes=True).get(path)
        if item is None or item.facts is None:
            raise entry_not_found(path)
        reason = connection.execute(
            select(quarantine.c.reason).where(quarantine.c.sha256 == item.facts.sha256)
        ).scalar_one_or_none()
    one, _ = judgement_of(call, told.commit)
    scan = one.scan or {"findings": [], "not_judged": []}
    here = {
        "findings": [found for found in scan["findings"] if found["file"] == item.path],
        "not_judged": [],
    }
    status = security_of(call.node, call.repo.id, told.commit.oid).get(item.path)
    status = status or {"status": "unscanned", "message": "It is not part of what is judged."}
    return page(
        call,
        "file.html",
        told.values,
        file={
            "path": item.path,
            "size": item.facts.size,
            "sha256": item.facts.sha256,
            "git_oid": item.oid,
            "large": item.facts.pointer is not None,
            "status": status["status"],
            "word": STATUS_WORDS[status["status"]],
            "message": status["message"],
            "quarantine": reason,
            "download": f"{call.repo.path}/resolve/{quote(told.revision, safe='')}/{quote(item.path)}",
        },
        crumbs=crumbs(call.repo, told.revision, item.path),
        findings=[{**group._asdict(), "word": group.word} for group in groups(here)],
        **_content(call, item),
    )


def _content(call: Call, item: Item) -> dict[str, JSON]:
    """Return what is in the file, as far as a page shows it: `text` or `tensors`, each None where there is none."""
    assert item.facts is not None
    if item.facts.pointer is None:
        with call.node.database.read() as connection:
            data = Objects(connection).blob(item.oid)
        if item.path.endswith(".safetensors"):
            return {"text": None, "tensors": _tensors(BytesBlob(data))}
        return {"text": _text(data), "tensors": None}
    with call.node.database.read() as connection:
        tensors = _stored(connection, item.facts.sha256)
    if tensors is None and item.path.endswith(".safetensors"):
        with call.node.contents.open(item.facts.sha256) as opened:
            tensors = _tensors(opened)
    return {"text": None, "tensors": tensors}


def _text(data: bytes) -> dict[str, JSON] | None:
    """Return the lines of a text with unseen characters made visible; None for what is no text."""
    shown = data[:_TEXT]
    try:
        text = shown.decode()
    except UnicodeDecodeError as error:
        if error.start < len(shown) - 3 or len(shown) == len(data):
            return None
        text = shown[: error.start].decode()
    if "\0" in text:
        return None
    lines = text.splitlines() if text else []
    kept = [clipped(line.replace("\t", "    "), _LINE) for line in lines[:_LINES]]
    return {"lines": kept, "cut": len(lines) > _LINES or len(shown) < len(data)}


def _stored(connection: Connection, sha256: str) -> dict[str, JSON] | None:
    """Return the tensors as the reader saw them when the revision was judged."""
    key = observation_key(sha256, FORMAT)
    found = observed(connection, [key]).get(key)
    return None if found is None else _table(found.facts)


def _tensors(opened: Blob) -> dict[str, JSON] | None:
    try:
        return _table(read(opened, Budget(bytes=_HEADER), path="", depth=0).facts)
    except ReadError:
        return None


def _table(facts: dict[str, JSON]) -> dict[str, JSON]:
    return {
        "count": facts["tensors"],
        "parameters": facts["parameters"],
        "dtypes": facts["dtypes"],
        "metadata": facts["metadata"],
        "rows": [{"name": name, "dtype": dtype, "shape": shape} for name, dtype, shape in facts["table"][:_TENSORS]],
    }


routes = [Route("GET", "/{repo}/blob/{rev}/{path*}", blob, Needs.READ)]

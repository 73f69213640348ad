"""Files and folders of a commit as the API lists them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from assay.canonical import JSON
from assay.hub.revisions import iso
from assay.store.git.objects import Oid
from assay.store.git.reading import Item
from assay.store.git.rows import batches
from assay.store.tables import content, git_commit, quarantine

__all__ = ["entries_of", "siblings_of"]


def entries_of(connection: Connection, repo_id: int, items: list[Item], *, changes: bool) -> list[dict[str, JSON]]:
    """Return what `list_repo_tree` and `get_paths_info` show, with `changes` also the last change of each.

    For the latter `items` must have been read with it.
    """
    xet = _xet_hashes(connection, items)
    commits = _last_commits(connection, repo_id, items) if changes else {}
    entries = []
    for item in items:
        entry: dict[str, JSON] = {"type": "directory" if item.is_folder else "file", "oid": item.oid}
        entry |= {"size": item.facts.size if item.facts else 0, "path": item.path, **_large(item, "oid")}
        if item.facts and item.facts.pointer and item.facts.sha256 in xet:
            entry["xetHash"] = xet[item.facts.sha256]
        if changes:
            entry["lastCommit"] = commits.get(item.last_change or "")
        entries.append(entry)
    return entries


def siblings_of(items: Iterable[Item], *, blobs: bool) -> list[JSON]:
    """Return what `repo_info` shows of the files of a repo: their names, and with `blobs` what they are."""
    siblings: list[JSON] = []
    for item in items:
        sibling: dict[str, JSON] = {"rfilename": item.path}
        if blobs and item.facts:
            sibling |= {"blobId": item.oid, "size": item.facts.size, **_large(item, "sha256")}
        siblings.append(sibling)
    return siblings


def _large(item: Item, name: str) -> dict[str, JSON]:
    """Return the `lfs` part of an entry; clients know the digest under different names."""
    if item.facts is None or item.facts.pointer is None:
        return {}
    pointer = item.facts.pointer
    return {"lfs": {name: pointer.sha256, "size": pointer.size, "pointerSize": pointer.text_size}}


def _xet_hashes(connection: Connection, items: Iterable[Item]) -> dict[str, str]:
    """Return the file hash of each content that is made of chunks and not in quarantine, by SHA-256."""
    large = {item.facts.sha256 for item in items if item.facts and item.facts.pointer}
    found: dict[str, str] = {}
    for batch in batches(sorted(large)):
        made = select(content.c.sha256, content.c.xet).where(content.c.sha256.in_(batch), content.c.xet.is_not(None))
        # Clients fetch by this hash without asking for the file itself, and would not learn why they cannot have it.
        free = made.where(content.c.sha256.not_in(select(quarantine.c.sha256)))
        found.update((row.sha256, row.xet) for row in connection.execute(free))
    return found


def _last_commits(connection: Connection, repo_id: int, items: Iterable[Item]) -> dict[str, JSON]:
    table = git_commit.c
    oids: set[Oid] = {item.last_change for item in items if item.last_change}
    found: dict[str, JSON] = {}
    for batch in batches(sorted(oids)):
        rows = select(table.oid, table.time, table.message).where(table.repo_id == repo_id, table.oid.in_(batch))
        for oid, time, message in connection.execute(rows):
            found[oid] = {"id": oid, "title": message.partition("\n")[0], "date": iso(time)}
    return found

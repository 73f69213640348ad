"""Example content for a new hub: the models of `assay.examples` and a benchmark, pushed as anybody would push them."""

from __future__ import annotations

import tempfile
from importlib import resources
from pathlib import Path

from sqlalchemy import insert, select

from assay.artifact.blob import BytesBlob
from assay.examples import build, examples
from assay.hub.accounts.roles import Caller, Role
from assay.hub.committing import Draft, push
from assay.hub.new_repo import MAIN, new_repo
from assay.hub.node import Node
from assay.store.repos import Repo, RepoType, find_repo
from assay.store.tables import account

__all__ = ["OWNER", "add_examples"]

OWNER = "examples"
BENCHMARK = "next-letter"


def add_examples(node: Node) -> int:
    """Push every example that this hub does not have yet, below the organisation `examples`; return how many."""
    caller = _owner(node)
    added = 0
    for name in examples():
        if _missing(node, RepoType.MODEL, name):
            with tempfile.TemporaryDirectory() as scratch:
                build(name, Path(scratch) / name)
                _push_folder(node, caller, RepoType.MODEL, name, Path(scratch) / name)
            added += 1
    if _missing(node, RepoType.DATASET, BENCHMARK):
        with resources.as_file(resources.files("assay.evals") / "benchmarks" / BENCHMARK) as folder:
            _push_folder(node, caller, RepoType.DATASET, BENCHMARK, folder)
        added += 1
    return added


def _owner(node: Node) -> Caller:
    with node.database.write() as connection:
        found = connection.execute(select(account.c.id).where(account.c.key == OWNER)).scalar_one_or_none()
        if found is None:
            row = {"key": OWNER, "name": OWNER, "kind": "organisation", "full_name": "Examples", "admin": False}
            added = connection.execute(insert(account).values(**row, disabled=False, created=node.now()))
            assert added.inserted_primary_key is not None
            found = added.inserted_primary_key[0]
    return Caller(found, OWNER, scope=Role.ADMIN)


def _missing(node: Node, type_: RepoType, name: str) -> bool:
    with node.database.read() as connection:
        return find_repo(connection, type_, OWNER, name) is None


def _push_folder(node: Node, caller: Caller, type_: RepoType, name: str, folder: Path) -> Repo:
    repo = new_repo(node, caller, type_, OWNER, name, private=False)
    draft = Draft(node, repo, caller)
    draft.entitle(f"Add {name}")
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            draft.add(path.relative_to(folder).as_posix(), BytesBlob(path.read_bytes()))
    push(draft, MAIN)
    return repo

"""Example content for a new hub: the models of `assay.examples` and a benchmark, pushed as anybody would push them."""

from __future__ import annotations

import tempfile
from importlib import resources
from pathlib import Path

from sqlalchemy import Connection

from assay.artifact.blob import BytesBlob
from assay.errors import MissingExtraError
from assay.examples import build, examples
from assay.hub.accounts.people import ORGANISATION, add_account, find_account
from assay.hub.accounts.roles import Caller, Role
from assay.hub.committing import Draft, push
from assay.hub.new_repo import MAIN, new_repo
from assay.hub.node import Node
from assay.hub.placing import DEFAULT_ATTRIBUTES
from assay.isolate.evaluating import evaluate_isolated
from assay.statements.envelope import Envelope
from assay.store.evidence import add, check
from assay.store.listings import refresh
from assay.store.repos import Repo, RepoType, find_repo

__all__ = ["OWNER", "add_examples"]

OWNER = "examples"
BENCHMARK = "next-letter"
EVALUATED = "apache-clean"


def add_examples(node: Node) -> int:
    """Push every example that this hub does not have yet, below the organisation `examples`; return how many."""
    caller = _owner(node)
    added = 0
    for name in examples():
        if _missing(node, RepoType.MODEL, name):
            with tempfile.TemporaryDirectory() as scratch:
                build(name, Path(scratch) / name)
                repo = _push_folder(node, caller, RepoType.MODEL, name, Path(scratch) / name)
                if name == EVALUATED:
                    _evaluate(node, repo, Path(scratch) / name)
            added += 1
    if _missing(node, RepoType.DATASET, BENCHMARK):
        with resources.as_file(resources.files("assay.evals") / "benchmarks" / BENCHMARK) as folder:
            _push_folder(node, caller, RepoType.DATASET, BENCHMARK, folder)
        added += 1
    return added


def _owner(node: Node) -> Caller:
    def work(connection: Connection) -> int:
        found = find_account(connection, OWNER)
        if found is not None:
            return found.id
        return add_account(connection, OWNER, ORGANISATION, now=node.now(), full_name="Examples")

    return Caller(node.database.transact(work), OWNER, scope=Role.ADMIN)


def _missing(node: Node, type_: RepoType, name: str) -> bool:
    with node.database.read() as connection:
        return find_repo(connection, type_, OWNER, name) is None


def _push_folder(node: Node, caller: Caller, type_: RepoType, name: str, folder: Path) -> Repo:
    repo = new_repo(node, caller, type_, OWNER, name, private=False)
    draft = Draft(node, repo, caller)
    draft.entitle(f"Add {name}")
    attributes = folder / ".gitattributes"
    if not attributes.exists() and type_ is RepoType.MODEL:
        attributes.write_text(DEFAULT_ATTRIBUTES)  # so that the folder is what the repo is, with the same dirHash
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            draft.add(path.relative_to(folder).as_posix(), BytesBlob(path.read_bytes()))
    push(draft, MAIN)
    return repo


def _evaluate(node: Node, repo: Repo, folder: Path) -> None:
    """Run the benchmark on a model, sign the result as this hub, and keep it; without numpy there is none."""
    try:
        done = evaluate_isolated(folder, BENCHMARK)
    except MissingExtraError:
        return
    signed = check(Envelope.sign(done.statement, node.key), (node.key.public,))

    def work(connection: Connection) -> None:
        add(connection, repo.id, signed, foreign=False, now=node.now())
        refresh(connection, repo.id)

    node.database.transact(work)

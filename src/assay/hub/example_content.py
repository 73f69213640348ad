"""Example content for a new hub, pushed as anybody would push it: the models of `assay.examples`, tiny models that are
trained on the spot, a benchmark, and what these models were measured to do by it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Connection

from assay.artifact.blob import BytesBlob
from assay.evals.journal import Journal, log_place
from assay.examples import build, examples
from assay.hub.accounts.people import ORGANISATION, add_account, find_account
from assay.hub.accounts.roles import Caller, Role
from assay.hub.committing import Draft, push
from assay.hub.new_repo import MAIN, new_repo
from assay.hub.node import Node
from assay.hub.placing import DEFAULT_ATTRIBUTES
from assay.isolate.evaluating import Asking, evaluate_isolated
from assay.statements.envelope import Envelope
from assay.store.evidence import add, check
from assay.store.listings import refresh
from assay.store.repos import Repo, RepoType, find_repo
from assay.store.results import keep_log

__all__ = ["OWNER", "add_examples"]

OWNER = "examples"
BENCHMARK = "next-letter"
EVALUATED = "apache-clean"
TRAINED = {"exemplar-10-steps": 10, "exemplar-40-steps": 40, "exemplar-150-steps": 150}
"""Tiny models of which everything is open, and for how many steps each is trained: about ten seconds in all."""

_Make = Callable[[Path], object]


def add_examples(node: Node) -> int:
    """Push every example that this hub does not have yet, below the organisation `examples`; return how many."""
    caller = _owner(node)
    able = find_spec("numpy") is not None
    models: dict[str, _Make] = {name: partial(build, name) for name in examples()}
    if able:
        models |= {name: partial(_train, steps) for name, steps in TRAINED.items()}
    added = 0
    for name, make in models.items():
        if not _missing(node, RepoType.MODEL, name):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / name
            make(folder)
            repo = _push_folder(node, caller, RepoType.MODEL, name, folder)
            if able and (name == EVALUATED or name in TRAINED):
                _evaluate(node, repo, folder)
        added += 1
    if _missing(node, RepoType.DATASET, BENCHMARK):
        with resources.as_file(resources.files("assay.evals") / "benchmarks" / BENCHMARK) as folder:
            _push_folder(node, caller, RepoType.DATASET, BENCHMARK, folder)
        added += 1
    return added


def _train(steps: int, folder: Path) -> None:
    """Train in a process of its own, which may use memory that a hub should not keep."""
    command = [sys.executable, "-m", "assay", "exemplar", str(folder), "--steps", str(steps)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # our own interpreter with fixed words


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
    """Run the benchmark on a model, sign the result as this hub, and keep it with what the model said."""
    with tempfile.TemporaryDirectory() as scratch, Journal(Path(scratch)) as journal:
        done = evaluate_isolated(folder, BENCHMARK, Asking(journal=journal, relationship="first"))
        digest = str(done.predicate["samples"]["log_digest"])
        log = log_place(journal.folder, digest).read_bytes()
    signed = check(Envelope.sign(done.statement, node.key), (node.key.public,))

    def work(connection: Connection) -> None:
        add(connection, repo.id, signed, foreign=False, now=node.now())
        keep_log(connection, digest, log)
        refresh(connection, repo.id)

    node.database.transact(work)

"""From hub to hub in one file: a revision with everything said about it goes out, and comes in as foreign evidence."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import Connection

from assay.errors import NotFoundError, PathError, UsageError
from assay.exchange import Bundle, BundleSource, write_bundle
from assay.hub.accounts.people import find_account
from assay.hub.accounts.roles import Caller, Role
from assay.hub.committing import Draft, push
from assay.hub.new_repo import MAIN, new_repo
from assay.hub.node import Node
from assay.statements.envelope import Envelope
from assay.statements.evidence import Evidence
from assay.statements.keys import PublicKey
from assay.store import evidence as kept
from assay.store.attempts import find
from assay.store.git.objects import Oid
from assay.store.git.reading import commit_row
from assay.store.git.refs import resolve, tip
from assay.store.git.rows import Objects
from assay.store.git.trees import files_in
from assay.store.listings import refresh
from assay.store.repos import Repo, RepoType, find_repo
from assay.store.revision_source import RevisionSource

__all__ = ["find_revision", "operator", "pack", "unpack", "wait_until_judged"]

_LOOK_AGAIN = 0.1
"""Seconds."""


def find_revision(node: Node, text: str) -> tuple[Repo, Oid]:
    """Return the model and the commit that `ORG/NAME[@REV]` names; without a revision, that of the main branch.

    Raises:
        UsageError: it is no such name.
        NotFoundError: there is no such repo or revision.
    """
    full_name, _, revision = text.partition("@")
    owner, slash, name = full_name.partition("/")
    if not slash or not owner or not name or "/" in name:
        raise UsageError(f"{text[:200]!r} is no ORG/NAME[@REV]")
    with node.database.read() as connection:
        repo = find_repo(connection, RepoType.MODEL, owner, name)
        if repo is None:
            raise NotFoundError(f"there is no model {full_name}")
        return repo, resolve(connection, repo.id, revision or "main")


def wait_until_judged(node: Node, repo: Repo, commit: Oid, *, seconds: float = 60.0) -> None:
    """Wait while a commit is being judged, by whoever does that; return also when it never will be."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with node.database.read() as connection:
            attempt = find(connection, repo.id, commit)
        if attempt is None or attempt.state != "wanted":
            return
        time.sleep(_LOOK_AGAIN)


def operator(node: Node, owner: str) -> Caller:
    """Return who acts when somebody with the hub's folder at hand pushes below `owner`.

    Raises:
        NotFoundError: there is no such account.
    """
    with node.database.read() as connection:
        found = find_account(connection, owner)
    if found is None:
        raise NotFoundError(f"there is no account {owner[:100]!r}", hint="Make it on the hub's pages first.")
    return Caller(found.id, found.name, scope=Role.ADMIN)


def pack(node: Node, repo: Repo, commit: Oid, target: Path) -> Bundle:
    """Write a commit of a repo, and every statement that its readers see, to the new file `target`.

    Raises:
        PathError: nobody has looked at the commit yet, so nothing names its files.
        BundleError: the file cannot be written.
        AssayError: as `assay.exchange.write_bundle`.
    """
    with node.database.read() as connection:
        dirhash = kept.dirhash_of(connection, repo.id, commit)
        if dirhash is None:
            raise PathError(f"{repo.full_name} at {commit[:12]} is not assessed yet", hint="Try again in a moment.")
        statements = kept.statements_about(connection, repo.id, dirhash)
        bodies = [kept.body_of(connection, repo.id, one.digest) for one in statements]
        keys = kept.keys_of(connection, (keyid for one in statements for keyid in one.signers))
    envelopes = sorted((Envelope.parse(body) for body in bodies), key=lambda one: one.digest)
    evidence = Evidence(tuple(envelopes)).with_keys(PublicKey(key.pem) for key in keys)
    source = RevisionSource(node.database, node.contents, repo.id, commit, repo.full_name)
    return write_bundle(target, source, evidence, node.key)


def unpack(node: Node, caller: Caller, bundle: Path, owner: str, name: str) -> tuple[Repo, Oid]:
    """Commit what a bundle carries to the main branch of a model, made if need be, and keep what is said about it.

    Every bit of the bundle is checked first. Its statements are shown as foreign: they count for those who pin their
    signers, and this hub assesses the files itself as it does after every push.

    Raises:
        BundleError: the bundle is not exactly what its packer signed.
        AssayError: as a push.
    """
    source = BundleSource(bundle)
    with node.database.read() as connection:
        repo = find_repo(connection, RepoType.MODEL, owner, name)
    if repo is None:
        repo = new_repo(node, caller, RepoType.MODEL, owner, name, private=True)
    draft = Draft(node, repo, caller)
    draft.entitle(f"Carried here in {source.name}")
    carried = source.entries()
    # The files must be those that the statements are about, and no others.
    for path in _files_at(node, repo) - {entry.path for entry in carried}:
        draft.delete(path, folder=False)
    for entry in carried:
        with source.open(entry) as blob:
            draft.add(entry.path, blob)
    oid = push(draft, MAIN)
    checked = [kept.check(envelope, source.evidence.keys) for envelope in source.evidence.envelopes]

    def work(connection: Connection) -> None:
        for one in checked:
            kept.add(connection, repo.id, one, foreign=True, now=node.now())
        refresh(connection, repo.id)

    node.database.transact(work)
    return repo, oid


def _files_at(node: Node, repo: Repo) -> set[str]:
    with node.database.read() as connection:
        oid = tip(connection, repo.id, MAIN)
        if oid is None:
            return set()
        objects = Objects(connection)
        return {path for path, _ in files_in(objects, commit_row(connection, repo.id, oid).tree)}

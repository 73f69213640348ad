"""A new repo, with a first commit, so that its main branch can be named from the start."""

from __future__ import annotations

from sqlalchemy import Connection

from assay.hub.accounts.roles import Caller
from assay.hub.node import Node
from assay.hub.placing import DEFAULT_ATTRIBUTES
from assay.store.git.commits import Write, commit
from assay.store.git.objects import Signature
from assay.store.listings import MAIN, refresh
from assay.store.repos import Repo, RepoType, create_repo

__all__ = ["MAIN", "new_repo"]


def new_repo(node: Node, caller: Caller, type_: RepoType, owner: str, name: str, *, private: bool) -> Repo:
    """Make a repo; that the caller may do so below `owner` is already known.

    Raises:
        UsageError: the name cannot be one.
        ConflictError: there is one of this name.
    """
    now = node.now()
    first = {".gitattributes": Write(DEFAULT_ATTRIBUTES.encode())}

    def work(connection: Connection) -> Repo:
        made = create_repo(connection, type_, owner, name, private=private, now=now)
        author = Signature(caller.name, "", now)
        commit(connection, made.id, MAIN, None, first, author=author, message="initial commit")
        refresh(connection, made.id)
        return made

    return node.database.transact(work)

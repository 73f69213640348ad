"""Rule packs added, switched and removed on a hub: each change makes due to be judged again all that is hosted."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from assay.hub.node import Node
from assay.store import packs
from assay.store.attempts import want_anew

__all__ = ["add", "remove", "switch"]


def add(node: Node, one: packs.Enabled) -> int:
    """Enable a pack whose signature was checked and which was measured; return how many revisions are due now.

    Raises:
        ConflictError: another maker's pack of its id is on, or as many packs are as may be.
    """
    return _change(node, lambda connection: packs.enable(connection, one))


def switch(node: Node, name: str, *, active: bool) -> int:
    """Judge by a pack that is kept, or not for now; return how many revisions are due now.

    Raises:
        NotFoundError: there is none of that id to switch.
        ConflictError: as many packs are on as may be.
    """
    now = node.now()
    return _change(node, lambda connection: packs.switch(connection, name, active=active, now=now))


def remove(node: Node, name: str) -> int:
    """Forget a pack; return how many revisions are due now.

    Raises:
        NotFoundError: none of that id is kept.
    """
    return _change(node, lambda connection: packs.remove(connection, name))


def _change(node: Node, change: Callable[[Connection], None]) -> int:
    now = node.clock()

    def work(connection: Connection) -> int:
        before = packs.pack_digests(connection)
        change(connection)
        return 0 if packs.pack_digests(connection) == before else want_anew(connection, now=now)

    due = node.database.transact(work)
    node.wanted.set()
    return due

"""Rule packs of a hub in a folder of this machine, for whoever runs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.checks.packs import RulePack
from assay.cli.packs_there import Kept
from assay.hub import rule_packs
from assay.hub.config import load_config
from assay.hub.node import Node, open_node
from assay.store.packs import Enabled, listed

__all__ = ["PacksHere"]


class PacksHere:
    """The packs of the hub in `folder`."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def listed(self) -> list[Kept]:
        """Return what the hub keeps.

        Raises:
            AssayError: there is no hub, or a pack is not what was enabled.
        """
        with self._node() as node, node.database.read() as connection:
            return [
                Kept(one.pack.id, one.pack.version, one.pack.maker, len(one.pack.rules), one.pack.digest, one.active)
                for one in listed(connection)
            ]

    def add(self, pack: RulePack, envelope: bytes, keyid: str, measured: str) -> int:
        """Enable a pack that was tried; return how many revisions are due to be judged again.

        Raises:
            AssayError: there is no hub, or it takes no such pack.
        """
        with self._node() as node:
            return rule_packs.add(node, Enabled(pack, envelope, keyid, measured, node.now()))

    def switch_off(self, name: str) -> int:
        """Judge by a pack no more; return how many revisions are due to be judged again.

        Raises:
            AssayError: there is no hub, or it judges by no such pack.
        """
        with self._node() as node:
            return rule_packs.switch(node, name, active=False)

    @contextmanager
    def _node(self) -> Iterator[Node]:
        node = open_node(load_config(self._folder, must_exist=True))
        try:
            yield node
        finally:
            node.close()

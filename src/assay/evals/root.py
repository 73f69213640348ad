"""The root of a Merkle tree whose leaves come one by one: what is kept grows with the logarithm of their number."""

from __future__ import annotations

from assay.statements.log import leaf_hash, merkle_root, node_hash

__all__ = ["RunningRoot"]


class RunningRoot:
    """Takes leaves in order; its root is that of `merkle_root` over the same leaves (RFC 6962)."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []
        """Whole subtrees from left to right: how many leaves each has, and its hash."""

    def add(self, leaf: bytes) -> None:
        """Take the bytes of the next leaf."""
        size, top = 1, leaf_hash(leaf)
        while self._peaks and self._peaks[-1][0] == size:
            _, left = self._peaks.pop()
            size, top = 2 * size, node_hash(left, top)
        self._peaks.append((size, top))

    def hex(self) -> str:
        """Return the root over the leaves so far."""
        if not self._peaks:
            return merkle_root([]).hex()
        _, top = self._peaks[-1]
        for _, left in reversed(self._peaks[:-1]):
            top = node_hash(left, top)
        return top.hex()

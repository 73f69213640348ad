"""Limits of a reader in bytes, items and depth: counted, never timed, so that two machines stop at the same place."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.errors import BudgetError

__all__ = ["Budget", "Limits"]

_REMOTE_FILE = 40 * 1024 * 1024
"""Bytes that reading one remote file may cost: enough for the largest tokenizers."""


@dataclass(slots=True)
class Budget:
    """What one file may still cost. Share one budget between a file and everything nested in it."""

    bytes: int = 256 * 1024 * 1024
    """Bytes a reader may look at or produce by decompression (not: bytes it only hashes or jumps over)."""
    items: int = 10_000_000
    """Things a reader may step over: opcodes, members, nodes, keys."""
    depth: int = 32
    """How deep containers may nest, inside a format and one in another."""
    facts: int = 4 * 1024 * 1024
    """Bytes of text that may be kept in the observation."""

    def take_bytes(self, count: int) -> None:
        """Spend `count` bytes.

        Raises:
            BudgetError: fewer are left.
        """
        if count > self.bytes:
            raise BudgetError(f"needs {count:,} more bytes than the limit allows")
        self.bytes -= count

    def take_items(self, count: int = 1) -> None:
        """Spend `count` items.

        Raises:
            BudgetError: fewer are left.
        """
        if count > self.items:
            raise BudgetError("holds more items than the limit allows")
        self.items -= count

    def take_facts(self, count: int) -> None:
        """Spend `count` bytes of kept text.

        Raises:
            BudgetError: fewer are left.
        """
        if count > self.facts:
            raise BudgetError("holds more to record than the limit allows")
        self.facts -= count

    def check_depth(self, depth: int) -> None:
        """Compare a nesting depth with the limit.

        Raises:
            BudgetError: it is deeper.
        """
        if depth > self.depth:
            raise BudgetError(f"nests deeper than {self.depth} levels")


@dataclass(frozen=True, slots=True)
class Limits:
    """What judging one file, and one revision altogether, may cost."""

    file: Budget = field(default_factory=Budget)
    revision: Budget = field(
        default_factory=lambda: Budget(bytes=8 * 1024**3, items=100_000_000, facts=64 * 1024 * 1024)
    )

    @classmethod
    def usual(cls, *, whole: bool) -> Limits:
        """Return the usual limits; over a line (not `whole`), one long text must not use up what other files need."""
        return cls() if whole else cls(file=Budget(bytes=_REMOTE_FILE))

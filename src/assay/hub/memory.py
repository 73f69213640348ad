"""How the C library keeps memory for threads: few pools, so that what one thread gave back another one uses."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["share_memory_between_threads"]

_M_ARENA_MAX = -8
"""As glibc's malloc.h has it."""
_POOLS = 2


def share_memory_between_threads() -> None:
    """Limit the pools of glibc to two; called before threads begin, and without effect where there is no glibc.

    By default each thread gets a pool, and buffers of a few MiB that uploads used once stay in all of them.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _POOLS)

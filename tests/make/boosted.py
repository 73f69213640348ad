"""Models of XGBoost, LightGBM and CatBoost in small, from bytes."""

from __future__ import annotations

import struct


def ubjson(*, count: int = 3) -> bytes:
    """Return an XGBoost model in UBJSON with one typed array that says `count`, and three numbers."""
    array = b"[$d#L" + struct.pack(">q", count) + struct.pack(">3f", 1, 2, 3)
    learner = _key("weights") + array + _key("name") + b"SL" + struct.pack(">q", 6) + b"gbtree" + _key("ok") + b"T"
    return b"{" + _key("learner") + b"{" + learner + b"}" + _key("version") + b"[i\x02i\x01]" + b"}"


def _key(name: str) -> bytes:
    return b"L" + struct.pack(">q", len(name)) + name.encode()


def lightgbm(*, announced: int = 2) -> bytes:
    """Return a LightGBM model that announces as many trees, and has two."""
    head = b"tree\nversion=v4\nnum_class=1\nobjective=binary sigmoid:1\ntree_sizes=" + b" ".join([b"30"] * announced)
    return (
        head + b"\n\nTree=0\nnum_leaves=1\n\nTree=1\nnum_leaves=1\n\nend of trees\n\nparameters:\nend of parameters\n"
    )


def catboost(*, core: int = 64) -> bytes:
    """Return the frame of a CatBoost model that says its table has `core` bytes, and has 64."""
    return b"CBM1" + struct.pack("<I", core) + struct.pack("<I", 16) + bytes(60)

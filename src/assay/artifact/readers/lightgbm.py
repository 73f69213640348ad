"""LightGBM models, which are text: how many trees are announced, and how many are there."""

from __future__ import annotations

import re

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.decision_trees import tree_fault
from assay.artifact.notes import Notes
from assay.artifact.observation import Observation
from assay.artifact.text.secrets import find_secrets
from assay.artifact.text.textual import read_whole
from assay.canonical import JSON

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "lightgbm"
VERSION = 2

_MOST_TREES = 1_000_000
_LIMIT = 32 * 1024 * 1024
_SIZES = re.compile(rb"^tree_sizes=([^\r\n]*)", re.MULTILINE)
_OBJECTIVE = re.compile(rb"^objective=([\w:. -]{1,80})", re.MULTILINE)
_TREE = re.compile(rb"^Tree=\d", re.MULTILINE)
_TREE_END = re.compile(rb"\r?\n\s*\r?\n|\Z")
_FEATURES = re.compile(rb"^max_feature_idx=(\d{1,9})\s*$", re.MULTILINE)
_FIELD = re.compile(rb"^(num_leaves|split_feature|left_child|right_child)=([^\r\n]*)", re.MULTILINE)
_LISTS = (b"left_child", b"right_child", b"split_feature")


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:
    """Return `trees` (there), `announced`, `objective` and `secrets`.

    Raises:
        BudgetError: it is larger than 32 MiB, or than the budget allows.
        ReadError: the blob ends early.
    """
    del path
    data = read_whole(blob, budget, _LIMIT)
    notes = Notes(FORMAT, VERSION, budget, depth)
    trees = len(_TREE.findall(data))
    sizes = _SIZES.search(data)
    announced = sizes[1].split(maxsplit=_MOST_TREES) if sizes is not None else []
    if sizes is not None and len(announced) != trees:
        notes.problem("count-differs", f"{len(announced):,} trees are announced, {trees:,} are there", sizes.start())
    if any(not size.isdigit() or len(size) > 12 or int(size) > blob.size for size in announced):
        notes.problem("size-differs", "a tree is announced larger than the file", sizes.start() if sizes else None)
    if b"end of trees" not in data:
        notes.stop("truncated", "the list of trees has no end", blob.size)
    features = _FEATURES.search(data)
    with notes.until_broken():
        for tree in _TREE.finditer(data):
            _tree(notes, data, tree.start(), int(features[1]) if features else None)
    objective = _OBJECTIVE.search(data)
    facts: dict[str, JSON] = {
        "trees": trees, "announced": len(announced), "objective": objective[1].decode() if objective else None,
        "secrets": find_secrets(data).to_json(),
    }  # fmt: skip
    return notes.observation(facts)


def _tree(notes: Notes, data: bytes, at: int, last_feature: int | None) -> None:
    """Compare a tree's children, features and number of leaves with each other; a loader follows them unchecked."""
    end = _TREE_END.search(data, at)
    fields = {found[1]: found[2] for found in _FIELD.finditer(data, at, end.start() if end else len(data))}
    notes.budget.take_items(sum(map(len, fields.values())) // 8 + 24)
    try:
        left, right, features = ([int(text) for text in fields.get(name, b"").split()] for name in _LISTS)
        leaves = int(fields.get(b"num_leaves", b"1"))
    except ValueError:
        notes.problem("tree-malformed", "a tree has a number that is none", at)
        return
    if leaves < 1 or leaves - 1 != len(left) or len(left) != len(right) or len(features) != len(left):
        notes.problem("tree-malformed", f"a tree of {leaves:,} leaves has {len(left):,} places where it parts", at)
    elif (fault := tree_fault(left, right, inner=len(left), leaves=leaves)) is not None:
        notes.problem("tree-malformed", fault, at)
    elif last_feature is not None and any(not 0 <= one <= last_feature for one in features):
        notes.problem("tree-malformed", f"a tree asks for a feature beyond the last, {last_feature:,}", at)

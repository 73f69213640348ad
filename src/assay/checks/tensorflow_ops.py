"""Operators of TensorFlow that do more than compute, by the list in `rules/tensorflow_ops.json`."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NamedTuple

from assay.finding import Severity
from assay.rules import load

__all__ = ["OpWeight", "weigh_op"]


class OpWeight(NamedTuple):
    """How bad an operator is, and what it does."""

    severity: Severity
    what: str


@lru_cache(4096)
def weigh_op(name: str) -> OpWeight | None:
    """Return what is thought of the operator `name`; None when it only computes."""
    for entry in load("tensorflow_ops")["entries"]:
        if any(fnmatchcase(name, form) for form in entry["names"]):
            return OpWeight(Severity(entry["severity"]), str(entry["what"]))
    return None

"""One file per predicate type, found by its name: `TYPE`, and `validate`, which refuses any other shape.

A module may add `validate_subjects(predicate, subjects)` where predicate and subjects must agree.
"""

from __future__ import annotations

import importlib
from functools import cache, lru_cache
from types import ModuleType

from assay.modules import modules_in
from assay.statements.statement import Statement

__all__ = ["is_known", "known_types", "validate"]


def known_types() -> tuple[str, ...]:
    """Return the predicate types that have a file here, sorted."""
    return tuple(sorted(_type_of(name) for name in _names()))


def is_known(predicate_type: str) -> bool:
    """Whether the shape of this predicate type can be checked."""
    return _module(predicate_type) is not None


def validate(statement: Statement) -> None:
    """Check the shape of a statement's predicate; one of an unknown type is let pass, see `is_known`.

    Raises:
        StatementError: a field is wrong; the message begins with its path.
    """
    module = _module(statement.predicate_type)
    if module is None:
        return
    module.validate(statement.predicate)
    if hasattr(module, "validate_subjects"):
        module.validate_subjects(statement.predicate, statement.subjects)


@cache
def _names() -> tuple[str, ...]:
    return tuple(modules_in(__path__))


def _type_of(name: str) -> str:
    """Return the type that a file is of: of each there is one version so far."""
    return f"urn:assay:{name.replace('_', '-')}:v1"


@lru_cache(maxsize=256)
def _module(predicate_type: str) -> ModuleType | None:
    """Load the one file that is asked for: all of them take longer than most statements."""
    for name in _names():
        if _type_of(name) == predicate_type:
            return importlib.import_module(f"{__name__}.{name}")
    return None

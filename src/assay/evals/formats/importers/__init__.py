"""Readers of what other engines leave behind, one file each, told apart by what a file holds and never by its name.

A module has `recognises(first)`, whether the first file given is of its format, and `read(files)`, which returns what
stands in it; further files are samples. Nothing is executed, and nothing that a file lacks is made up.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from assay.errors import EvaluationError, ReadError, StatementError
from assay.evals.formats.given import Given
from assay.evals.formats.imported import Imported
from assay.modules import modules_in

__all__ = ["imported", "names"]


def names() -> tuple[str, ...]:
    """Return the name of every importer."""
    return tuple(modules_in(__path__))


def imported(files: Sequence[Given]) -> Imported:
    """Return what the first of `files` reports; the others hold its samples.

    Raises:
        EvaluationError: no importer knows the format, or a file is damaged; the message begins with its name.
        MissingExtraError: a member is compressed by a method that needs a package.
    """
    first = files[0]
    for name in names():
        importer = importlib.import_module(f"{__name__}.{name}")
        if importer.recognises(first):
            try:
                found: Imported = importer.read(files)
            except (StatementError, ReadError) as error:
                raise EvaluationError(str(error), hint="Give the files as the engine wrote them.") from error
            if not any(part.metrics for part in found.parts):
                raise EvaluationError(f"{first.name} holds no number that was measured", hint="Let the run end first.")
            return found
    raise EvaluationError(
        f"{first.name} is of no format that is known here",
        hint="Known are logs of inspect_ai, results of lm_eval, reports of garak, and records of Every Eval Ever.",
    )

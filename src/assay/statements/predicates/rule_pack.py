"""Predicate `urn:assay:rule-pack:v1`: a member answers for a rule pack; the subject is its `pack.json`."""

from __future__ import annotations

from collections.abc import Sequence

from assay.canonical import JSON
from assay.statements.fields import Field
from assay.statements.statement import Subject

__all__ = ["TYPE", "validate", "validate_subjects"]

TYPE = "urn:assay:rule-pack:v1"


def validate(predicate: dict[str, JSON]) -> None:
    """Check the shape: `id`, `version`, `maker`, `licence` of the pack, and `rules`, their ids.

    Raises:
        StatementError: a field is wrong; the message begins with its path.
    """
    root = Field(predicate, "predicate").object("id", "version", "maker", "licence", "rules")
    for key in ("id", "version", "maker", "licence"):
        root[key].text(most=200)
    for rule in root["rules"].each(least=1, most=64):
        if not rule.text(most=200).startswith(f"{predicate['id']}/"):
            raise rule.fault("is not a rule of this pack")


def validate_subjects(predicate: dict[str, JSON], subjects: Sequence[Subject]) -> None:
    """Check that it is about one file.

    Raises:
        StatementError: it is about something else, or about several things.
    """
    if len(subjects) != 1 or "sha256" not in subjects[0].digest:
        raise Field(predicate, "subject").fault("expected one file, by its sha256")

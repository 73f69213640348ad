"""Predicate `urn:assay:commitment:v1`: an evaluator fixes what came out of a run before anyone sees it."""

from __future__ import annotations

from decimal import Decimal

from assay.canonical import JSON
from assay.statements.fields import Field
from assay.statements.statement import Subject

__all__ = ["TYPE", "validate", "validate_subjects"]

TYPE = "urn:assay:commitment:v1"


def validate(predicate: dict[str, JSON]) -> None:
    """Check the shape; when it was made is told by its place in a log, never by a clock.

    Raises:
        StatementError: a field is wrong; the message begins with its path.
    """
    root = Field(predicate, "predicate").object(
        "round", "opened_by", "conditions", "model", "keyid", "samples", "root", "margin"
    )
    for name in ("round", "opened_by", "conditions", "keyid", "root"):
        root[name].hex()
    root["model"].object("dirhash", "weights_digest")
    root["model"]["dirhash"].hex()
    root["model"]["weights_digest"].hex()
    root["samples"].count(least=1)
    if not Decimal(Field(root["margin"].text(most=40), root["margin"].path).number()) > 0:
        raise root["margin"].fault("expected a margin above zero, such as 0.01")


def validate_subjects(predicate: dict[str, JSON], subjects: tuple[Subject, ...]) -> None:
    """Check that the statement is about the revision that was run.

    Raises:
        StatementError: it is about another.
    """
    wanted = predicate["model"]["dirhash"]
    if not any(subject.digest.get("dirHash") == wanted for subject in subjects):
        raise Field(wanted, "predicate.model.dirhash").fault("is none of the subjects")

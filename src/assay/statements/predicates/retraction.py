"""Predicate `urn:assay:retraction:v1`: whoever signed a statement takes it back; it stays, marked, with the reason."""

from __future__ import annotations

from assay.canonical import JSON
from assay.statements.fields import Field
from assay.statements.log import Reason
from assay.statements.statement import Subject

__all__ = ["TYPE", "validate", "validate_subjects"]

TYPE = "urn:assay:retraction:v1"


def validate(predicate: dict[str, JSON]) -> None:
    """Check the shape; the reason is one of those that the log has.

    Raises:
        StatementError: a field is wrong; the message begins with its path.
    """
    root = Field(predicate, "predicate").object("envelope", "reason", optional=("replaced_by",))
    root["envelope"].hex()
    root["reason"].choice(tuple(reason for reason in Reason if reason is not Reason.NONE))
    if "replaced_by" in root and root["replaced_by"].hex() == root["envelope"].value:
        raise root["replaced_by"].fault("is the statement that is taken back")


def validate_subjects(predicate: dict[str, JSON], subjects: tuple[Subject, ...]) -> None:
    """Check that the statement is about the envelope that is taken back.

    Raises:
        StatementError: it is about something else.
    """
    if not any(subject.digest.get("sha256") == predicate["envelope"] for subject in subjects):
        raise Field(predicate["envelope"], "predicate.envelope").fault("is none of the subjects")

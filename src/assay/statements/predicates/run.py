"""Predicate `urn:assay:run:v1`: a model was loaded on a plain CPU and said something; what, with what, on what.

`beside` holds what differs between two runs on one machine (speed, memory); all the rest must agree bit for bit.
"""

from __future__ import annotations

from assay.canonical import JSON, canonical_json
from assay.statements.fields import Field
from assay.statements.statement import Subject

__all__ = ["GRADES", "TYPE", "agreed", "validate", "validate_subjects"]

TYPE = "urn:assay:run:v1"

GRADES = ("E0", "E1")
"""E0: only the header was read; E1: tokens, or numbers of a graph's outputs, came out. E2 takes two statements."""

_ENVIRONMENT = ("os", "arch", "python", "silicon", "libraries")


def validate(predicate: dict[str, JSON]) -> None:
    """Check the shape.

    Raises:
        StatementError: a field is wrong; the message begins with its path.
    """
    root = Field(predicate, "predicate").object(
        "evidence", "model", "runner", "input", "output", "environment", "beside"
    )
    grade = root["evidence"].choice(GRADES)
    model = root["model"].object("dirhash", "weights_digest", "format")
    model["dirhash"].hex()
    model["weights_digest"].hex()
    model["format"].text(most=100)
    _texts(root["runner"].object("name", "version"), "name", "version")
    _texts(root["input"].object("kind", "digest"), "kind")
    root["input"]["digest"].hex()
    output = root["output"].object("count", "digest")
    produced = output["count"].count()
    output["digest"].hex()
    if (grade == "E1") is not (produced > 0):
        raise root["evidence"].fault("E1 needs an output, and an output is E1")
    _environment(root["environment"])
    beside = root["beside"].object("tokens_per_second", "peak_memory")
    beside["tokens_per_second"].number()
    beside["peak_memory"].count()


def validate_subjects(predicate: dict[str, JSON], subjects: tuple[Subject, ...]) -> None:
    """Check that the statement is about the revision that was run.

    Raises:
        StatementError: it is about another.
    """
    wanted = predicate["model"]["dirhash"]
    if not any(subject.digest.get("dirHash") == wanted for subject in subjects):
        raise Field(wanted, "predicate.model.dirhash").fault("is none of the subjects")


def agreed(predicate: dict[str, JSON]) -> bytes:
    """Return what two runs on one machine must agree on, as canonical bytes."""
    return canonical_json({key: value for key, value in predicate.items() if key != "beside"})


def _environment(environment: Field) -> None:
    environment.object(*_ENVIRONMENT)
    _texts(environment, "os", "arch", "python", "silicon")
    for name, version in environment["libraries"].mapping().items():
        Field(name, f"{environment.path}.libraries").text(most=100)
        Field(version, f"{environment.path}.libraries.{name[:100]}").text(most=100)


def _texts(field: Field, *keys: str) -> None:
    for key in keys:
        field[key].text(most=200)

"""Predicate `urn:assay:lease:v1`: a hub asks one evaluator to run one benchmark on one model, until a given time."""

from __future__ import annotations

import re

from assay.canonical import JSON
from assay.statements.fields import Field
from assay.statements.statement import Subject

__all__ = ["PARTS", "TYPE", "validate", "validate_subjects"]

TYPE = "urn:assay:lease:v1"

PARTS = ("run", "rerun", "settle", "audit")
"""Run it first; run it all again; run what differed; run what was drawn."""

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_MAX_SAMPLES = 10_000


def validate(predicate: dict[str, JSON]) -> None:
    """Check the shape; `samples` are ids where only some are to be run, else null.

    Raises:
        StatementError: a field is wrong; the message begins with its path.
    """
    root = Field(predicate, "predicate").object(
        "request", "round", "conditions", "part", "keyid", "benchmark", "model", "samples", "expires", "fence"
    )
    for name in ("request", "round", "conditions", "keyid"):
        root[name].hex()
    root["part"].choice(PARTS)
    benchmark = root["benchmark"].object("id", "manifest_digest", "dataset_digest", "scorer_digest")
    benchmark["id"].text(most=200)
    for name in ("manifest_digest", "dataset_digest", "scorer_digest"):
        benchmark[name].hex()
    model = root["model"].object("dirhash", "weights_digest")
    model["dirhash"].hex()
    model["weights_digest"].hex()
    if root["samples"].value is not None:
        for item in root["samples"].each(least=1, most=_MAX_SAMPLES):
            item.text(most=1000)
    if not _TIME.fullmatch(root["expires"].text(most=20)):
        raise root["expires"].fault("expected UTC in whole seconds, such as 2026-11-22T10:00:00Z")
    root["fence"].count(least=1)


def validate_subjects(predicate: dict[str, JSON], subjects: tuple[Subject, ...]) -> None:
    """Check that the statement is about the revision that is to be run.

    Raises:
        StatementError: it is about another.
    """
    wanted = predicate["model"]["dirhash"]
    if not any(subject.digest.get("dirHash") == wanted for subject in subjects):
        raise Field(wanted, "predicate.model.dirhash").fault("is none of the subjects")

"""Weights are run in a child of their own, without network and without a way to write; the parent signs the result."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assay.canonical import JSON, canonical_json
from assay.errors import IsolationError, StatementError
from assay.isolate.frames import Kind, error_from_json
from assay.isolate.line import GoneError, Line
from assay.isolate.process import EVALUATING, Child
from assay.statements.predicates import result, validate
from assay.statements.statement import Statement, Subject, revision_subjects

__all__ = ["Evaluated", "evaluate_isolated"]

_MEMORY = 16 * 1024**3
_CPU_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What came of one benchmark on one model."""

    statement: bytes
    """The unsigned in-toto Statement of type `urn:assay:result:v1`, canonical."""
    summary: str
    """One line for people: metric, interval, number of samples."""
    isolation: str

    @property
    def predicate(self) -> dict[str, JSON]:
        """The result itself."""
        return Statement.parse(self.statement).predicate


def evaluate_isolated(
    model: Path,
    benchmark: str,
    *,
    relationship: str = "third",
    seconds_per_sample: float = 120.0,
    on_sample: Callable[[int, int], None] | None = None,
) -> Evaluated:
    """Run `benchmark`, a shipped name or a folder, on the model in the folder `model`, in a child.

    Raises:
        EvaluationError: model or benchmark is not usable.
        MissingExtraError: numpy is not installed.
        IsolationError: the child died, or a sample took longer than `seconds_per_sample`.
    """
    job = {
        "model": os.fspath(model.absolute()),
        "benchmark": benchmark,
        "relationship": relationship,
        "memory": _MEMORY,
        "cpu_seconds": _CPU_SECONDS,
    }
    with Child(EVALUATING) as child:
        line = Line(child, seconds_per_sample)
        try:
            line.send(Kind.JOB, job)
            return _listen(line, seconds_per_sample, on_sample)
        except GoneError:
            raise IsolationError(f"could not evaluate {model}: {child.epitaph()}") from None
        finally:
            line.close()


def _listen(line: Line, seconds: float, on_sample: Callable[[int, int], None] | None) -> Evaluated:
    while True:
        frame = line.next()
        if frame.kind is Kind.SAMPLE:
            line.allow(seconds)
            done, of = frame.values(int, int)
            if on_sample is not None:
                on_sample(done, of)
        elif frame.kind is Kind.STATEMENT:
            return _checked(frame.json())
        elif frame.kind is Kind.ERROR:
            raise error_from_json(frame.json())
        else:
            raise IsolationError(f"the child sent a {frame.kind.name.lower()} frame")


def _checked(said: JSON) -> Evaluated:
    """Make the statement here, so that what is signed names its subjects as the predicate does."""
    try:
        predicate = said["predicate"]
        result.validate(predicate)
        benchmark = predicate["benchmark"]
        subjects = (
            *revision_subjects(predicate["model"]["dirhash"], None),
            Subject(f"benchmark {benchmark['id']}", {"sha256": benchmark["manifest_digest"]}),
        )
        statement = Statement(result.TYPE, subjects, predicate)
        validate(statement)
        canonical_json(predicate)
        return Evaluated(statement.to_bytes(), str(said["summary"])[:500], str(said["isolation"])[:100])
    except (StatementError, KeyError, TypeError) as error:
        raise IsolationError(f"the child sent a malformed result: {error}") from error

"""A model is run in a child of its own, on a plain CPU without network, to see whether it runs; the parent signs."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assay.canonical import JSON
from assay.errors import IsolationError, StatementError
from assay.isolate.frames import Kind, error_from_json
from assay.isolate.line import GoneError, Line
from assay.isolate.process import Child
from assay.statements.predicates import run, validate
from assay.statements.statement import Statement, revision_subjects

__all__ = ["RunChecked", "run_isolated"]

_ENTRY = "assay.isolate.running_child"
_MEMORY = 64 * 1024**3
_CPU_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class RunChecked:
    """What came of running a model."""

    statement: bytes
    """The unsigned in-toto Statement of type `urn:assay:run:v1`, canonical."""
    isolation: str

    @property
    def predicate(self) -> dict[str, JSON]:
        """What was run, on what, and what came out."""
        return Statement.parse(self.statement).predicate

    @property
    def agreed(self) -> bytes:
        """What a second run must give bit for bit."""
        return run.agreed(self.predicate)


def run_isolated(
    model: Path, *, seconds_per_token: float = 600.0, on_token: Callable[[int, int], None] | None = None
) -> RunChecked:
    """Load the model in the folder `model` and let it go on for a few tokens, in a child.

    Raises:
        EvaluationError: nothing here can run it, or it gives no finite number.
        IsolationError: the child died, or loading or a token took longer than `seconds_per_token`.
    """
    job = {"model": os.fspath(model.absolute()), "memory": _MEMORY, "cpu_seconds": _CPU_SECONDS}
    with Child(_ENTRY) as child:
        line = Line(child, seconds_per_token)
        try:
            line.send(Kind.JOB, job)
            while True:
                frame = line.next()
                if frame.kind is Kind.SAMPLE:
                    line.allow(seconds_per_token)
                    done, of = frame.values(int, int)
                    if on_token is not None:
                        on_token(done, of)
                elif frame.kind is Kind.STATEMENT:
                    return _checked(frame.json())
                elif frame.kind is Kind.ERROR:
                    raise error_from_json(frame.json())
                else:
                    raise IsolationError(f"the child sent a {frame.kind.name.lower()} frame")
        except GoneError:
            raise IsolationError(f"could not run {model}: {child.epitaph()}") from None
        finally:
            line.close()


def _checked(said: JSON) -> RunChecked:
    """Make the statement here, so that what is signed names its subject as the predicate does."""
    try:
        predicate = said["predicate"]
        run.validate(predicate)
        statement = Statement(run.TYPE, revision_subjects(predicate["model"]["dirhash"], None), predicate)
        validate(statement)
        return RunChecked(statement.to_bytes(), str(said["isolation"])[:100])
    except (StatementError, KeyError, TypeError) as error:
        raise IsolationError(f"the child sent a malformed result: {error}") from error

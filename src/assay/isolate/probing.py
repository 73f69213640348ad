"""The security baseline put to one model: every probe in turn, in one child, each with a result of its own to sign."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from assay import evals
from assay.canonical import JSON
from assay.errors import EvaluationError
from assay.evals.answers import Answer
from assay.evals.baseline import Probe, ProbeReport, items_of, probes, report, write_suite
from assay.evals.manifest import load_suite
from assay.evals.models import Model
from assay.evals.runner import Progress
from assay.isolate.evaluating import statement_of

__all__ = ["Probed", "Probing", "probe"]


class Probed(NamedTuple):
    """What one probe found."""

    report: ProbeReport
    statement: bytes | None
    """The unsigned result; None where no attack got an answer that can be judged, so that there is no rate."""


class Probing(NamedTuple):
    """How a model is probed."""

    seed: int
    n: int
    """Attacks of each probe; about half as many controls belong to them."""
    batch_size: int = 1
    relationship: str = "third"


def probe(
    model: Model,
    environment: dict[str, JSON],
    asking: Probing,
    chosen: Sequence[Probe] | None = None,
    on_progress: Callable[[str, Progress], None] | None = None,
) -> Iterator[Probed]:
    """Yield what each probe finds, as soon as it does; `on_progress` is told which probe, and how far it is.

    Raises:
        EvaluationError: the model cannot be asked at all, or `n` is not from 1 to 1,000.
    """
    for one in chosen or probes():
        with tempfile.TemporaryDirectory(prefix="assay-probe-") as scratch:
            write_suite(Path(scratch), one, asking.seed, asking.n)
            suite = load_suite(Path(scratch))
        said: dict[str, Answer] = {}
        run = partial(
            evals.run,
            suite,
            model,
            environment=environment,
            batch_size=asking.batch_size,
            evaluator={"relationship": asking.relationship},
            on_progress=None if on_progress is None else partial(on_progress, one.name),
            on_answer=partial(_note, said),
        )
        statement = _stated(run, said, len(suite.items))
        yield Probed(report(one, items_of(suite), {key: answer.text for key, answer in said.items()}), statement)


def _stated(run: Callable[[], evals.Run], said: Mapping[str, Answer], asked: int) -> bytes | None:
    try:
        return statement_of(run()).to_bytes()
    except EvaluationError:
        # Where all was asked and answered, but no answer can be judged, there is a report and no rate to sign.
        if len(said) < asked or all(answer.error is not None for answer in said.values()):
            raise
    return None


def _note(said: dict[str, Answer], answer: Answer) -> None:
    said[answer.sample] = answer

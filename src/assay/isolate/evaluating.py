"""A benchmark is run on a model, which answers in a child of its own; this side asks, scores, and states the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from assay import evals
from assay.canonical import JSON, canonical_json, sha256_hex
from assay.errors import EvaluationError, IsolationError, StatementError
from assay.evals.engines import Engine
from assay.evals.journal import Journal
from assay.evals.models import Model
from assay.evals.models.endpoint import EndpointModel
from assay.evals.predicted import facts_of, run_predictions
from assay.evals.predictions import read_predictions
from assay.evals.runner import Progress, Run
from assay.evals.sampling import Sampling
from assay.isolate.evaluating_model import Confined, IsolatedModel
from assay.statements.predicates import result, validate
from assay.statements.statement import Statement, Subject, revision_subjects

__all__ = [
    "Asking",
    "Evaluated",
    "evaluate",
    "evaluate_endpoint",
    "evaluate_isolated",
    "evaluate_predictions",
    "open_benchmark",
    "statement_of",
]


class Asking(NamedTuple):
    """How a benchmark is run."""

    sampling: Sampling | None = None
    """None for what the manifest asks for."""
    batch_size: int = 1
    limit: int | None = None
    """How many samples, the first by id; None for all."""
    journal: Journal | None = None
    relationship: str = "third"
    engine: Engine | None = None
    """What carries the run instead of the reference runner."""


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


def open_benchmark(name: str) -> evals.Suite:
    """Return the benchmark in the folder `name`, or the one of that name that ships.

    Raises:
        EvaluationError: there is none, or it is malformed.
    """
    place = Path(name)
    return evals.load_benchmark(place) if place.is_dir() else evals.shipped(name)


def evaluate_isolated(
    model: Path,
    benchmark: str | evals.Suite,
    asking: Asking | None = None,
    *,
    confined: Confined | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Evaluated:
    """Run `benchmark`, a shipped name or a folder, on the model in the folder `model`.

    Raises:
        EvaluationError: model, benchmark or journal is not usable.
        MissingExtraError: numpy, or what `confined` names, is not installed.
        IsolationError: the child died, lied about its form, or took longer than allowed.
    """
    suite = open_benchmark(benchmark) if isinstance(benchmark, str) else benchmark
    with IsolatedModel(model, confined or Confined()) as running:
        try:
            return evaluate(suite, running, running.environment, asking, on_progress, isolation=running.isolation)
        except StatementError as error:
            raise IsolationError(f"the child sent a malformed result: {error}") from error


def evaluate_endpoint(
    suite: evals.Suite,
    model: EndpointModel,
    asking: Asking | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Evaluated:
    """Run `suite` on a model that answers at an address: nothing of it runs here, so no child is needed.

    Raises:
        EvaluationError: as `evals.run`; also when the server knows no such model.
    """
    return evaluate(suite, model, evals.environment(), asking, on_progress, isolation="at an address")


def evaluate_predictions(suite: evals.Suite, model: Path, predictions: Path, asking: Asking | None = None) -> Evaluated:
    """Score the file `predictions` for the model in the folder `model`, of which nothing is run.

    Raises:
        EvaluationError: predictions are missing, too many, or cannot be scored; or an engine is to carry them.
        SourceError: the folder cannot be read.
    """
    asking = asking or Asking()
    if asking.engine is not None:
        raise EvaluationError(f"{asking.engine.name} runs models: there is none to run", hint="Leave it out.")
    done = run_predictions(
        suite,
        read_predictions(predictions),
        facts_of(model),
        environment=evals.environment(),
        evaluator={"relationship": asking.relationship},
        journal=asking.journal,
    )
    return Evaluated(statement_of(done).to_bytes(), done.sentence(), "not run: predictions were scored")


def evaluate(
    suite: evals.Suite,
    model: Model,
    environment: dict[str, JSON],
    asking: Asking | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    *,
    isolation: str,
) -> Evaluated:
    """Run `suite` on `model`, which is confined already or does not run here, and return the statement.

    Raises:
        EvaluationError: as `evals.run`.
        StatementError: what the model says of itself is not of the form that results have.
    """
    asking = asking or Asking()
    done = evals.run(
        suite,
        model,
        environment=environment,
        sampling=asking.sampling,
        batch_size=asking.batch_size,
        limit=asking.limit,
        evaluator={"relationship": asking.relationship},
        journal=asking.journal,
        engine=asking.engine,
        on_progress=on_progress,
    )
    return Evaluated(statement_of(done).to_bytes(), done.sentence(), isolation)


def statement_of(done: Run) -> Statement:
    """Return the statement of a run: its subjects are the model, by revision or address, and the benchmark.

    Raises:
        StatementError: the result is not of the form that results have.
    """
    predicate = done.predicate
    benchmark, model = predicate["benchmark"], predicate["model"]
    about: tuple[Subject, ...]
    if "endpoint" in model:
        # Nobody has its bytes: what can be named is where it answers, and by which name.
        where = {"endpoint": model["endpoint"], "name": model["name"]}
        about = (Subject(f"model {model['name']}", {"sha256": sha256_hex(canonical_json(where))}),)
    else:
        about = revision_subjects(model["dirhash"], None)
    measured_by = Subject(f"benchmark {benchmark['id']}", {"sha256": benchmark["manifest_digest"]})
    statement = Statement(result.TYPE, (*about, measured_by), predicate)
    validate(statement)
    return statement

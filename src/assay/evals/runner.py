"""The reference runner: every sample is asked and scored, and one Merkle root stands for all that was said.

Answers come and go in batches: what is kept of each is its line in the journal, a hash, and what the metric needs. The
same model, benchmark and sampling give the same answers, log and root; a run that was killed and goes on does too.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from assay import __version__
from assay.canonical import JSON, canonical_json
from assay.errors import EvaluationError
from assay.evals.answers import ERROR, MISSING, Answer, carried, read_line, score_text
from assay.evals.asking import Asked, ask
from assay.evals.engines import Engine, windows
from assay.evals.engines.course import Course
from assay.evals.journal import Journal, Spent
from assay.evals.manifest import Item, Manifest, Suite
from assay.evals.models import Generation, Model
from assay.evals.prompts import prompts
from assay.evals.root import RunningRoot
from assay.evals.sampling import Sampling
from assay.evals.scoring import Measured, Tally, higher_is_better, tally_for
from assay.statements.predicates import result

__all__ = ["LOG_TYPE", "Counts", "Fold", "Progress", "Run", "assembled", "named", "run"]

LOG_TYPE = "application/vnd.assay.samples.v1+jsonl"
"""Media type of a sample log."""


class Progress(NamedTuple):
    """How far a run is and what it cost so far."""

    done: int
    of: int
    seconds_left: float
    tokens_in: int
    tokens_out: int
    wall: float
    cpu: float


@dataclass(slots=True)
class Counts:
    """Samples by what became of them, and tokens."""

    scheduled: int = 0
    errored: int = 0
    refused: int = 0
    truncated: int = 0
    tokens_in: int = 0
    tokens_out: int = 0

    def add(self, answer: Answer) -> None:
        """Count one."""
        self.scheduled += 1
        self.errored += answer.score == ERROR
        self.refused += answer.stop == "refusal"
        self.truncated += answer.stop == "length"
        self.tokens_in += answer.tokens[0]
        self.tokens_out += answer.tokens[1]


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one benchmark on one model."""

    predicate: dict[str, JSON]
    """Of type `urn:assay:result:v1`."""
    measured: Measured
    control: Measured | None
    """The same outputs scored with the wrong key."""
    above_chance: bool | None
    """Whether the whole interval is better than the floor of chance; None without a floor or an interval."""
    assessable: bool
    """Whether the score reaches the floor of utility; below it, nothing else that is measured means anything."""

    @property
    def told_apart(self) -> bool | None:
        """Whether the score is certainly better than that on the wrong key; None when the benchmark has no control."""
        if self.control is None or self.measured.estimate.bounds is None or self.control.estimate.bounds is None:
            return None
        ours, other = self.measured.estimate.bounds, self.control.estimate.bounds
        return ours.low > other.high if self.measured.higher_is_better else ours.high < other.low

    def sentence(self) -> str:
        """Say in one line what was measured."""
        found = self.measured.estimate.to_json()
        interval = found["ci"]
        told = "no interval" if interval is None else f"{interval['low']} to {interval['high']}"
        line = f"{self.measured.name} {found['value']} (n = {found['n']}, {told})"
        if self.told_apart is False or self.above_chance is False:
            line += ", not told apart from guessing"
        return line if self.assessable else f"{line}, below the floor of utility: it says nothing of the model"


def run(
    suite: Suite,
    model: Model,
    *,
    environment: dict[str, JSON],
    sampling: Sampling | None = None,
    batch_size: int = 1,
    limit: int | None = None,
    evaluator: dict[str, JSON] | None = None,
    journal: Journal | None = None,
    engine: Engine | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_answer: Callable[[Answer], None] | None = None,
) -> Run:
    """Ask `model` every sample of `suite`, or the first `limit` by id, and score what it says.

    A sample that the model cannot answer counts as an error, not as a miss. `sampling` replaces what the manifest asks
    for. With a `journal` what was answered before is taken from there. An `engine` carries the run by its own means, to
    the same answers. `on_progress` is told after each batch, or whenever the engine gives answers back.

    Raises:
        EvaluationError: no sample could be answered, a sample makes no sense, or the journal cannot be used.
        StatementError: `environment` or `evaluator` is not of the form that results have.
    """
    sampling, options = sampling or suite.manifest.sampling, suite.manifest.options
    total = min(len(suite.items), limit or len(suite.items))
    surroundings = environment | {"batch_size": batch_size}
    predicate = assembled(suite, model.facts, sampling.to_json(), surroundings, evaluator)
    if engine is not None:
        predicate["harness"] = engine.harness(islice(prompts(suite), total), sampling, options)
    fold = Fold(suite, journal, on_answer)
    clock = _Clock(model, fold.begin(predicate | {"limit": total}, batch_size))
    asked = islice(prompts(suite), total)
    fold.take_up(asked)
    before = fold.counts.scheduled
    for some in _batches(asked, batch_size) if engine is None else windows(asked, batch_size):
        if engine is None:
            found = ask(model, some, sampling, options)
        else:
            found = engine.answers(Course(some, model, sampling, options, batch_size))
        for one, said in zip(some, found, strict=True):
            fold.take(one, said, clock.spent())
        if on_progress is not None:
            on_progress(clock.progress(fold.counts, total, before))
    return fold.finish(predicate, clock.spent())


def _batches(asked: Iterator[Asked], size: int) -> Iterator[list[Asked]]:
    while batch := list(islice(asked, size)):
        yield batch


def assembled(
    suite: Suite,
    facts: dict[str, JSON],
    sampling: dict[str, JSON],
    environment: dict[str, JSON],
    evaluator: dict[str, JSON] | None,
) -> dict[str, JSON]:
    """Return as much of a result as is known before anything is asked."""
    return {
        "benchmark": named(suite),
        "harness": {"name": "assay", "version": __version__},
        "model": facts,
        "sampling": sampling,
        "environment": environment,
        "evaluator": evaluator or {"relationship": "third"},
    }


def named(suite: Suite) -> dict[str, JSON]:
    """Return what a result says of the benchmark."""
    document = suite.manifest.document
    found = {"id": suite.manifest.id, "version": document["version"], **suite.digests, "n_total": len(suite.items)}
    if "split_digest" in suite.digests:
        found |= {"split": document["split"]["name"], "visibility": document["visibility"]}
    return found


class _Clock:
    """What a run takes."""

    def __init__(self, model: Model, before: Spent) -> None:
        self._model = model
        self._before = before
        self._wall = time.perf_counter()
        self._cpu = time.process_time() + model.cpu_elsewhere

    def spent(self) -> Spent:
        """Return seconds so far, those of an earlier part included."""
        cpu = time.process_time() + self._model.cpu_elsewhere - self._cpu
        return self._before.plus(time.perf_counter() - self._wall, cpu)

    def progress(self, counts: Counts, total: int, before: int) -> Progress:
        """Return how far it is; the time left is judged by the samples of this part."""
        wall, cpu = self.spent()
        done = counts.scheduled
        left = (wall - self._before.wall) / max(done - before, 1) * (total - done)
        return Progress(done, total, left, counts.tokens_in, counts.tokens_out, wall, cpu)


class Fold:
    """Takes answers in order of sample, and keeps what the result is made of."""

    def __init__(
        self, suite: Suite, journal: Journal | None, on_answer: Callable[[Answer], None] | None = None
    ) -> None:
        if any(item.target is None for item in suite.items):
            raise EvaluationError(
                f"{suite.manifest.id}: the labels are not here", hint="Let the hub that holds them score predictions."
            )
        self._suite = suite
        self._journal = journal
        self._on_answer = on_answer
        self._tally = tally_for(suite.manifest)
        controlled = suite.items[0].control is not None
        self._control: Tally | None = tally_for(suite.manifest) if controlled else None
        self._root = RunningRoot()
        self._log = hashlib.sha256()
        self._ids = hashlib.sha256()
        self._first_error = ""
        self.counts = Counts()

    def begin(self, plan: dict[str, JSON], batch: int) -> Spent:
        """Open the journal, where there is one, and return what an earlier part took."""
        return Spent() if self._journal is None else self._journal.open(plan, batch)

    def take_up(self, asked: Iterator[Asked]) -> None:
        """Take the answers that the journal holds, and their samples out of `asked`."""
        for number, line in enumerate(self._journal.earlier() if self._journal else (), 1):
            where = f"{self._journal.folder if self._journal else ''}, line {number}"
            kept = read_line(line, where)
            item, prompt = next(asked, (None, None))
            said = Generation(kept.text, kept.stop, *kept.tokens, kept.error if kept.stop == ERROR else None)
            again = self._scored(item, prompt.digest, said) if item and prompt else None
            if again is None or again != kept:
                raise EvaluationError(f"{where} is of another sample, or scored otherwise", hint="Run it anew.")
            self._count(again, line)

    def take(self, asked: Asked, said: Generation, spent: Spent) -> None:
        """Score and note one answer."""
        item, prompt = asked
        answer = self._scored(item, prompt.digest, said)
        line = answer.line()
        self._count(answer, line)
        if self._journal is not None:
            self._journal.add(line, spent)

    def _scored(self, item: Item, digest: str, said: Generation) -> Answer:
        tokens = (said.tokens_in, said.tokens_out)
        if said.error is not None:
            return Answer(item.id, digest, "", ERROR, ERROR, tokens, carried(said.error)[:1000])
        output = None if said.stop_reason == MISSING else said.text
        score = self._tally.add(item, output)
        if self._control is not None and score is not None:
            self._control.add(item._replace(target=item.control), output)
        return Answer(item.id, digest, said.text, score_text(score), said.stop_reason, tokens)

    def _count(self, answer: Answer, line: bytes) -> None:
        # As `split_digest` has it, without a list of all ids: they come in order.
        self._ids.update((b"," if self.counts.scheduled else b"[") + canonical_json(answer.sample))
        self.counts.add(answer)
        self._root.add(answer.leaf())
        self._log.update(line)
        if answer.error is not None and not self._first_error:
            self._first_error = answer.error
        if self._on_answer is not None:
            self._on_answer(answer)

    def finish(self, predicate: dict[str, JSON], spent: Spent) -> Run:
        """Close the journal, and return the result."""
        manifest, counts, digest = self._suite.manifest, self.counts, self._log.hexdigest()
        self._ids.update(b"]")
        if self._journal is not None:
            # Also of a run that gives no result: what comes next is another one.
            self._journal.finish(digest)
            predicate["evaluator"] = {**predicate["evaluator"], "attempts_index": self._journal.attempt}
        if counts.errored == counts.scheduled:
            raise EvaluationError(
                f"no sample of {manifest.id} could be answered: {self._first_error or 'none could be judged'}",
                hint="Check that model and benchmark go together.",
            )
        better, key = higher_is_better(manifest), manifest.document["data"]["fields"].get("cluster")
        measured = Measured(manifest.metric, self._tally.estimate(), better, key)
        control = None
        if self._control is not None:
            control = Measured(f"control_{manifest.metric}", self._control.estimate(), better, key)
        predicate = predicate | {
            "samples": self._samples(digest),
            "metrics": [one.to_json() for one in (measured, control) if one is not None],
            "cost": {
                "wall_s": f"{spent.wall:.3f}",
                "cpu_s": f"{spent.cpu:.3f}",
                "tokens_in": counts.tokens_in,
                "tokens_out": counts.tokens_out,
            },
        }
        result.validate(predicate)
        return Run(predicate, measured, control, _above(measured, manifest), _reaches(measured, manifest))

    def _samples(self, digest: str) -> dict[str, JSON]:
        counts = self.counts
        return {
            "n_scheduled": counts.scheduled,
            "n_scored": counts.scheduled - counts.errored,
            "n_errored": counts.errored,
            "n_refused": counts.refused,
            "n_truncated": counts.truncated,
            "merkle_root": self._root.hex(),
            "log_digest": digest,
            "log_media_type": LOG_TYPE,
            "ids_digest": self._ids.hexdigest(),
        }


def _above(measured: Measured, manifest: Manifest) -> bool | None:
    floor, bounds = manifest.floor("chance"), measured.estimate.bounds
    if floor is None or bounds is None:
        return None
    return bounds.low > floor if measured.higher_is_better else bounds.high < floor


def _reaches(measured: Measured, manifest: Manifest) -> bool:
    floor, value = manifest.floor("utility"), measured.estimate.value
    return floor is None or (value >= floor if measured.higher_is_better else value <= floor)

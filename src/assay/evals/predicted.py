"""A file of predictions scored as a run is: one leaf and one line of the log a sample, though no model was asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from assay.canonical import JSON
from assay.errors import EvaluationError
from assay.evals.answers import MISSING
from assay.evals.journal import Journal, Spent
from assay.evals.manifest import Item, Suite
from assay.evals.metrics import METRICS
from assay.evals.metrics.pair import label
from assay.evals.models import Generation, Prompt
from assay.evals.models.identity import identity
from assay.evals.prompts import prompts
from assay.evals.runner import Fold, Run, assembled

__all__ = ["facts_of", "run_predictions"]

_WEIGHTS = (
    ".safetensors", ".gguf", ".onnx", ".onnx_data", ".bin", ".pt", ".pth", ".h5", ".keras", ".tflite", ".msgpack",
)  # fmt: skip


def run_predictions(
    suite: Suite,
    predictions: Mapping[str, JSON],
    facts: dict[str, JSON],
    *,
    environment: dict[str, JSON],
    evaluator: dict[str, JSON] | None = None,
    journal: Journal | None = None,
) -> Run:
    """Score `predictions`, by sample id, for the model that `facts` name.

    A sample's score is whether its prediction is the target, or what the benchmark's scorer says of it; a prediction
    that is missing is a miss where the manifest allows that.

    Raises:
        EvaluationError: predictions are missing or too many where that is an error, or cannot be scored.
        StatementError: `facts`, `environment` or `evaluator` is not of the form that results have.
    """
    _check(suite, predictions)
    predicate = assembled(suite, facts, {"mode": "predictions"}, environment, evaluator)
    fold = Fold(suite, journal)
    # Nothing of an earlier part is taken up: a file is read anew in no time.
    fold.begin(predicate, len(suite.items) + 1)
    for item, prompt in _asked(suite):
        value = predictions.get(item.id)
        said = Generation("", MISSING) if value is None else Generation(label(value), "given")
        fold.take((item, prompt), said, Spent())
    if fold.counts.errored:
        raise EvaluationError(
            f"{fold.counts.errored:,} predictions cannot be judged", hint="Predict what the metric takes."
        )
    return fold.finish(predicate, Spent())


def facts_of(folder: Path) -> dict[str, JSON]:
    """Return what a result says of the model in `folder`, none of which is run.

    Raises:
        SourceError: a file cannot be read, or changed meanwhile.
    """
    return identity(folder, lambda path: path.endswith(_WEIGHTS)) | {"format": "predictions"}


def _asked(suite: Suite) -> list[tuple[Item, Prompt]]:
    """Return each sample with its prompt; what is no text, such as an image's name, stands for itself."""
    try:
        return list(prompts(suite))
    except EvaluationError:
        return [(item, Prompt(label(item.input))) for item in suite.items]


def _check(suite: Suite, predictions: Mapping[str, JSON]) -> None:
    manifest, ids = suite.manifest, {item.id for item in suite.items}
    extra, missing = sorted(predictions.keys() - ids), sorted(ids - predictions.keys())
    metric = METRICS.get(manifest.metric)
    if extra and manifest.extra == "error":
        raise EvaluationError(f"the benchmark has no sample {extra[0]!r}", hint="Predict this split only.")
    if missing and (manifest.missing == "error" or (metric is not None and not metric.can_be_missing)):
        raise EvaluationError(f"the sample {missing[0]!r} has no prediction", hint="Predict every sample of the split.")

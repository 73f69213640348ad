"""Predicate `urn:assay:result:v1`: a benchmark was run on a model, both named by digest; how, and what came out.

Much may be left out, and was by early results; what is there is of one form. `cost` holds what differs between two runs
on one machine; all the rest must agree bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from assay.canonical import JSON, canonical_json
from assay.statements.fields import Field

__all__ = ["DIRECTIONS", "MODES", "REDACTIONS", "RELATIONSHIPS", "TYPE", "agreed", "validate"]

TYPE = "urn:assay:result:v1"

MODES = ("greedy", "sampled", "loglik", "predictions")
"""How answers were taken from the model; `predictions`: they were not, but given in a file."""
RELATIONSHIPS = ("first", "third", "collaborative")
"""Who ran it: the model's own maker, someone else, or both together."""
DIRECTIONS = ("higher", "lower")
"""What is better."""
REDACTIONS = ("none", "hashed-outputs")
"""What was left out of the sample log before it was published."""
VISIBILITIES = ("public", "held-out", "private")
VERDICTS = ("indicated", "not-indicated", "not-assessable")
LEVELS = ("exact", "item-level", "equivalence")

_Check = Callable[[Field], object]


def _text(most: int) -> _Check:
    return lambda field: field.text(most=most)


def _digest(field: Field) -> str:
    return field.hex()


def _count(field: Field) -> int:
    return field.count()


def _positive(field: Field) -> int:
    return field.count(least=1)


def _number(field: Field) -> int | str:
    return field.number()


def _amount(field: Field) -> None:
    if Decimal(field.number()) < 0:
        raise field.fault("is below zero")


def _flag(field: Field) -> None:
    if not isinstance(field.value, bool):
        raise field.fault("expected true or false")


def _one_of(*among: str) -> _Check:
    return lambda field: field.choice(among)


_NAME = _text(200)
_PARTS: Mapping[str, tuple[Mapping[str, _Check], Mapping[str, _Check]]] = {
    "benchmark": (
        {"id": _NAME, "version": _NAME, "manifest_digest": _digest, "dataset_digest": _digest,
         "scorer_digest": _digest, "n_total": _positive},
        {"split_digest": _digest, "template_digest": _digest, "fewshot_digest": _digest, "labels_digest": _digest,
         "split": _NAME, "visibility": _one_of(*VISIBILITIES)},
    ),
    "harness": (
        {"name": _NAME, "version": _NAME},
        {"adapter_version": _NAME, "task_digest": _digest, "lockfile_digest": _digest},
    ),
    "sampling": (
        {"mode": _one_of(*MODES)},
        {"temperature": _number, "top_p": _number, "max_tokens": _count, "seed": _count, "epochs": _count,
         "stop": lambda field: [item.text(most=1000) for item in field.each(most=100)],
         "system_prompt_digest": _digest},
    ),
    "environment": (
        {"os": _NAME, "arch": _NAME, "python": _NAME, "numpy": _NAME},
        {"cpu": _NAME, "cpu_count": _count, "gpu": _NAME, "gpu_count": _count, "driver": _NAME, "torch": _NAME,
         "transformers": _NAME, "tokenizers": _NAME, "onnxruntime": _NAME, "threads": _positive,
         "batch_size": _positive, "deterministic": _flag, "container_digest": _digest},
    ),
    "samples": (
        {"n_scheduled": _count, "n_scored": _count, "n_errored": _count, "merkle_root": _digest},
        {"n_refused": _count, "n_truncated": _count, "log_digest": _digest, "log_media_type": _NAME,
         "redaction": _one_of(*REDACTIONS), "ids_digest": _digest},
    ),
    "cost": (
        {},
        {"wall_s": _amount, "cpu_s": _amount, "gpu_s": _amount, "energy_j": _amount, "tokens_in": _count,
         "tokens_out": _count},
    ),
    "judge": ({"model_digest": _digest, "prompt_digest": _digest}, {"agreement_with_human": _number}),
    "evaluator": (
        {"relationship": _one_of(*RELATIONSHIPS)},
        {"attempts_index": _positive, "preregistration_id": _NAME, "identity": _NAME},
    ),
    "reproduces": ({"statement_digest": _digest}, {"level": _one_of(*LEVELS)}),
}  # fmt: skip
"""Of each part, the keys that must stand there and those that may, with what each holds."""
_MODEL: Mapping[str, _Check] = {
    "tokenizer_digest": _digest, "chat_template_digest": _digest, "quantisation": _NAME, "dtype": _NAME,
    "adapter_of": _digest,
}  # fmt: skip
_NEEDED = ("benchmark", "harness", "model", "sampling", "environment", "samples", "metrics", "evaluator")
_MAY = ("cost", "judge", "contamination", "reproduces")


def validate(predicate: dict[str, JSON]) -> None:
    """Check the shape; a number that is no integer is a decimal string.

    Raises:
        StatementError: a field is wrong; the message begins with its path.
    """
    root = Field(predicate, "predicate").object(*_NEEDED, optional=_MAY)
    for part, (needed, may) in _PARTS.items():
        if part in root:
            _check(root[part], needed, may)
    _model(root["model"])
    scored = _samples(root["samples"], root["benchmark"]["n_total"].count())
    _metrics(root["metrics"], scored)
    if "contamination" in root:
        for one in root["contamination"].each(most=100):
            _check(one, {"method": _NAME, "verdict": _one_of(*VERDICTS)}, {"value": _number})


def agreed(predicate: Mapping[str, JSON]) -> bytes:
    """Return what a second run in the same environment must give bit for bit, as canonical JSON."""
    return canonical_json({key: value for key, value in predicate.items() if key != "cost"})


def _check(field: Field, needed: Mapping[str, _Check], may: Mapping[str, _Check]) -> None:
    field.object(*needed, optional=may.keys())
    for key, check in {**needed, **may}.items():
        if key in field:
            check(field[key])


def _model(model: Field) -> None:
    """Check that it is named by digests; or, where it answers at an address, by that, for nobody saw its bytes."""
    if "endpoint" in model.mapping():
        endpoint = {"endpoint": _text(1000), "name": _NAME, "format": _text(100)}
        _check(model, endpoint, _MODEL)
    else:
        bound = {"dirhash": _digest, "weights_digest": _digest, "format": _text(100)}
        _check(model, bound, {"name": _NAME, **_MODEL})


def _samples(samples: Field, total: int) -> int:
    scheduled, scored, errored = (samples[key].count() for key in ("n_scheduled", "n_scored", "n_errored"))
    if scheduled > total:
        raise samples["n_scheduled"].fault(f"more than the {total:,} samples of the benchmark")
    if scored + errored != scheduled:
        raise samples.fault("scored and errored samples do not add up to those scheduled")
    for key in ("n_refused", "n_truncated"):
        if key in samples and samples[key].count() > scheduled:
            raise samples[key].fault(f"more than the {scheduled:,} samples that were scheduled")
    return scored


def _metrics(metrics: Field, scored: int) -> None:
    seen = set()
    more: Mapping[str, _Check] = {
        "stderr": _amount, "cluster_key": _NAME, "direction": _one_of(*DIRECTIONS), "unit": _NAME, "epochs": _count,
    }  # fmt: skip
    for metric in metrics.each(least=1, most=1000):
        _check(metric, {"name": _NAME, "value": _number, "n": _count, "ci": _interval}, more)
        name = metric["name"].text()
        if name in seen:
            raise metric["name"].fault(f"{name!a} is listed twice")
        seen.add(name)
        if metric["n"].count() > scored:
            raise metric["n"].fault(f"more than the {scored:,} samples that were scored")


def _interval(interval: Field) -> None:
    """Check an interval; null where the method has none for such samples, never one of width zero."""
    if interval.value is None:
        return
    interval.object("low", "high", "level", "method")["method"].text(most=100)
    if Decimal(interval["low"].number()) > Decimal(interval["high"].number()):
        raise interval["low"].fault("is above the upper end")
    if not 0 < Decimal(interval["level"].number()) < 1:
        raise interval["level"].fault("expected a share between 0 and 1, such as 0.95")

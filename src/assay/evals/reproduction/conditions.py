"""What a re-run must share with the run it repeats, as one key; and in what two runs' surroundings differ."""

from __future__ import annotations

from collections.abc import Mapping

from assay.canonical import JSON, canonical_json, sha256_hex

__all__ = ["conditions", "differences", "processor", "round_id"]

_BENCHMARK = (
    "manifest_digest", "dataset_digest", "scorer_digest", "split_digest", "template_digest", "fewshot_digest",
    "labels_digest",
)  # fmt: skip
_SAMPLING = ("mode", "temperature", "top_p", "max_tokens", "epochs", "stop", "system_prompt_digest")
_PROCESSORS = ("cpu", "gpu")
_UNKNOWN = "unknown"
_NO_PROCESSOR = "environment.cpu (not named)"


def conditions(predicate: Mapping[str, JSON]) -> str:
    """Return the digest, in hex, of the conditions of a result: what whoever runs it again must do alike.

    It covers the benchmark's digests, how answers were taken, which samples were asked, the judge if there is one, and
    the names of the metrics. It is stricter than what lets two models be ranked together, and nothing of it depends on
    the outcome: it is known before anyone runs.
    """
    benchmark, sampling, samples = (predicate[key] for key in ("benchmark", "sampling", "samples"))
    judge = predicate.get("judge")
    return _digest(
        {
            "benchmark": {key: benchmark[key] for key in _BENCHMARK if key in benchmark},
            "sampling": {key: sampling[key] for key in _SAMPLING if key in sampling},
            "samples": [samples["n_scheduled"], samples.get("ids_digest")],
            "judge": judge and {name: judge.get(name) for name in ("model_digest", "prompt_digest")},
            "metrics": sorted(metric["name"] for metric in predicate["metrics"]),
        }
    )


def round_id(key: str, weights_digest: str, opened_by: str) -> str:
    """Return the id, in hex, of a round: results under the conditions `key`, on the same weights.

    `opened_by` is the digest of the envelope that opens it: the result to be reproduced, or a lease. It tells rounds
    about the same model and benchmark apart, so that nothing revealed in one can be used in another.
    """
    return _digest({"conditions": key, "weights": weights_digest, "opened_by": opened_by})


def differences(one: Mapping[str, JSON], other: Mapping[str, JSON]) -> tuple[str, ...]:
    """Return in what two results' surroundings differ that may change an answer, as paths in order; none if alike.

    Only where something differs may answers of a deterministic run differ honestly. Surroundings that do not name the
    processor may differ in it: libraries choose other code on another one.
    """
    found = []
    for part in ("environment", "harness"):
        first, second = one.get(part, {}), other.get(part, {})
        found += [f"{part}.{name}" for name in sorted({*first, *second}) if first.get(name) != second.get(name)]
    if processor(one) is None:
        found.append(_NO_PROCESSOR)
    return tuple(found)


def processor(predicate: Mapping[str, JSON]) -> str | None:
    """Return what a result says it was computed on; None when it names no processor."""
    environment = predicate.get("environment", {})
    named = [str(environment[name]) for name in _PROCESSORS if environment.get(name, _UNKNOWN) != _UNKNOWN]
    return ", ".join(named) or None


def _digest(value: JSON) -> str:
    return sha256_hex(canonical_json(value))

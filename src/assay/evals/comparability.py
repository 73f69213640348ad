"""Which results may be ranked together, and what to say of two that may but differ in something that matters."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from assay.canonical import JSON, canonical_json, sha256_hex

__all__ = ["comparability_key", "warnings_between"]

_BENCHMARK = (
    "manifest_digest", "dataset_digest", "scorer_digest", "split_digest", "template_digest", "fewshot_digest",
    "labels_digest",
)  # fmt: skip
_MOST = Decimal("0.01")
"""How far the shares of truncated answers may lie apart, and how many samples may have failed."""


def comparability_key(predicate: Mapping[str, JSON]) -> str:
    """Return a digest that two results share only if they measure the same.

    It covers the benchmark's digests, the metrics' names, whether answers were generated, rated or given, the judge,
    and which samples were asked; and sets apart a result of which more than 1 % of samples failed.
    """
    samples, judge = predicate["samples"], predicate.get("judge")
    return sha256_hex(
        canonical_json(
            {
                "benchmark": {key: predicate["benchmark"].get(key) for key in _BENCHMARK},
                "metrics": sorted(metric["name"] for metric in predicate["metrics"]),
                "mode": _class(predicate["sampling"]["mode"]),
                "judge": judge and {key: judge.get(key) for key in ("model_digest", "prompt_digest")},
                "samples": samples.get("ids_digest") if _is_part(predicate) else "all",
                "n_scheduled": samples["n_scheduled"],
                "failing": _share(samples, "n_errored") > _MOST,
            }
        )
    )


def warnings_between(one: Mapping[str, JSON], other: Mapping[str, JSON]) -> tuple[str, ...]:
    """Return, in words, in what two results differ that may be ranked together; none when in nothing.

    One difference is more than a warning: unequal lengths of answers where one model ran into its limit oftener, by
    more than 1 % of samples. Then the text begins with `do not rank`.
    """
    found = []
    limits = [result["sampling"].get("max_tokens") for result in (one, other)]
    cut = abs(_share(one["samples"], "n_truncated") - _share(other["samples"], "n_truncated"))
    if limits[0] != limits[1]:
        lead = "do not rank: " if cut > _MOST else ""
        found.append(f"{lead}answers of at most {limits[0]} and {limits[1]} tokens")
    for what, first, second in _pairs(one, other):
        if first != second:
            found.append(f"{what}: {_shown(first)} and {_shown(second)}")
    return tuple(found)


def _pairs(one: Mapping[str, JSON], other: Mapping[str, JSON]) -> list[tuple[str, JSON, JSON]]:
    def said(part: str, key: str) -> tuple[JSON, JSON]:
        return one[part].get(key), other[part].get(key)

    return [
        ("harness", _harness(one), _harness(other)),
        ("dtype", *said("model", "dtype")),
        ("quantisation", *said("model", "quantisation")),
        ("chat template applied", _templated(one), _templated(other)),
        ("sampling mode", *said("sampling", "mode")),
        ("temperature", *said("sampling", "temperature")),
        ("an address, not weights", "endpoint" in one["model"], "endpoint" in other["model"]),
    ]


def _class(mode: str) -> str:
    """Return what kind of answers a mode gives: a text, likelihoods, or a file's."""
    return "generated" if mode in ("greedy", "sampled") else mode


def _is_part(predicate: Mapping[str, JSON]) -> bool:
    return bool(predicate["samples"]["n_scheduled"] < predicate["benchmark"]["n_total"])


def _share(samples: Mapping[str, JSON], key: str) -> Decimal:
    return Decimal(int(samples.get(key, 0))) / max(int(samples["n_scheduled"]), 1)


def _harness(predicate: Mapping[str, JSON]) -> str:
    harness = predicate["harness"]
    return f"{harness['name']} {_major(harness['version'])}"


def _templated(predicate: Mapping[str, JSON]) -> bool:
    return "chat_template_digest" in predicate["model"]


def _major(version: str) -> str:
    """Return the part of a version that a change of meaning changes: the first number, or two where that is 0."""
    parts = version.split(".")
    return ".".join(parts[:2]) if parts[0] == "0" else parts[0]


def _shown(value: JSON) -> str:
    if value is None:
        return "not said"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)

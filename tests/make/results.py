"""Results of evaluations with their sample logs, made without a model."""

from __future__ import annotations

import hashlib

from assay.canonical import JSON, sha256_hex
from assay.evals.answers import Answer
from assay.evals.statistics import share, wilson
from assay.statements.log import leaf_hash, merkle_root
from assay.statements.predicates import result
from assay.statements.statement import Statement, revision_subjects


def log_of(scores: list[int | None]) -> bytes:
    """Return the log of samples that were right (1), wrong (0) or not answered (None)."""
    return b"".join(answer.line() for answer in _answers(scores))


def stated(
    scores: list[int | None], dirhash: str, *, benchmark: str = "river-names", commit: str | None = None
) -> bytes:
    """Return an unsigned result statement about the revision `dirhash`."""
    answers = _answers(scores)
    answered = [score for score in scores if score is not None]
    hits, n = sum(answered), len(answered)
    predicate: dict[str, JSON] = {
        "benchmark": {
            "id": benchmark, "version": "1", "n_total": len(scores), "manifest_digest": sha256_hex(benchmark.encode()),
            "dataset_digest": "1" * 64, "scorer_digest": "2" * 64,
        },
        "harness": {"name": "assay", "version": "0.1.0"},
        "model": {"dirhash": dirhash, "weights_digest": "3" * 64, "format": "safetensors"},
        "sampling": {"mode": "greedy", "max_tokens": 8},
        "environment": {"os": "Linux", "arch": "x86_64", "python": "3.11.7", "numpy": "2.4.6"},
        "samples": {
            "n_scheduled": len(scores), "n_scored": n, "n_errored": len(scores) - n,
            "merkle_root": merkle_root([leaf_hash(answer.leaf()) for answer in answers]).hex(),
            "log_digest": hashlib.sha256(log_of(scores)).hexdigest(),
        },
        "metrics": [
            {"name": "accuracy", "value": str(share(hits, n)), "n": n, "ci": wilson(hits, n, "0.95").to_json()},
        ],
        "evaluator": {"relationship": "third"},
    }  # fmt: skip
    result.validate(predicate)
    return Statement(result.TYPE, revision_subjects(dirhash, commit), predicate).to_bytes()


def _answers(scores: list[int | None]) -> list[Answer]:
    return [
        Answer(f"s{number:03}", "0" * 64, f"answer {score}", "error" if score is None else str(score),
               "error" if score is None else "stop", error=None if score is not None else "no answer")
        for number, score in enumerate(scores)
    ]  # fmt: skip

"""What a hub asks evaluators for, before anyone has run it: the benchmark as its manifest has it, on one model."""

from __future__ import annotations

from collections.abc import Iterable

from assay.artifact.identity import ManifestLine, dir_hash
from assay.canonical import sha256_hex
from assay.evals.manifest import Suite, split_digest
from assay.evals.pooling.lease import Wanted, wanted
from assay.evals.runner import named

__all__ = ["asked", "model_digests", "request_id"]

_DOMAIN = "assay/evaluation-request/v1"


def request_id(dirhash: str, manifest: str, salt: bytes) -> str:
    """Return the id, in hex, of a request for one benchmark on one model; `salt` tells it from any other."""
    return sha256_hex(f"{_DOMAIN} {dirhash} {manifest} {salt.hex()}".encode())


def asked(request: str, suite: Suite, model: dict[str, str]) -> Wanted:
    """Return what everyone in the round is to run: all samples of `suite`, sampled as its manifest says.

    `model` has `dirhash` and `weights_digest`.
    """
    metric = suite.manifest.metric
    controlled = suite.items[0].control is not None
    return wanted(
        request,
        {
            "benchmark": named(suite),
            "model": model,
            "sampling": suite.manifest.sampling.to_json(),
            "samples": {
                "n_scheduled": len(suite.items),
                "ids_digest": split_digest([item.id for item in suite.items]),
            },
            "metrics": [{"name": name} for name in (metric, f"control_{metric}")[: 1 + controlled]],
        },
    )


def model_digests(lines: Iterable[ManifestLine]) -> dict[str, str]:
    """Return `dirhash` and `weights_digest` of a revision, as those who run it find them.

    Weights are the safetensors at its top; where there are none, its ONNX files, or else the whole revision.
    """
    files = list(lines)
    tensors = [one for one in files if one.path.endswith(".safetensors") and "/" not in one.path]
    weights = tensors or [one for one in files if ".onnx" in one.path]
    return {"dirhash": dir_hash(files), "weights_digest": dir_hash(weights or files)}

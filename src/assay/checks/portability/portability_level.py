"""POR113: the level from P-A, portable, to P-D, locked; states the fact `portability`."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail, unknown
from assay.checks.portable import Level, portability
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity

__all__ = ["portability_level"]

_WORDS = {
    Level.C: ("works with one vendor's stack only", Severity.MEDIUM),
    Level.D: ("compiled, encrypted or bound to a service", Severity.HIGH),
}


@check("POR113-portability-level", severity=Severity.MEDIUM)
def portability_level(revision: Revision) -> Iterator[Finding | Fact]:
    """The best complete set of weights runs on open runtimes, on any CPU and on more than one vendor's hardware.

    Five levels say it in short: P-A portable; P-B portable with code of the repo or with extras; P-C one vendor's
    stack; P-D locked: compiled, encrypted or bound to a service; U not enough evidence. What lies beside the best set
    does not lower it. A level from files alone is evidence of grade E0; E1 is a run on a plain CPU (`assay run-check`),
    E2 runs on the silicon of two vendors.

    Sample: `model.engine` alone (P-D), or `quant_method: bitsandbytes` and no other weights (P-C).

    Fix: publish one whole set of unquantised safetensors, GGUF or ONNX whose architecture an open runtime knows.

    References: tables `vendor_formats`, `quantisations`, `accelerators`, `onnx_runtimes`.
    """
    found = portability(revision)
    yield Fact("portability", found.to_fact())
    why = shown(found.reasons[0].why, 300) if found.reasons else ""
    if found.level in _WORDS:
        words, severity = _WORDS[found.level]
        yield fail(
            portability_level, f"{found.level}, {words}: {why}", severity=severity,
            detail={"level": found.level.value, "because": [shown(reason.why, 300) for reason in found.reasons[:16]]},
            fix="Publish one whole set of unquantised safetensors, GGUF or ONNX that an open runtime knows.",
        )  # fmt: skip
    elif found.level is Level.U:
        yield unknown(portability_level, f"not enough evidence: {why}", detail={"level": found.level.value})

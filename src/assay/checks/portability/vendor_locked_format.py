"""POR101: weights that one vendor's stack alone can run; states the fact `weights`."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail, unknown
from assay.checks.weights import weights
from assay.finding import Fact, Finding, Severity

__all__ = ["vendor_locked_format"]


@check("POR101-vendor-locked-format", severity=Severity.HIGH, claims=("safetensors", "zip", "pickle"), version=2)
def vendor_locked_format(revision: Revision) -> Iterator[Finding | Fact]:
    """There is a whole set of weights that open runtimes read.

    A compiled engine runs on one vendor's hardware, often on one generation of it and one version of its software.
    It cannot be studied, changed or moved. Beside weights in an open format it does no harm; alone it locks in.

    Sample: `model.engine` and no `model.safetensors`.

    Fix: publish the weights it was built from, as safetensors, GGUF or ONNX, beside it.

    References: TensorRT developer guide (engines are bound to platform, GPU and version); table `vendor_formats`.
    """
    found = weights(revision)
    if found.formats:
        yield Fact("weights", found.to_fact())
    for item in found.vendor if found.vendor_locked else ():
        yield fail(
            vendor_locked_format, f"these weights run with {item.format.vendor}'s stack only ({item.format.name}), "
            "and no whole open set lies beside them", file=item.path, severity=Severity(item.format.severity),
            fix=item.format.fix, detail={"format": item.format.name, "vendor": item.format.vendor},
        )  # fmt: skip
    if found.formats and not found.whole and not found.vendor:
        missing = f": {found.gaps[0]} is missing" if found.gaps else ""
        yield unknown(
            vendor_locked_format, f"no set of weights is whole{missing}", detail={"missing": list(found.gaps[:16])}
        )
    if not found.formats and not found.unread:
        yield unknown(vendor_locked_format, "there are no weights here that could run anywhere")
    if not found.formats and found.unread:
        yield unknown(
            vendor_locked_format, "these weights are in a format that no reader knows", file=found.unread[0],
            detail={"files": list(found.unread[:16])}, fix="Publish them as safetensors.",
        )  # fmt: skip

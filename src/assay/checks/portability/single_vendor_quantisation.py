"""POR104: weights stored so that one vendor's kernels alone can use them."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.canonical import JSON
from assay.checks import check, fail, unknown
from assay.checks.wording import shown, unread
from assay.finding import Fact, Finding, Severity
from assay.rules import load

__all__ = ["single_vendor_quantisation"]

_KEY = "key quantization_config"


@check("POR104-single-vendor-quantisation", severity=Severity.MEDIUM)
def single_vendor_quantisation(revision: Revision) -> Iterator[Finding | Fact]:
    """The weights are stored plainly, or quantised by a method that more than one vendor's hardware can run.

    Quantised weights are useless without kernels for that very method. The table behind this check is dated: where a
    method has gained a back end since, a newer table says so and old assessments are judged again.

    Sample: `"quantization_config": {"quant_method": "bitsandbytes"}` in `config.json`.

    Fix: publish the unquantised weights as well, or name them as `base_model`; or quantise by a method with CPU
    kernels, such as GGUF or compressed-tensors.

    References: transformers documentation, overview of quantisation methods; table `quantisations`.
    """
    yield from unread(single_vendor_quantisation, revision, "config.json")
    config = revision.config().get("quantization_config")
    if config is None:
        return
    method = _method(config)
    table = load("quantisations")
    if method is None or method not in table["entries"]:
        said = "which is not named" if method is None else f"{shown(method, 60)}, which is not in the table"
        yield unknown(single_vendor_quantisation, f"quantised by a method {said}", file="config.json", location=_KEY)
        return
    runs_on = table["entries"][method]["runs_on"]
    if len(runs_on) == 1:
        yield fail(
            single_vendor_quantisation, f"quantised by {method}, which runs on {runs_on[0]} only (as of "
            f"{table['date']})", file="config.json", location=_KEY, detail={"method": method, "runs_on": runs_on},
            fix="Publish unquantised weights too, or quantise by a method with CPU kernels.",
        )  # fmt: skip


def _method(config: JSON) -> str | None:
    if not isinstance(config, dict):
        return None
    if config.get("load_in_4bit") is True or config.get("load_in_8bit") is True:
        return "bitsandbytes"
    method = config.get("quant_method")
    return method.lower() if isinstance(method, str) else None

"""POR104: weights stored so that one vendor's kernels alone can use them."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail, unknown
from assay.checks.portable import Harm
from assay.checks.quantised import quantised
from assay.checks.wording import shown, unread
from assay.finding import Fact, Finding, Severity
from assay.rules import load

__all__ = ["single_vendor_quantisation"]


@check("POR104-single-vendor-quantisation", severity=Severity.MEDIUM, version=2)
def single_vendor_quantisation(revision: Revision) -> Iterator[Finding | Fact]:
    """The weights are stored plainly, or quantised by a method that more than one vendor's hardware can run.

    Quantised weights are useless without kernels for that very method. The table behind this check is dated: where a
    method has gained a back end since, a newer table says so and old assessments are judged again.

    Sample: `"quantization_config": {"quant_method": "bitsandbytes"}` in `config.json`.

    Fix: publish the unquantised weights as well, or name them as `base_model`; or quantise by a method with CPU
    kernels, such as GGUF or compressed-tensors.

    References: transformers documentation, overview of quantisation methods; table `quantisations`.
    """
    harm = Harm(revision)
    yield from unread(single_vendor_quantisation, revision, "config.json")
    date = load("quantisations")["date"]
    folders = dict.fromkeys(file.path.rpartition("/")[0] for file in revision.files if file.format == "json")
    for item in (one for folder in folders for one in quantised(revision, folder)):
        runs_on = item.runs_on
        if runs_on is None:
            named = item.method is not None
            said = f"{shown(item.method or '', 60)}, which is not in the table" if named else "which is not named"
            yield unknown(
                single_vendor_quantisation, f"quantised by a method {said}", file=item.file, location=item.location
            )
        elif len(runs_on) == 1:
            yield fail(
                single_vendor_quantisation, f"quantised by {item.method}, which runs on {runs_on[0]} only (as of "
                f"{date})", file=item.file, location=item.location, severity=harm(Severity.MEDIUM),
                detail={"method": item.method, "runs_on": list(runs_on)},
                fix="Publish unquantised weights too, or quantise by a method with CPU kernels.",
            )  # fmt: skip

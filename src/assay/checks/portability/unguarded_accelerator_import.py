"""POR102: imports without which the code runs on one kind of hardware only."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.accelerator_uses import imports
from assay.checks.portable import Harm
from assay.checks.roles import aside, is_inference
from assay.finding import Fact, Finding, Severity

__all__ = ["unguarded_accelerator_import"]


@check("POR102-unguarded-accelerator-import", severity=Severity.MEDIUM, claims=("python",), version=2)
def unguarded_accelerator_import(revision: Revision) -> Iterator[Finding | Fact]:
    """The code can be imported on a machine without a particular accelerator.

    One `import flash_attn` at the top of a modelling file, and the model loads nowhere but on that vendor's GPUs,
    though the same attention exists in torch itself. Imports inside `try` with an `except ImportError`, behind an
    availability test or inside a function that is only called when wanted do no harm.

    Sample: `from flash_attn import flash_attn_func` as the third line of `modeling_x.py`.

    Fix: import inside `try … except ImportError` and fall back to `torch.nn.functional.scaled_dot_product_attention`.

    References: DeepSeek-VL2 issue 15, ReplitLM issue 8, HRM issue 69 (models that nobody could load on CPU).
    """
    harm = Harm(revision)
    for seen in revision.seen("python"):
        for use in imports(seen):
            severity = Severity.MEDIUM if is_inference(seen.place) else aside(Severity.MEDIUM)
            yield fail(
                unguarded_accelerator_import, f"importing this needs {use.what}, which needs {use.needs}",
                file=seen.file, location=seen.at(f"line {use.line}"), severity=harm(severity),
                detail={"module": use.what},
                fix="Import it inside try … except ImportError, with a fallback in plain torch.",
            )  # fmt: skip

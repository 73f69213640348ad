"""POR102: imports without which the code runs on one kind of hardware only."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision, Seen
from assay.checks import check, fail
from assay.checks.roles import aside, is_inference
from assay.finding import Fact, Finding, Severity
from assay.rules import load

__all__ = ["unguarded_accelerator_import"]


@check("POR102-unguarded-accelerator-import", severity=Severity.MEDIUM, claims=("python",))
def unguarded_accelerator_import(revision: Revision) -> Iterator[Finding | Fact]:
    """The code can be imported on a machine without a particular accelerator.

    One `import flash_attn` at the top of a modelling file, and the model loads nowhere but on that vendor's GPUs,
    though the same attention exists in torch itself. Imports inside `try` with an `except ImportError`, behind an
    availability test or inside a function that is only called when wanted do no harm.

    Sample: `from flash_attn import flash_attn_func` as the third line of `modeling_x.py`.

    Fix: import inside `try … except ImportError` and fall back to `torch.nn.functional.scaled_dot_product_attention`.

    References: DeepSeek-VL2 issue 15, ReplitLM issue 8, HRM issue 69 (models that nobody could load on CPU).
    """
    needs = {entry["module"]: entry["needs"] for entry in load("accelerators")["entries"]}
    for seen in revision.seen("python"):
        yield from _imports(seen, needs)


def _imports(seen: Seen, needs: dict[str, str]) -> Iterator[Finding]:
    said = set()
    for item in seen.facts["imports"]:
        top = str(item["module"]).split(".", 1)[0]
        if top not in needs or top in said or item["guarded"] or item["scope"] == "function":
            continue
        said.add(top)
        severity = Severity.MEDIUM if is_inference(seen.place) else aside(Severity.MEDIUM)
        yield fail(
            unguarded_accelerator_import, f"importing this needs {top}, which needs {needs[top]}", file=seen.file,
            location=seen.at(f"line {item['line']}"), severity=severity, detail={"module": item["module"]},
            fix="Import it inside try … except ImportError, with a fallback in plain torch.",
        )  # fmt: skip

"""EVA101: whether anything is said of what the model can do; states the fact `claims`."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, unknown
from assay.checks.results import FOLDER, claimed_results
from assay.checks.wording import unread
from assay.finding import Fact, Finding, Severity

__all__ = ["no_results"]


@check("EVA101-no-results", severity=Severity.LOW, claims=("card",))
def no_results(revision: Revision) -> Iterator[Finding | Fact]:
    """The revision claims results of evaluations.

    Without any result nobody knows what the model was shown to do. A claim is not yet evidence: the axis is answered
    by results that are bound to this very revision by digest, and best by somebody who ran them again.

    Sample: a card without `model-index`, and no `.eval_results/` folder.

    Fix: run `assay eval BENCHMARK MODEL`, which records the result as a signed statement; or add results to the card.

    References: Hugging Face model cards, `model-index` and `.eval_results`; arXiv 2405.14782 (reproducible evaluation).
    """
    results = list(claimed_results(revision))
    pinned = sum(1 for result in results if result.digest is not None)
    yield Fact("claims", {"results": len(results), "with_digest": pinned})
    folder = [file.path for file in revision.files if file.path.startswith(FOLDER)]
    yield from unread(no_results, revision, *folder)
    if not results:
        yield unknown(
            no_results, "no result of any evaluation is claimed", fix="Run `assay eval`.",
            detail={"answered_by": "urn:assay:result:v1"},
        )  # fmt: skip

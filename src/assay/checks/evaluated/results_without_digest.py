"""EVA102: claimed results that nobody could measure again."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, unknown
from assay.checks.results import ClaimedResult, claimed_results
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity

__all__ = ["results_without_digest"]


@check("EVA102-results-without-digest", severity=Severity.LOW, claims=("card",))
def results_without_digest(revision: Revision) -> Iterator[Finding | Fact]:
    """Every claimed result names its data by commit or digest.

    Datasets change under their names: samples are repaired, splits are dealt anew. A score on "MMLU" cannot be
    compared with another, nor measured again, unless both name the same bytes.

    Sample: a `model-index` entry whose `dataset` has a `name` and no `revision`.

    Fix: add the dataset's commit as `revision` (40 hex digits), or replace the claim by a result of `assay eval`,
    which is bound to the digests of model, data, prompt and scorer.

    References: Hugging Face hub documentation, `model-index` (field `dataset.revision`).
    """
    by_file: dict[str, list[ClaimedResult]] = {}
    for result in claimed_results(revision):
        by_file.setdefault(result.file, []).append(result)
    for file, results in by_file.items():
        loose = [result for result in results if result.digest is None]
        if loose:
            yield unknown(
                results_without_digest, f"{len(loose)} of {len(results)} claimed results name their data by no "
                f"digest: {shown(loose[0].benchmark)}, {shown(loose[0].metric)}", file=file, severity=Severity.LOW,
                fix="Add the dataset's commit as `revision`, or run `assay eval`.",
                detail={"results": [f"{one.benchmark}: {one.metric}" for one in loose[:16]],
                        "answered_by": "urn:assay:result:v1"},
            )  # fmt: skip

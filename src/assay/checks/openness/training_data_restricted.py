"""OPN115: what the licences of the training data say; states the fact `training_data`."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.training_data import training_data
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity
from assay.openness import restrictions

__all__ = ["training_data_restricted"]


@check("OPN115-training-data-restricted", severity=Severity.INFO, claims=("card",), version=2)
def training_data_restricted(revision: Revision) -> Iterator[Finding | Fact]:
    """No dataset that the card names is under terms that reach for works made from it.

    Whether the licence of training data binds a model is contested, and courts have not settled it. So this is a
    note, and the licence of the weights is judged apart. Whoever wants to be on the safe side reads it. A model whose
    card names no data is no better: of that nothing can be said.

    Sample: `datasets: [tatsu-lab/alpaca]`, which is CC-BY-NC-4.0, in the card of a model under Apache-2.0.

    Fix: train on data under open licences, or say in the card that part of the data is not for commercial use.

    References: rule L10; Open Source AI Definition 1.0, data information; arXiv 2602.08816 (notices of datasets).
    """
    found = training_data(revision)
    yield Fact("training_data", found.to_fact())
    for one in found.datasets:
        if one.licence is None:
            continue
        facts = one.licence.to_fact()
        those = [item for item in restrictions(facts) if item.denies or item.kind == "copyleft"]
        if those:
            told = "; ".join(item.told for item in those)
            yield fail(
                training_data_restricted, f"trained on {shown(one.name)}, under {one.licence.name}: {told}",
                file="README.md", location="key datasets",
                fix="Use data under an open licence instead, or say in the card what its terms ask for.",
                detail={"rule": "L10", "dataset": one.name[:200], "licence": one.licence.id,
                        "clauses": {item.kind: item.told for item in those}},
            )  # fmt: skip

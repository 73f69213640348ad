"""Evidence grades: one machine never gives E2."""

from __future__ import annotations

import pytest

from assay.dossier.runs import RUN, shown_by
from assay.dossier.said import Said


def ran(silicon, *, evidence="E1", weights="w", digest="1"):
    predicate = {
        "evidence": evidence,
        "model": {"weights_digest": weights},
        "environment": {"silicon": silicon},
    }
    return Said(RUN, predicate, "s", digest, own=True)


@pytest.mark.parametrize(
    ("runs", "grade"),
    [
        ([], "E0"),
        ([ran("AMD", evidence="E0")], "E0"),
        ([ran("AMD")], "E1"),
        ([ran("unknown")], "E1"),
        ([ran("AMD"), ran("AMD", digest="2")], "E1"),
        ([ran("AMD"), ran("unknown")], "E1"),
        ([ran("AMD"), ran("Intel", weights="other")], "E1"),
        ([ran("AMD"), ran("Intel", evidence="E0")], "E1"),
        ([ran("AMD"), ran("Intel")], "E2"),
        ([ran(None)], "E0"),
    ],
)
def test_the_grade_of_runs(runs, grade):
    assert shown_by(runs).grade == grade


def test_two_makers_are_named_with_their_statements():
    shown = shown_by([ran("Intel", digest="1"), ran("AMD", digest="2")])
    assert (shown.silicon, shown.statements) == (("AMD", "Intel"), ("2", "1"))

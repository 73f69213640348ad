"""PRV103: parents that lead nowhere."""

from __future__ import annotations

import pytest
from tests.make.revisions import card, judged, revision

from assay.finding import Outcome

FAILING = revision({"README.md": card(base_model="someone/something")})
PASSING = revision({"README.md": card(base_model=["meta-llama/Llama-2-7b", "EleutherAI/pythia-70m"])})


@pytest.mark.parametrize("name", ["../run-7", "/data/model", "llama", "a/b/c", "x\x1b[31m/y"])
def test_what_names_no_model_is_unknown_and_printable(name):
    [finding] = judged("PRV103", revision({"README.md": card(base_model=name)}))
    assert finding.outcome is Outcome.UNKNOWN
    assert finding.message.isprintable()


@pytest.mark.parametrize("value", [None, 5, {}, [], [None, 3], ""])
def test_no_parents_is_nothing_to_say_here(value):
    assert judged("PRV103", revision({"README.md": card(base_model=value)})) == []

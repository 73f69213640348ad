"""OPN113: a parent of unknown terms is unresolved, and never open."""

from __future__ import annotations

import pytest
from tests.make.revisions import card, document, judged, revision

from assay.checks import judge
from assay.finding import Axis, Outcome, Severity

FAILING = revision({"README.md": card(license="apache-2.0", base_model="someone/private")})
PASSING = revision({"README.md": card(license="apache-2.0", base_model="mistralai/Mistral-7B-v0.1")})


@pytest.mark.parametrize("parent", ["someone/private", "../runs/7", "a model of ours"])
def test_it_is_unknown_and_names_the_parent(parent):
    [finding] = judged("OPN113", revision({"README.md": card(license="mit", base_model=[parent])}))
    assert (finding.outcome, finding.severity) == (Outcome.UNKNOWN, Severity.MEDIUM)
    assert finding.detail == {"rule": "L7", "parent": parent, "relation": "finetune"}
    assert finding.fix


def test_the_open_axis_cannot_pass_then():
    outcomes = {one.outcome for one in judge(FAILING).findings if one.axis is Axis.OPEN and one.rule[:6] == "OPN113"}
    assert outcomes == {Outcome.UNKNOWN}


def test_an_adapter_names_its_parent_in_its_config_but_a_config_may_name_the_model_itself():
    adapter = {"adapter_config.json": document(base_model_name_or_path="who/knows"), "README.md": card(license="mit")}
    plain = {"config.json": document(_name_or_path="who/knows"), "README.md": card(license="mit")}
    assert len(judged("OPN113", revision(adapter))) == 1
    assert judged("OPN113", revision(plain)) == []

"""OPN110: no commerce, no derivatives, the same licence: what a child may not let go."""

from __future__ import annotations

import pytest
from tests.make.revisions import card, document, judged, revision

from assay.finding import Confidence, Severity

FAILING = revision({"README.md": card(license="llama2", base_model="facebook/musicgen-small")})
PASSING = revision({"README.md": card(license="cc-by-nc-4.0", base_model="facebook/musicgen-small")})


def test_the_finding_names_parent_clause_and_way_out():
    [finding] = judged("OPN110", FAILING)
    assert (finding.severity, finding.confidence) == (Severity.HIGH, Confidence.HIGH)
    assert "facebook/musicgen-small" in finding.message
    assert "section 2(a)(1)" in finding.message
    assert finding.detail["rule"] == "L2"
    assert finding.fix


@pytest.mark.parametrize(
    ("own", "parent", "relation", "rules"),
    [
        ("mit", "ultralytics/YOLOv8", "finetune", ["L4"]),
        ("agpl-3.0", "ultralytics/YOLOv8", "finetune", []),
        ("gpl-3.0", "ultralytics/YOLOv8", "quantized", ["L4"]),
        ("mit", "ultralytics/YOLOv8", "distillation", []),
        ("gemma", "LGAI-EXAONE/EXAONE-3.0-7.8B-Instruct", "merge", ["L2"]),
        ("mit", "LGAI-EXAONE/EXAONE-3.0-7.8B-Instruct", "distillation", ["L1", "L2"]),
        ("mit", "meta-llama/Llama-3.1-8B", "distillation", ["L1"]),
        ("llama3.1", "meta-llama/Llama-3.1-8B", "distillation", []),
        ("mit", "facebook/musicgen-small", "distillation", []),
        ("mit", "facebook/musicgen-small", "finetune", []),  # OPN103
    ],
)
def test_rules_by_relation(own, parent, relation, rules):
    what = revision({"README.md": card(license=own, base_model=parent, base_model_relation=relation)})
    assert [one.detail["rule"] for one in judged("OPN110", what)] == rules


def test_an_adapter_needs_its_parent_to_run_so_it_weighs_less_but_fails_all_the_same():
    what = revision(
        {
            "README.md": card(license="llama2"),
            "adapter_config.json": document(base_model_name_or_path="facebook/musicgen-small"),
        }
    )
    [finding] = judged("OPN110", what)
    assert (finding.severity, finding.confidence) == (Severity.MEDIUM, Confidence.MEDIUM)
    assert "without which it does not run" in finding.message


def test_unknown_parents_and_unknown_licences_are_others_to_judge():
    assert judged("OPN110", revision({"README.md": card(license="mit", base_model="who/knows")})) == []
    assert judged("OPN110", revision({"README.md": card(base_model="facebook/musicgen-small")})) == []

"""OPN103: a permissive tag on something that comes from a restricted parent."""

from __future__ import annotations

import pytest
from tests.make.revisions import card, document, judged, revision

from assay.finding import Confidence, Severity

FAILING = revision({"README.md": card(license="mit", base_model="meta-llama/Llama-2-7b-hf")})
PASSING = revision({"README.md": card(license="apache-2.0", base_model="mistralai/Mistral-7B-v0.1")})


def test_the_finding_names_parent_licence_and_clauses():
    [finding] = judged("OPN103", FAILING)
    assert (finding.severity, finding.confidence) == (Severity.HIGH, Confidence.HIGH)
    assert "meta-llama/Llama-2-7b-hf" in finding.message
    assert finding.detail["licence"] == "llama2"
    assert set(finding.detail["clauses"]) == {"use_restrictions", "user_cap", "output_training_limit"}


@pytest.mark.parametrize(
    ("parent", "licence"),
    [
        ("google/gemma-2-9b", "gemma"),
        ("codellama/CodeLlama-7b-hf", "llama2"),
        ("bigscience/bloomz-7b1", "bigscience-bloom-rail-1.0"),
        ("facebook/musicgen-small", "cc-by-nc-4.0"),
        ("timm/resnet50.fb_ssl_yfcc100m_ft_in1k", "cc-by-nc-4.0"),
        ("timm/vit_base_patch16_224.mae", "cc-by-nc-4.0"),
        ("meta-llama/Meta-Llama-3.1-8B", "llama3.1"),
        ("Qwen/Qwen2.5-72B-Instruct", "qwen"),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "llama3.1"),
    ],
)
def test_families_are_known(parent, licence):
    [finding] = judged("OPN103", revision({"README.md": card(license="mit", base_model=parent)}))
    assert finding.detail["licence"] == licence


@pytest.mark.parametrize(
    "parent",
    [
        "Qwen/Qwen2.5-7B",
        "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
        "tiiuae/falcon-7b",
        "someone/llama",
        "x",
        "timm/resnet50.a1_in1k",
    ],
)
def test_open_and_unknown_parents_are_left_alone(parent):
    assert judged("OPN103", revision({"README.md": card(license="mit", base_model=parent)})) == []


def test_a_copy_under_another_publisher_and_a_parent_in_the_config_count_with_less_confidence():
    copy = revision({"README.md": card(license="mit", base_model=["NousResearch/Llama-2-7b-hf"])})
    hinted = revision(
        {"README.md": card(license="mit"), "config.json": document(_name_or_path="meta-llama/Llama-2-7b-hf")}
    )
    for one in (copy, hinted):
        assert [finding.confidence for finding in judged("OPN103", one)] == [Confidence.MEDIUM]


def test_a_restricted_child_and_a_distilled_one_are_left_alone():
    assert judged("OPN103", revision({"README.md": card(license="llama2", base_model="meta-llama/Llama-2-7b")})) == []
    distilled = card(license="mit", base_model="meta-llama/Llama-2-7b", base_model_relation="distillation")
    assert judged("OPN103", revision({"README.md": distilled})) == []


def test_a_tag_or_a_name_that_contradicts_the_licence_fails():
    tagged = revision({"README.md": card(license="gemma", tags=["open-source"])})
    named = revision({"README.md": card(license="mit", license_name="llama2")})
    assert [one.severity for one in judged("OPN103", tagged)] == [Severity.MEDIUM]
    assert [one.severity for one in judged("OPN103", named)] == [Severity.HIGH]


def test_an_adapter_weighs_less_unless_the_text_calls_it_a_derivative():
    for parent, severity in (("meta-llama/Llama-2-7b-hf", Severity.MEDIUM), ("google/gemma-2-9b", Severity.HIGH)):
        front = card(license="mit", base_model=parent, base_model_relation="adapter")
        assert [one.severity for one in judged("OPN103", revision({"README.md": front}))] == [severity]


def test_the_message_names_the_clauses():
    [finding] = judged("OPN103", FAILING)
    assert "(section 1(b)(v))" in finding.message
    assert finding.detail["rests_on"]["user_cap"].startswith("section 2")

"""OPN116: a MOF file against the files, and the fact `framework` with its interval."""

from __future__ import annotations

import json

import pytest
from tests.make.licence_files import APACHE, MIT
from tests.make.revisions import card, document, fact, judged, revision, safetensors

from assay.checks.components import seen_components
from assay.finding import Outcome
from assay.mof import MofComponent, Presence, component, write_mof


def full_card(*headings, **front):
    words = "Words that say what the model is and what it is good for. " * 6
    return (
        card(**front).split(b"# A model")[0]
        + "\n\n".join(["# A model", words, *(f"## {heading}" for heading in headings)]).encode()
    )


def mof(**listed):
    names = {"params": "Model parameters (Final)", "card": "Model card", "training": "Training code"}
    return write_mof({"name": "x"}, [MofComponent(names[key], said) for key, said in listed.items()]).encode()


CARD = full_card("Training data", "Evaluation", license="cc-by-nc-4.0")
FAILING = revision(
    {"README.md": CARD, "mof.yml": mof(params="Apache-2.0", card="cc-by-nc-4.0"), "model.safetensors": safetensors()}
)
PASSING = revision(
    {"README.md": CARD, "mof.yml": mof(params="CC-BY-NC-4.0", training="MIT"), "model.safetensors": safetensors()}
)


def by_name(what):
    return {one.name: one for one in seen_components(what)}


def test_a_licence_that_the_card_contradicts_fails():
    [finding] = judged("OPN116", FAILING)
    assert finding.outcome is Outcome.FAIL
    assert finding.detail == {"component": "Model parameters (Final)", "claimed": "Apache-2.0",
                              "found": "CC-BY-NC-4.0", "evidence": "model.safetensors"}  # fmt: skip


def test_a_component_that_is_not_here_fails_and_a_file_that_is_none_is_unknown():
    [finding] = judged("OPN116", revision({"README.md": CARD, "mof.yml": mof(params="CC-BY-NC-4.0")}))
    assert "not here" in finding.message
    [finding] = judged("OPN116", revision({"README.md": CARD, "mof.yml": b"release: 7\n"}))
    assert finding.outcome is Outcome.UNKNOWN


def test_the_fact_is_an_interval_with_evidence_for_every_component():
    said = fact("OPN116", PASSING)
    assert (said["class"], said["proven"], said["possible"], said["claimed"]) == ("unclassified", 0, 0, 0)
    assert len(said["components"]) == 17
    assert json.dumps(said)


OPEN = {
    "README.md": full_card("Training data", "Evaluation results", license="apache-2.0", library_name="transformers"),
    "LICENSE": APACHE,
    "config.json": document(architectures=["LlamaForCausalLM"]),
    "model.safetensors": safetensors(),
}


def test_a_whole_open_repo_lacks_only_what_cannot_be_seen():
    said = fact("OPN116", revision(OPEN))
    assert said["class"] == "unclassified to class I"
    assert said["wanting"] == ["class III: Technical report"]
    assert "Model parameters (Final)" in said["conditional"]


def test_a_paper_is_there_but_its_licence_is_never_that_of_the_weights():
    linked = OPEN | {"README.md": OPEN["README.md"] + b"\n\nSee https://arxiv.org/abs/2402.00838 for more.\n"}
    one = by_name(revision(linked))["Research paper"]
    assert (one.presence, one.licence, one.evidence) == (
        Presence.PRESENT, None, "https://arxiv.org/abs/2402.00838",
    )  # fmt: skip
    assert fact("OPN116", revision(linked))["proven"] == 0


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("train.py", "Training code"),
        ("scripts/pretrain_stage1.py", "Training code"),
        ("inference.py", "Inference code"),
        ("evaluate_mmlu.py", "Evaluation code"),
        ("preprocess.py", "Data preprocessing code"),
        ("requirements.txt", "Supporting libraries and tools"),
        ("modeling_x.py", "Model architecture"),
        ("trainer_state.json", "Model metadata"),
    ],
)
def test_a_file_of_that_name_is_that_component_and_its_place_is_kept(path, name):
    one = by_name(revision({"README.md": card(license="mit"), path: b"{}\n"}))[name]
    assert (one.presence, one.licence, one.evidence) == (Presence.PRESENT, "MIT", path)


def test_code_and_weights_may_be_under_two_licences():
    found = by_name(revision({"README.md": CARD, "LICENSE": MIT, "train.py": b"x = 1\n",
                              "model.safetensors": safetensors()}))  # fmt: skip
    assert found["Training code"].licence == "MIT"
    assert found["Model parameters (Final)"].licence == "CC-BY-NC-4.0"


@pytest.mark.parametrize(
    ("datasets", "presence", "licence"),
    [
        (["allenai/dolma"], Presence.PRESENT, "ODC-By-1.0"),
        (["allenai/dolma", "tatsu-lab/alpaca"], Presence.PRESENT, "CC-BY-NC-4.0"),
        (["allenai/dolma", "who/knows"], Presence.UNKNOWN, None),
        ([], Presence.UNKNOWN, None),
    ],
)
def test_datasets_count_by_the_strictest(datasets, presence, licence):
    one = by_name(revision({"README.md": full_card(license="mit", datasets=datasets)}))["Datasets"]
    assert (one.presence, one.licence) == (presence, licence)


def test_a_set_with_a_gap_a_stub_of_a_card_and_no_licence_are_what_they_are():
    index = document(weight_map={"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"})
    found = by_name(revision({"README.md": card(), "model.safetensors.index.json": index,
                              "model-00001-of-00002.safetensors": safetensors()}))  # fmt: skip
    assert found["Model parameters (Final)"].presence is Presence.ABSENT
    assert found["Model parameters (Final)"].evidence == "model-00002-of-00002.safetensors"
    assert found["Model card"].presence is Presence.UNKNOWN
    step = by_name(revision({"checkpoint-500/model.safetensors": safetensors()}))["Model parameters (Intermediate)"]
    assert (step.presence, step.licence) == (Presence.PRESENT, "unlicensed")
    assert all(component(name) for name in found)

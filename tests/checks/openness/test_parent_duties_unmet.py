"""OPN112: agreement, notice and name that a parent's licence asks for."""

from __future__ import annotations

from tests.make.licence_files import LLAMA2
from tests.make.revisions import card, document, judged, revision

from assay.finding import Severity

NOTICE = b"Llama 2 is licensed under the LLAMA 2 Community License, Copyright (c) Meta Platforms, Inc."
CARD = card(license="llama2", base_model="meta-llama/Llama-2-7b-hf")
FAILING = revision({"README.md": CARD})
PASSING = revision({"README.md": CARD, "LICENSE": LLAMA2, "NOTICE.txt": NOTICE})


def named(title, **front):
    body = f"# {title}\n\nWhat it is.\n".encode()
    return card(**front).split(b"# A model")[0] + body


def test_the_finding_says_what_is_missing_where_it_is_asked_for_and_what_to_do():
    [finding] = judged("OPN112", FAILING)
    assert finding.severity is Severity.MEDIUM
    assert set(finding.detail["duties"]) == {"agreement", "notice"}
    assert "section 1(b)(iii)" in finding.message
    assert "NOTICE" in finding.fix


def test_a_notice_with_other_words_is_none():
    [finding] = judged("OPN112", revision({"README.md": CARD, "LICENSE": LLAMA2, "NOTICE": b"Thanks to everybody."}))
    assert set(finding.detail["duties"]) == {"notice"}


def test_the_name_begins_as_llama_asks():
    front = {"license": "llama3.1", "base_model": "meta-llama/Llama-3.1-8B"}
    files = {"LICENSE": b"LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\n" + b"Words. " * 90,
             "NOTICE": b"Llama 3.1 is licensed under the Llama 3.1 Community License"}  # fmt: skip
    [finding] = judged("OPN112", revision({**files, "README.md": named("Hermes 3", **front)}))
    assert (finding.severity, set(finding.detail["duties"])) == (Severity.LOW, {"name"})
    for title in ("Llama-3.1-Hermes", "org/Llama Hermes", "Model card for Hermes", "Introduction"):
        assert judged("OPN112", revision({**files, "README.md": named(title, **front)})) == []


def test_open_parents_unknown_ones_and_distillation_ask_for_nothing_here():
    for front in (
        {"base_model": "mistralai/Mistral-7B-v0.1"},
        {"base_model": "who/knows"},
        {"base_model": "meta-llama/Llama-3.1-8B", "base_model_relation": "distillation"},
    ):
        assert judged("OPN112", revision({"README.md": card(license="mit", **front)})) == []


def test_an_adapter_may_owe_less_and_an_original_nothing():
    adapter = {"README.md": card(license="llama2"),
               "adapter_config.json": document(base_model_name_or_path="meta-llama/Llama-2-7b-hf")}  # fmt: skip
    assert [one.severity for one in judged("OPN112", revision(adapter))] == [Severity.LOW]
    original = {"README.md": card(license="llama2"), "config.json": document(_name_or_path="meta-llama/Llama-2-7b-hf")}
    assert judged("OPN112", revision(original)) == []

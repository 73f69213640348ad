"""Verdict and explanation of the examples that stand for well known models, kept as text and read by people."""

from __future__ import annotations

import textwrap

import pytest
from tests.golden import assert_golden

from assay import examples
from assay.artifact.sources.local import open_local
from assay.assess import assess
from assay.checks.licences import licence
from assay.lineage import lineage, terms

MODELS = ["llama2-like", "code-llama-like", "audiocraft-like", "gemma-like", "bloom-rail-like", "olmo-like",
          "granite-like", "r1-distill-llama-like", "r1-distill-qwen-like"]  # fmt: skip


def explained(name, predicate):
    """Everything that the axis Open rests on, one thing per paragraph."""
    facts = predicate["facts"]
    origin = lineage(facts["lineage"])
    joined = terms(facts["licence"], origin.parents)
    opened = joined.items["open"].value
    verdict = "unresolved" if opened is None else "open" if opened else "not open"
    lines = [name, "", f"licence: {facts['licence'].get('declared', 'none')}"]
    lines += [f"made from: {parent.name} ({parent.relation})" for parent in origin.parents]
    lines += [f"in effect: {verdict}", f"data: {facts['training_data']['verdict']}"]
    lines += [f"framework: {facts['framework']['class']}"]
    lines += [f"  not proven for {wanting}" for wanting in facts["framework"]["wanting"]]
    lines += ["", "terms in effect" if any(term.decided_by for term in joined.items.values()) else "no term restricts"]
    for term in joined.items.values():
        if term.decided_by:
            lines.append(f"  {term.name}: {'not known' if term.value is None else term.value}"
                         f" (by {', '.join(term.decided_by)})")  # fmt: skip
    for finding in predicate["findings"]:
        if finding["axis"] == "open" and finding["outcome"] != "pass":
            lines += ["", f"{finding['rule']}: {finding['outcome']}, {finding['severity']}"]
            lines += textwrap.wrap(finding["message"], 100, initial_indent="  ", subsequent_indent="  ")
            if finding["fix"]:
                lines += textwrap.wrap(f"Fix: {finding['fix']}", 100, initial_indent="  ", subsequent_indent="  ")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def predicates(tmp_path_factory):
    found = {}
    for name in MODELS:
        folder = tmp_path_factory.mktemp(name) / name
        examples.build(name, folder)
        found[name] = assess(open_local(folder)).predicate
    return found


@pytest.mark.parametrize("name", MODELS)
def test_verdict_and_explanation(name, predicates):
    assert_golden(f"openness/{name}.txt", explained(name, predicates[name]))


@pytest.mark.parametrize("name", MODELS)
def test_every_failing_finding_ends_in_a_way_out(name, predicates):
    for finding in predicates[name]["findings"]:
        if finding["axis"] == "open" and finding["outcome"] == "fail":
            assert finding["fix"], finding


def test_the_verdicts_are_what_is_known_of_the_models_they_stand_for(predicates):
    facts = {name: predicate["facts"] for name, predicate in predicates.items()}
    found = {name: terms(one["licence"], lineage(one["lineage"]).parents).known() for name, one in facts.items()}
    assert {name for name, known in found.items() if known.get("open")} == {
        "olmo-like",
        "granite-like",
        "r1-distill-qwen-like",
    }
    llama = lineage(predicates["r1-distill-llama-like"]["facts"]["lineage"]).parents[0]
    assert llama.licence["id"] == "llama3.1"
    assert llama.licence == licence("llama3.1").to_fact()

"""SEC206: templates that reach for Python, wherever they stand; those of the model families do not."""

from __future__ import annotations

import pytest
from tests.make.chat_templates import HIDDEN, INJECTED, ORDINARY
from tests.make.revisions import document, judged, observed, revision

from assay.finding import Outcome, Severity

FAILING = revision({"tokenizer_config.json": document(chat_template=INJECTED[0])})
PASSING = revision({"tokenizer_config.json": document(chat_template=ORDINARY[0])})


@pytest.mark.parametrize("template", INJECTED)
def test_what_reaches_for_python_is_found(template):
    found = judged("SEC206", revision({"tokenizer_config.json": document(chat_template=template)}))
    assert found
    assert found[0].severity is Severity.MEDIUM if "include" in template else Severity.CRITICAL


@pytest.mark.parametrize("template", [*ORDINARY, *HIDDEN])
def test_ordinary_templates_do_not(template):
    assert judged("SEC206", revision({"chat_template.jinja": template.encode()})) == []


@pytest.mark.parametrize(
    "files",
    [
        {"chat_template.jinja": INJECTED[1].encode()},
        {"additional_chat_templates/tools.jinja": INJECTED[1].encode()},
        {"chat_template.json": document(chat_template=INJECTED[1])},
        {"tokenizer_config.json": document(chat_template=[{"name": "default", "template": INJECTED[1]}])},
        {"processor_config.json": document(a={"b": {"chat_template": {"tools": INJECTED[1]}}})},
        {"config.yaml": f"prompt_template: >-\n  {INJECTED[1]}\n".encode()},
        {"model.gguf": observed("gguf", {"chat_templates": [INJECTED[1]]})},
        {"tokenizer_config.json": document(chat_template="{# x #}" * 1000 + INJECTED[1])},
    ],
)
def test_every_place_of_a_template_is_looked_at(files):
    assert judged("SEC206", revision(files))[0].severity is Severity.CRITICAL


def test_a_template_too_long_to_keep_is_unknown():
    files = {"tokenizer_config.json": document(chat_template="x" * 70_000)}
    assert [finding.outcome for finding in judged("SEC206", revision(files))] == [Outcome.UNKNOWN]

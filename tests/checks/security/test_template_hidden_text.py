"""SEC207: templates that slip instructions to the model; default prompts and tool instructions are ordinary."""

from __future__ import annotations

import pytest
from tests.make.chat_templates import HIDDEN, INJECTED, ORDINARY
from tests.make.revisions import document, judged, revision

FAILING = revision({"tokenizer_config.json": document(chat_template=HIDDEN[0])})
PASSING = revision({"tokenizer_config.json": document(chat_template=ORDINARY[0])})


@pytest.mark.parametrize("template", HIDDEN)
def test_hidden_text_is_found(template):
    assert judged("SEC207", revision({"tokenizer_config.json": document(chat_template=template)}))


@pytest.mark.parametrize("template", [*ORDINARY, *INJECTED])
def test_ordinary_text_is_not(template):
    assert judged("SEC207", revision({"chat_template.jinja": template.encode()})) == []

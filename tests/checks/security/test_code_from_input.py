"""SEC309: text from outside that is run."""

from __future__ import annotations

import pytest
from tests.make.code_snippets import snippets
from tests.make.revisions import judged, revision

from assay.finding import Severity

SOURCE = b"def f(x):\n    return eval(x)\n"
FAILING = revision({"modeling_x.py": SOURCE})
PASSING = revision({"modeling_x.py": b"import ast\ndef f(x):\n    return ast.literal_eval(x)\n"})
FLAWED = [snippet for snippet in snippets() if snippet.cwe == 94]
SOUND = [snippet for snippet in snippets() if snippet.cwe != 94]


@pytest.mark.parametrize("snippet", FLAWED, ids=lambda snippet: snippet.name)
def test_each_flaw_is_found_with_its_cwe_and_a_fix(snippet):
    found = judged("SEC309", revision({"modeling_x.py": snippet.source.encode()}))
    assert found
    assert all(finding.detail["cwe"] == 94 and finding.fix for finding in found)


def test_what_is_sound_or_has_another_flaw_is_left_alone():
    for snippet in SOUND:
        assert judged("SEC309", revision({"modeling_x.py": snippet.source.encode()})) == [], snippet.name


def test_code_that_running_the_model_does_not_need_weighs_less():
    [finding] = judged("SEC309", revision({"scripts/train.py": SOURCE}))
    assert finding.severity is Severity.LOW

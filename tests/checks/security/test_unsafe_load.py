"""SEC301: loaders that run what a file says."""

from __future__ import annotations

import pytest
from tests.make.code_snippets import snippets
from tests.make.revisions import judged, revision

from assay.finding import Severity

SOURCE = b"import torch\ntorch.load('a.pt')\n"
FAILING = revision({"modeling_x.py": SOURCE})
PASSING = revision({"modeling_x.py": b"import torch\ntorch.load('a.pt', weights_only=True)\n"})
FLAWED = [snippet for snippet in snippets() if snippet.cwe == 502]
SOUND = [snippet for snippet in snippets() if snippet.cwe != 502]


@pytest.mark.parametrize("snippet", FLAWED, ids=lambda snippet: snippet.name)
def test_each_flaw_is_found_with_its_cwe_and_a_fix(snippet):
    found = judged("SEC301", revision({"modeling_x.py": snippet.source.encode()}))
    assert found
    assert all(finding.detail["cwe"] == 502 and finding.fix for finding in found)


def test_what_is_sound_or_has_another_flaw_is_left_alone():
    for snippet in SOUND:
        assert judged("SEC301", revision({"modeling_x.py": snippet.source.encode()})) == [], snippet.name


def test_code_that_running_the_model_does_not_need_weighs_less():
    [finding] = judged("SEC301", revision({"scripts/train.py": SOURCE}))
    assert finding.severity is Severity.LOW

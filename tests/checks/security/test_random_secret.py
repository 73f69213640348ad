"""SEC313: secrets drawn by a generator for simulations."""

from __future__ import annotations

import pytest
from tests.make.code_snippets import snippets
from tests.make.revisions import judged, revision

from assay.finding import Severity

SOURCE = b"import random\npassword = random.randint(0, 9)\n"
FAILING = revision({"modeling_x.py": SOURCE})
PASSING = revision({"modeling_x.py": b"import secrets\npassword = secrets.token_hex()\n"})
FLAWED = [snippet for snippet in snippets() if snippet.cwe == 330]
SOUND = [snippet for snippet in snippets() if snippet.cwe != 330]


@pytest.mark.parametrize("snippet", FLAWED, ids=lambda snippet: snippet.name)
def test_each_flaw_is_found_with_its_cwe_and_a_fix(snippet):
    found = judged("SEC313", revision({"modeling_x.py": snippet.source.encode()}))
    assert found
    assert all(finding.detail["cwe"] == 330 and finding.fix for finding in found)


def test_what_is_sound_or_has_another_flaw_is_left_alone():
    for snippet in SOUND:
        assert judged("SEC313", revision({"modeling_x.py": snippet.source.encode()})) == [], snippet.name


def test_code_that_running_the_model_does_not_need_weighs_less():
    [finding] = judged("SEC313", revision({"scripts/train.py": SOURCE}))
    assert finding.severity is Severity.LOW


@pytest.mark.parametrize("name", ["token", "key", "seed", "session", "secret_number", "masked_password_sample"])
def test_words_that_models_use_are_no_secrets(name):
    source = f"import random\n{name} = random.choice(table)\n"
    assert judged("SEC313", revision({"modeling_x.py": source.encode()})) == []

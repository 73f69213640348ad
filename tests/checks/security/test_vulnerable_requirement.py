"""SEC208: versions with known holes; what allows the mended one is no fault."""

from __future__ import annotations

import pytest
from tests.make.revisions import judged, revision

from assay.checks.requirements import highest
from assay.finding import Outcome, Severity

FAILING = revision({"requirements.txt": b"numpy\ntorch==2.0.1  # old\n"})
PASSING = revision({"requirements.txt": b"torch>=2.0\nkeras==3.12.0\n-r other.txt\nnumpy\n# torch==1.0\n"})


def test_the_line_and_the_mended_version_are_told():
    [finding] = judged("SEC208", FAILING)
    assert finding.location == "line 2"
    assert finding.fix == "Ask for torch>=2.6.0."
    assert finding.severity is Severity.MEDIUM


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("requirements-dev.txt", "torch[opt]==2.0.1; python_version > '3.8'"),
        ("requirements.txt", "Llama_CPP.Python == 0.2.60"),
        ("requirements.txt", "torch<2.6"),
        ("requirements.txt", "keras~=3.8.0"),
        ("requirements.txt", "pyarrow==13.*"),
        ("requirements.txt", "torch @ https://download.pytorch.org/x ; extra\ntorch==2.1.0 --hash=sha256:00"),
        ("environment.yml", "dependencies:\n- python=3.10\n- pip:\n  - torch==2.0.1\n"),
        ("pyproject.toml", "[project]\nname='x'\ndependencies = ['torch==2.0.1']\n"),
    ],
)
def test_every_file_and_form_is_read(path, text):
    assert len(judged("SEC208", revision({path: text.encode()}))) == 1


@pytest.mark.parametrize(
    "text", ["torch==2.6.0", "torch==2.6.0+cu124", "torch!=2.0", "torch<3", "torchvision==0.1", "torch~=2.6"]
)
def test_mended_versions_are_at_most_low(text):
    found = judged("SEC208", revision({"requirements.txt": text.encode()}))
    assert all(item.severity is Severity.LOW for item in found)


def test_bounds():
    assert highest("a>=1,<2") == ((2,), False)
    assert highest("a==1.2.0") == ((1, 2), True)
    assert highest("a") is None
    assert highest("a>1") is None


def test_requirements_that_are_too_long_to_keep_are_unknown():
    found = judged("SEC208", revision({"requirements.txt": b"# x\n" * 20_000}))
    assert [item.outcome for item in found] == [Outcome.UNKNOWN]

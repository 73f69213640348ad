"""SEC210: other indexes and addresses; those of the big projects weigh nothing."""

from __future__ import annotations

import pytest
from tests.make.revisions import judged, revision

from assay.finding import Severity

FAILING = revision({"requirements.txt": b"--extra-index-url https://pypi.evil.example/simple\nx\n"})
PASSING = revision(
    {
        "requirements.txt": b"--extra-index-url https://download.pytorch.org/whl/cu124\ntorch\n"
        b"flash-attn @ https://github.com/Dao-AILab/flash-attention/releases/download/v2/x.whl\n-e .\n"
    }
)


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("--index-url http://pypi.example/simple", Severity.HIGH),
        ("-i https://pypi.evil.example/simple", Severity.MEDIUM),
        ("--trusted-host pypi.evil.example", Severity.MEDIUM),
        ("git+http://evil.example/x.git", Severity.HIGH),
        ("x @ http://evil.example/x.whl", Severity.HIGH),
        ("https://evil.example/x.whl", Severity.MEDIUM),
        ("git+https://github.com/huggingface/transformers", Severity.LOW),
        ("git+https://github.com/huggingface/transformers@main", Severity.LOW),
    ],
)
def test_weights(line, severity):
    assert [item.severity for item in judged("SEC210", revision({"requirements.txt": line.encode()}))] == [severity]


def test_a_commit_is_pinned():
    line = b"transformers @ git+https://github.com/huggingface/transformers@0123456789abcdef0123456789abcdef01234567\n"
    assert judged("SEC210", revision({"requirements.txt": line})) == []

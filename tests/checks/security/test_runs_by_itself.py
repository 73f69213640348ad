"""SEC202: what runs because of its name."""

from __future__ import annotations

import pytest
from tests.make.revisions import judged, revision

from assay.finding import Severity

FAILING = revision({"sitecustomize.py": b"x = 1\n"})
PASSING = revision(
    {
        "modeling_x.py": b"import datasets\nds = datasets.load_dataset('a')\n",
        "setup.py": b"from setuptools import setup, find_packages\nsetup(name='x', packages=find_packages())\n",
        "weights.pth": b"../src\n",
        "pyproject.toml": b"[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n",
    }
)
SETUP = b"""import os
from setuptools import setup
from setuptools.command.install import install
class Post(install):
    def run(self):
        os.system("id")
        super().run()
setup(cmdclass={"install": Post})
"""


@pytest.mark.parametrize(
    ("path", "content", "severity"),
    [
        ("usercustomize.py", b"", Severity.HIGH),
        ("a.pth", b"import os; os.getcwd()\n", Severity.HIGH),
        ("custom_generate/generate.py", b"def generate(model): ...\n", Severity.MEDIUM),
        ("corpus.py", b"import datasets\nclass C(datasets.GeneratorBasedBuilder): ...\n", Severity.MEDIUM),
        ("corpus.py", b"from datasets import GeneratorBasedBuilder as G\nclass C(G): ...\n", Severity.MEDIUM),
        ("handler.py", b"class EndpointHandler:\n    def __call__(self, data): ...\n", Severity.LOW),
        ("setup.py", SETUP, Severity.HIGH),
        (
            "pyproject.toml",
            b"[build-system]\nbuild-backend = 'b'\nbackend-path = ['.']\nrequires = []\n",
            Severity.MEDIUM,
        ),
    ],
)
def test_it_is_told_by_weight(path, content, severity):
    assert [item.severity for item in judged("SEC202", revision({path: content}))] == [severity]

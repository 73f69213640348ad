"""A planted upward import, a network in a reader, a framework in a check: each breaks the contract that names it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOWN = "Imports go down only"
PURE = "Checks and readers touch no network, process, database, pickle or framework"
EDGES = "Only the command line knows the terminal; only egress knows the network"


@pytest.fixture
def linted(tmp_path):
    """Lint a copy of the package with one file changed; return exit code and output."""

    def lint(file=None, plant=""):
        shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", tmp_path)
        if file is not None:
            place = tmp_path / "src" / "assay" / file
            place.write_text((place.read_text() if place.exists() else '"""Planted."""\n') + f"\n{plant}\n")
        command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
        path = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path / "src"), "NO_COLOR": "1", "COLUMNS": "200"}
        done = subprocess.run(command, cwd=tmp_path, env=path, capture_output=True, text=True, check=False)
        assert str(ROOT / "src") not in done.stdout
        return done.returncode, " ".join(done.stdout.split())

    return lint


def test_the_package_as_it_is_keeps_every_contract(linted):
    code, said = linted()
    assert code == 0, said
    assert all(f"{name} KEPT" in said for name in (DOWN, PURE, EDGES))


@pytest.mark.parametrize(
    ("file", "plant", "contract", "named"),
    [
        ("artifact/blob.py", "import assay.cli.main", DOWN, "assay.artifact is not allowed to import assay.cli"),
        ("errors.py", "from assay import canonical", DOWN, "assay.errors is not allowed to import assay.canonical"),
        ("checks/licences.py", "import assay.fixes", DOWN, "assay.checks is not allowed to import assay.fixes"),
        ("helpers.py", "", DOWN, "assay.helpers"),
        ("checks/security/zip_tricks.py", "import socket", PURE, "assay.checks is not allowed to import socket"),
        ("checks/security/planted.py", "import torch", PURE, "assay.checks is not allowed to import torch"),
        ("artifact/readers/pickle.py", "import pickle", PURE, "assay.artifact.readers is not allowed to import pickle"),
        ("artifact/magic.py", "import subprocess", PURE, "is not allowed to import subprocess"),
        ("policy/decide.py", "import http.client", EDGES, "assay.policy is not allowed to import http"),
        ("reports/scan.py", "def f():\n    import argparse", EDGES, "assay.reports is not allowed to import argparse"),
    ],
)
def test_a_planted_import_breaks_the_contract_that_names_it(linted, file, plant, contract, named):
    code, said = linted(file, plant)
    assert code != 0
    assert f"{contract} BROKEN" in said
    assert named in said


def test_the_linter_can_fail_make_check():
    recipe = (ROOT / "Makefile").read_text().split("\ncheck:", 1)[1].split("\n\n", 1)[0]
    (line,) = [line for line in recipe.splitlines() if "lint-imports" in line]
    assert " | " not in line, "a pipe hides the exit code"

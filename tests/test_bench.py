"""Every benchmark runs and prints the shape that others rely on; no target is judged here."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"
SCRIPTS = sorted(path.name for path in BENCH.glob("*.py") if path.name != "all.py")
HUB = {"blobs.py", "rejudge.py", "transfer.py", "xet.py"}
"""Scripts about the hub, which like its tests run in `make test` only."""
RIVALS = {"transfer.py": "nginx"}
"""Programs that a script compares with, where they are not Python's."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in HUB else []) for name in SCRIPTS]
)
def test_a_benchmark_runs_and_prints_its_figures(name, require):
    if name in RIVALS:
        require(RIVALS[name], shutil.which(RIVALS[name]) is not None, f"{RIVALS[name]} is not installed")
    done = subprocess.run(
        [sys.executable, BENCH / name, "--quick"], check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.strip().splitlines()[-1])
    assert result.keys() == {"bench", "figures"}
    assert result["figures"]
    for figure in result["figures"]:
        assert figure.keys() == {"name", "value", "unit", "target", "met"}
        assert figure["met"] is None

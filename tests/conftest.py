"""What many tests need: the command as people run it, examples on disk, and parts that a machine may lack."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import settings

from assay.examples import build, names

HERE = Path(__file__).parent
# Times are for `bench/`: on a busy machine one example out of many may well take long. What is tried is the same each
# time, so that a change is told from chance; `HYPOTHESIS_PROFILE=search` tries something else.
settings.register_profile("assay", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "assay"))


def require(name, available, reason):
    """Skip where `name` is missing, or fail when `ASSAY_REQUIRE` (names, joined by commas) says it must be there."""
    if available:
        return
    demanded = [item.strip() for item in os.environ.get("ASSAY_REQUIRE", "").split(",")]
    if name in demanded:
        pytest.fail(f"{name} is demanded by ASSAY_REQUIRE, but {reason}", pytrace=False)
    pytest.skip(f"{name}: {reason}", allow_module_level=True)


def pytest_collection_modifyitems(items):
    """Tests of the hub start servers, databases and children: they run in `make test`, not in `make check`."""
    for item in items:
        if {"hub", "store", "worker"} & set(item.path.relative_to(HERE).parts[:1]):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(name="require", scope="session")
def _require():
    return require


class Ran(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


class Assay:
    """The `assay` command in a process of its own, with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.command = [sys.executable, "-m", "assay"]

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ}
        return {**kept, "HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / ".config"), **more}

    def start(self, *arguments, env=None, **options) -> subprocess.Popen:
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        command = [*self.command, *map(os.fspath, arguments)]
        return subprocess.Popen(command, env=self.environment(**(env or {})), **{**pipes, **options})

    def __call__(self, *arguments, env=None, timeout=60, **options) -> Ran:
        with self.start(*arguments, env=env, **options) as process:
            try:
                out, err = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        said = Ran(process.returncode, (out or b"").decode(), (err or b"").decode())
        assert "Traceback" not in said.err, said.err
        return said


@pytest.fixture
def assay(tmp_path_factory):
    return Assay(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def example_folders(tmp_path_factory):
    """Every example by name, made once; tests must not write there."""
    root = tmp_path_factory.mktemp("examples")
    for name in names():
        build(name, root / name)
    return {name: root / name for name in names()}

"""The command, a direct call, a child and a process pool state the same about every example, byte for byte."""

import hashlib
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from assay.artifact.sources.local import open_local
from assay.assess import assess
from assay.examples import names
from assay.isolate.parent import assess_isolated

POISON = ("torch", "numpy", "sklearn", "transformers", "pandas", "joblib", "safetensors")

STATE = """
import sys
from pathlib import Path
from assay.artifact.sources.local import open_local
from assay.assess import assess
for folder in sys.argv[1:]:
    sys.stdout.write(assess(open_local(Path(folder))).statement.hex() + "\\n")
"""

# Everything that Assay itself needs is loaded before the watch begins; what is seen then is the artifact's doing.
WATCHED = (
    """
import encodings.utf_16, sys
from pathlib import Path
from assay.artifact.readers import readers
from assay.artifact.sources.local import open_local
from assay.assess import assess
from assay.checks import checks
from assay.rules import rules_digest
readers(), checks(), rules_digest()
for folder in sys.argv[1:]:
    assess(open_local(Path(folder)))
seen, watching = [], True
FORBIDDEN = ("exec", "import", "pickle.find_class", "marshal.", "socket.", "subprocess.", "os.system", "os.exec",
             "os.fork", "os.posix_spawn", "os.spawn", "ctypes.dlopen", "urllib.", "code.__new__")
def watch(event, arguments):
    if watching and event.startswith(FORBIDDEN):
        seen.append([event, repr(arguments)[:200]])
    if watching and event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        seen.append([event, repr(arguments)[:200]])
sys.addaudithook(watch)
for folder in sys.argv[1:]:
    assess(open_local(Path(folder)))
watching = False
"""
    "import json; print(json.dumps(sorted(seen)))"
)  # fmt: skip


def direct(folder):
    return assess(open_local(Path(folder))).statement


def stated(folders, *, env=None, cwd=None):
    """Return the statements that a fresh interpreter makes about `folders`."""
    command = [sys.executable, "-c", STATE, *map(str, folders)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=cwd, env={**os.environ, **(env or {})}
    )
    return [bytes.fromhex(line) for line in done.stdout.split()]


@pytest.fixture(scope="module")
def statements(example_folders):
    """What a direct call states, by example."""
    return {name: direct(folder) for name, folder in example_folders.items()}


@pytest.fixture
def poison(tmp_path):
    """A folder of packages that leave a mark and fail when they are imported."""
    folder = tmp_path / "poison"
    for name in POISON:
        (folder / name).mkdir(parents=True)
        mark = tmp_path / f"{name} was imported"
        (folder / name / "__init__.py").write_text(f"open({str(mark)!r}, 'w')\nraise RuntimeError('poisoned')\n")
    return folder


@pytest.mark.parametrize("name", names())
def test_the_command_and_the_child_state_what_a_direct_call_states(name, assay, example_folders, statements):
    folder = example_folders[name]
    assert assess_isolated(open_local(folder)).statement == statements[name]
    ran = assay("scan", folder, "--format", "json")
    assert json.loads(ran.out)["statement"]["digest"] == hashlib.sha256(statements[name]).hexdigest(), ran.err


def test_a_process_pool_states_the_same(example_folders, statements):
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        pooled = dict(zip(example_folders, pool.map(direct, example_folders.values()), strict=True))
    assert pooled == statements


def test_frameworks_that_are_there_change_nothing_and_are_never_imported(
    assay, tmp_path, poison, example_folders, statements
):
    folders = list(example_folders.values())
    path = os.pathsep.join(filter(None, (str(poison), os.environ.get("PYTHONPATH"))))
    assert stated(folders, env={"PYTHONPATH": path}) == list(statements.values())
    name = "llama2-finetune-mit"
    ran = assay("scan", example_folders[name], "--format", "json", env={"PYTHONPATH": path})
    assert json.loads(ran.out)["statement"]["digest"] == hashlib.sha256(statements[name]).hexdigest()
    assert [path.name for path in tmp_path.iterdir()] == ["poison"]


@pytest.mark.parametrize(
    "env",
    [
        {"PYTHONHASHSEED": "1", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu"},
        {"PYTHONHASHSEED": "4242", "LC_ALL": "C", "TZ": "America/Caracas", "PYTHONUTF8": "0", "HOME": "/nowhere"},
        {"PYTHONOPTIMIZE": "1", "PYTHONHASHSEED": "7"},
    ],
)
def test_neither_environment_nor_place_changes_a_statement(tmp_path, env, example_folders, statements):
    assert stated(example_folders.values(), env=env, cwd=tmp_path) == list(statements.values())


def test_neither_times_nor_order_on_disk_nor_permissions_change_a_statement(tmp_path, example_folders, statements):
    for name, folder in example_folders.items():
        copy = tmp_path / name
        for path in sorted(folder.rglob("*"), reverse=True):
            place = copy / path.relative_to(folder)
            if path.is_file():
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, place)
                os.utime(place, (1, 1))
                place.chmod(0o600)
        assert direct(copy) == statements[name]


def test_where_a_folder_lies_and_what_it_is_called_does_not_enter_a_statement(tmp_path, example_folders, statements):
    for name, folder in example_folders.items():
        copy = shutil.copytree(folder, tmp_path / "another name" / f"x{name}")
        (copy / ".git").mkdir()
        (copy / ".git" / "config").write_text("[core]\n")
        assert direct(copy) == statements[name]
        shutil.rmtree(copy)


def test_an_example_is_the_same_whenever_it_is_made(tmp_path, assay, statements):
    for name in names():
        assert assay("example", name, tmp_path / name).code == 0
        assert direct(tmp_path / name) == statements[name]


def test_without_docstrings_there_are_no_rules_to_judge_by(example_folders):
    with pytest.raises(subprocess.CalledProcessError) as caught:
        stated(example_folders.values(), env={"PYTHONOPTIMIZE": "2"})
    assert "has no docstring" in caught.value.stderr


def test_nothing_is_run_imported_unpickled_or_sent_while_an_artifact_is_assessed(example_folders):
    command = [sys.executable, "-c", WATCHED, *map(str, example_folders.values())]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []

"""The command as a whole: help, version, what they import, and streams that are closed, full or hung up."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assay import __version__
from assay.cli.main import command_names

HEAVY = ("yaml", "cryptography", "numpy", "cel", "assay.checks", "assay.artifact", "assay.policy", "assay.statements")
FULL = Path("/dev/full")
COMMANDS = command_names()


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["scan", "--help"]])
def test_version_and_help_import_nothing_heavy(assay, arguments):
    ran = assay(*arguments, env={"PYTHONPROFILEIMPORTTIME": "1"})
    imported = {line.rpartition("|")[2].strip() for line in ran.err.splitlines()}
    assert "assay.cli.main" in imported
    assert [name for name in imported if any(name == one or name.startswith(f"{one}.") for one in HEAVY)] == []


def test_version(assay):
    assert assay("--version") == (0, f"assay {__version__}\n", "")


def test_help_names_every_command_and_every_exit_code(assay):
    ran = assay("--help")
    assert (ran.code, ran.err) == (0, "")
    assert all(re.search(rf"\n +{name}\s", ran.out) for name in COMMANDS)
    assert all(f"\n  {code}  " in ran.out for code in (0, 1, 2, 3))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(assay, name):
    ran = assay(name, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"usage: assay {name} ")


@pytest.mark.parametrize("arguments", [[], ["no-such-command"], ["scan"], ["scan", "x", "--no-such-option"]])
def test_a_command_line_that_makes_no_sense_is_2(assay, arguments):
    ran = assay(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err


def shell(assay, line, folder):
    """Run a line of shell in which `assay` is the command and `$1` the folder."""
    script = f'set -o pipefail; assay() {{ "{sys.executable}" -m assay "$@"; }}; {line}'
    command = ["bash", "-c", script, "bash", str(folder)]
    done = subprocess.run(command, env=assay.environment(), capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done


def test_a_reader_that_has_seen_enough_is_no_crash(assay, example_folders):
    done = shell(assay, 'assay scan "$1" --format html | head -c 10 >/dev/null', example_folders["leaky"])
    assert done.returncode in (1, 2)
    assert done.stderr == ""


def test_closed_streams_change_neither_verdict_nor_code(assay, example_folders):
    assert shell(assay, 'assay scan "$1" >&-', example_folders["apache-clean"]).returncode == 0
    assert shell(assay, 'assay scan "$1" >&- 2>&- <&-', example_folders["leaky"]).returncode == 1
    done = shell(assay, "assay scan no-such-path 2>&-", example_folders["leaky"])
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
def test_a_full_disk_behind_stdout_is_2(assay, example_folders):
    done = shell(assay, 'assay scan "$1" >/dev/full', example_folders["apache-clean"])
    assert done.returncode == 2
    assert "No space left" in done.stderr


def test_what_programs_read_is_utf8_whatever_the_terminal_speaks(assay, tmp_path):
    (tmp_path / "größe.json").write_text("{}")
    for format_, shown in (("json", "größe.json"), ("html", "✓"), ("md", "✓")):
        ran = assay("scan", tmp_path, "--format", format_, env={"PYTHONIOENCODING": "ascii"})
        assert shown in ran.out
    ran = assay("scan", tmp_path, env={"PYTHONIOENCODING": "ascii"})
    assert ran.out.isascii()


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_ctrl_c_during_a_scan_leaves_nothing(assay, tmp_path):
    model, out, scratch = tmp_path / "model", tmp_path / "out", tmp_path / "tmp"
    for folder in (model, out, scratch):
        folder.mkdir()
    with (model / "weights.bin").open("wb") as file:
        file.truncate(40 << 30)  # a hole: a long time to hash
    arguments = ("scan", model, "--format", "html", "-o", out / "report.html")
    with assay.start(*arguments, env={"TMPDIR": str(scratch)}, start_new_session=True) as process:
        time.sleep(1)
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=20)[1].decode()
    assert process.returncode == 130
    assert said == "assay: interrupted\n"
    assert list(out.iterdir()) + list(scratch.iterdir()) == []
    with pytest.raises(ProcessLookupError):  # the child is gone too
        os.killpg(process.pid, 0)

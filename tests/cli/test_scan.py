"""`assay scan` as a contract: exit codes, the same for every format; whole answers or none; clear refusals."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.make.licence_files import APACHE
from tests.make.pickle_parts import SHELL
from tests.make.revisions import card, safetensors

from assay.cli.answer import exit_code
from assay.cli.main import main
from assay.isolate import process

FORMATS = ("html", "json", "md", "sarif", "text")
LIMITED = """
import resource, signal, sys
sys.dont_write_bytecode = True  # half a file of it would stay
from assay.cli.main import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
raise SystemExit(main(sys.argv[1:]))
"""
"""A command that can write no more than a thousand bytes to a file."""
FULL = Path("/dev/full")


def folder(path, **files):
    path.mkdir()
    for name, data in files.items():
        (path / name.replace("__", ".")).write_bytes(data)
    return path


@pytest.fixture
def models(tmp_path):
    """One folder for each exit code that a verdict has."""
    return {
        0: folder(
            tmp_path / "clean", model__safetensors=safetensors(), README__md=card(license="apache-2.0"), LICENSE=APACHE
        ),
        1: folder(tmp_path / "shell", weights__bin=SHELL, config__json=b"{"),
        3: folder(tmp_path / "broken", tokenizer__json=b"[1, 2", README__md=card(license="apache-2.0"), LICENSE=APACHE),
    }


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run the command in this process; its child is a process all the same."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def call(*arguments):
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return call


@pytest.mark.parametrize("code", [0, 1, 3])
def test_the_exit_code_is_the_same_for_every_format(run, models, code):
    for format_ in FORMATS:
        assert run("scan", models[code], "--format", format_)[0] == code


def test_a_refusal_outranks_what_could_not_be_read(run, models):
    code, out, _ = run("scan", models[1], "--format", "json")
    scan = json.loads(out)
    assert scan["not_judged"]
    assert scan["verdict"]["outcome"] == "refuse"
    assert code == 1


def test_fail_on_moves_the_bar_and_never_forgives_a_refusal(run, example_folders, models):
    locked = example_folders["vendor-engine-only"]
    scan = json.loads(run("scan", locked, "--format", "json")[1])
    severities = {one["severity"] for one in scan["findings"] if one["outcome"] == "fail"}
    assert exit_code({**scan, "verdict": {"outcome": "admit"}}, "critical") in (0, 3)
    assert (
        exit_code(
            {**scan, "verdict": {"outcome": "admit"}}, min(severities, key=("info low medium high critical").index)
        )
        == 1
    )
    assert run("scan", models[1], "--fail-on", "critical")[0] == 1


def test_an_output_file_holds_what_stdout_would_have_shown(run, models, tmp_path):
    for format_ in ("json", "sarif", "html", "md"):
        code, out, _ = run("scan", models[0], "--format", format_)
        assert run("scan", models[0], "--format", format_, "-o", tmp_path / "report") == (code, "", "")
        assert (tmp_path / "report").read_text() == out
        assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["report"]


def test_an_output_file_keeps_the_usual_permissions(run, models, tmp_path):
    run("scan", models[0], "-o", tmp_path / "report")
    (tmp_path / "plain").write_text("")
    assert (tmp_path / "report").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("place", ["no-such-folder/report", ".", "x" * 300])
def test_an_output_that_cannot_be_written_is_2_and_leaves_nothing(run, models, tmp_path, place):
    target = tmp_path / "out" / place
    (tmp_path / "out").mkdir()
    code, out, err = run("scan", models[0], "-o", target)
    assert (code, out) == (2, "")
    assert "cannot write" in err
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
def test_a_full_device_is_2_and_stays_a_device(run, models):
    code, _, err = run("scan", models[0], "-o", FULL)
    assert code == 2
    assert "No space left" in err
    assert FULL.is_char_device()


def test_a_disk_that_fills_up_leaves_the_old_report_and_no_draft(assay, models, tmp_path):
    report = tmp_path / "report.html"
    report.write_text("the old one")
    command = [sys.executable, "-c", LIMITED, "scan", models[0], "--format", "html", "-o", report]
    done = subprocess.run(command, env=assay.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "cannot write" in done.stderr
    assert report.read_text() == "the old one"
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["report.html"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "pdf"], "pdf"),
        (["--policy", "no-such-policy"], "no-such-policy"),
        (["--policy", "{broken}"], "broken.yaml: line 3"),
        (["--policy", "{alias}"], "anchors and aliases"),
        (["--policy", "{cel}"], "cel.yaml, line 2"),
        (["--policy", "{folder}"], "directory"),
        (["--key", "{broken}"], "PEM"),
        (["--key", "no-such-key"], "no-such-key"),
        (["--timeout", "0"], "--timeout"),
        (["--timeout", "nan"], "--timeout"),
        (["--timeout", "1e300"], "--timeout"),
        (["--memory", "1"], "--memory"),
        (["--memory", "99999999999999999999"], "--memory"),
    ],
)
def test_what_makes_no_sense_is_2_for_every_format(run, models, tmp_path, arguments, said):
    places = {"folder": tmp_path}
    for name, text in (
        ("broken", "name: x\ndeny: [\n"),
        ("alias", "name: &a x\nabout: *a\n"),
        ("cel", "name: x\ndeny: [{name: y, when: 'secure.ok &&', say: z}]\n"),
    ):
        places[name] = tmp_path / f"{name}.yaml"
        places[name].write_text(text)
    filled = [argument.format(**places) for argument in arguments]
    formats = FORMATS if arguments[0] == "--policy" and "broken" in arguments[1] else ("json",)
    for format_ in formats:
        code, out, err = run("scan", models[0], "--format", format_, *filled)
        assert (code, out) == (2, "")
        assert said in err
        assert err.startswith("assay: ")


def test_time_that_runs_out_is_3_and_says_where(run, models, tmp_path):
    for format_ in ("json", "text"):
        code, out, err = run("scan", models[0], "--format", format_, "--timeout", "0.001", "-o", tmp_path / "report")
        assert (code, out) == (3, "")
        assert err.startswith("assay: could not judge ")
        assert "time limit" in err
        assert "--timeout" in err
        assert not (tmp_path / "report").exists()


def test_memory_that_runs_out_is_3_and_says_where(run, tmp_path):
    text = "{" + ",".join(f'"key {i}":"value {i}"' for i in range(1_050_000)) + "}"
    model = folder(tmp_path / "model", vocab__json=text.encode())
    code, out, err = run("scan", model, "--format", "json", "--memory", "256")
    assert (code, out) == (3, "")
    assert "could not judge vocab.json" in err
    assert "memory" in err


@pytest.mark.parametrize(
    "command", [["scan"], ["attest"], ["policy", "test", "default"], ["explain", "SEC101", "--trace"], ["fix"]]
)
def test_every_command_that_judges_says_3_when_judging_fails(run, models, monkeypatch, command):
    dying = (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")
    monkeypatch.setattr(process, "_command", lambda _entry: dying)
    code, _, err = run(*command, models[0])
    assert code == 3
    assert "could not judge" in err
    assert "signal 9" in err

"""Both engines give what the reference runner gives, bit for bit, and touch nothing else on the machine."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from assay.evals.engines import names
from assay.statements.evidence import FOLDER, read_evidence

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PYTHON = Path(os.environ.get("ASSAY_ENGINES_PYTHON", ROOT / ".engines" / "bin" / "python"))
TEMPTATIONS = {"INSPECT_TELEMETRY": "nowhere.send", "INSPECT_LOG_DIR": "s3://logs", "HF_ENDPOINT": "http://192.0.2.1"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python(require):
    require("engines", PYTHON.exists(), f"{PYTHON} is missing: run make engines")
    return PYTHON


@pytest.fixture(scope="module", params=names())
def ran(request, python, tmp_path_factory):
    """What the script of cases prints, told by the environment and by a file to report elsewhere."""
    folder = tmp_path_factory.mktemp("engine")
    (folder / ".env").write_text("INSPECT_TELEMETRY=nowhere.send\n")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    done = subprocess.run(
        [python, HERE / "conformance.py", request.param],
        check=False, env=environment | TEMPTATIONS, cwd=folder, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [path.name for path in folder.iterdir()] == [".env"]
    return json.loads(done.stdout)


CASES = {
    "greedy, a benchmark that ships": "samples",
    "greedy, one by one, some of them": "samples",
    "drawn, a benchmark that ships": "samples",
    "greedy, version 2, with samples shown first": "samples",
    "drawn, version 2": "samples",
    "likelihoods": "samples",
    "likelihoods, some failed": "samples",
    "talks": "samples",
    "strange prompts": "samples",
    "strange answers": "samples",
    "some fail": "samples",
    "all fail": "no sample of sums could be answered",
    "the model is useless": "the key is refused",
    "too few answers": "the model gave 3 answers to 4 prompts",
}


@pytest.mark.parametrize("case", CASES)
def test_samples_tokens_calls_and_errors_are_the_same(ran, case):
    alike, *said = ran["cases"][case]
    assert alike, said
    assert CASES[case] in str(said)


def test_a_run_that_was_killed_goes_on(ran):
    alike, asked_again = ran["cases"]["killed"]
    assert alike
    assert 0 < asked_again < 40


def test_no_case_is_left_out(ran):
    assert ran["cases"].keys() == {*CASES, "killed"}


def test_no_network_no_program_no_file_elsewhere(ran):
    assert ran["seen"] == []


def test_the_command_line_gives_the_same_root(python, assay, tmp_path):
    assay.command = [str(python), "-m", "assay"]
    told = {"ASSAY_KEY": str(tmp_path / "key.pem"), "PYTHONPATH": str(ROOT / "src")}
    model = tmp_path / "model"
    assert assay("example", "apache-clean", model, env=told).code == 0
    for more in ((), *(("--harness", name) for name in names())):
        done = assay("eval", "next-letter", model, "--batch-size", "8", *more, env=told)
        assert done.code == 0, done.err
    found = [one.statement().predicate for one in read_evidence(model / FOLDER).envelopes]
    assert {one["harness"]["name"] for one in found} == {"assay", "inspect_ai", "lm_eval"}
    assert len({one["samples"]["merkle_root"] for one in found}) == 1
    carried = [one["harness"] for one in found if one["harness"]["name"] != "assay"]
    assert len({one["task_digest"] for one in carried}) == 1

"""A run that was killed goes on where it stood, and ends in the same log and root as if nothing had happened."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from assay.errors import EvaluationError
from assay.evals import Journal, run, shipped
from assay.evals.answers import read_line
from assay.evals.journal import Spent
from assay.evals.models.replay import ReplayModel
from assay.statements.predicates import result

BENCHMARK = shipped("next-letter")
HERE = {"os": "any", "arch": "any", "python": "3.11.0", "numpy": "none"}
MODEL = ReplayModel({item.input: item.target for item in BENCHMARK.items})

KILLED = """
import sys, time
from pathlib import Path
from assay.evals import Journal, run, shipped
from assay.evals.models.replay import ReplayModel

class Slow(ReplayModel):
    def generate(self, prompts, sampling):
        time.sleep(0.02)
        return ReplayModel.generate(self, prompts, sampling)

suite = shipped("next-letter")
model = Slow({item.input: item.target for item in suite.items})
here = {"os": "any", "arch": "any", "python": "3.11.0", "numpy": "none"}
with Journal(Path(sys.argv[1]), interval=0) as journal:
    run(suite, model, environment=here, batch_size=3, journal=journal)
"""


def plain(model=MODEL, **options):
    return run(BENCHMARK, model, environment=HERE, batch_size=3, **options)


class DyingError(Exception):
    """Stands for whatever ends a process."""


class Mortal(ReplayModel):
    """Answers a few batches, and then no more."""

    left = 0

    def generate(self, prompts, sampling):
        Mortal.left -= 1
        if Mortal.left < 0:
            raise DyingError
        return ReplayModel.generate(self, prompts, sampling)


def dies_after(batches, folder):
    Mortal.left = batches
    with pytest.raises(DyingError), Journal(folder, interval=0) as journal:
        plain(Mortal(MODEL.answers), journal=journal)


def test_a_killed_run_goes_on_and_gives_the_same_root_and_log(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)])
    log = tmp_path / "samples.jsonl"
    deadline = time.monotonic() + 30
    while not log.exists() or log.read_bytes().count(b"\n") < 10:
        assert time.monotonic() < deadline
        assert child.poll() is None
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    (tmp_path / "spent.part").write_bytes(b"torn")
    seen = []
    with Journal(tmp_path) as journal:
        resumed = plain(journal=journal, on_progress=seen.append)
    assert seen[0].done > 10
    whole = plain()
    assert resumed.predicate["samples"] == whole.predicate["samples"]
    assert resumed.predicate["metrics"] == whole.predicate["metrics"]
    assert resumed.predicate["evaluator"]["attempts_index"] == 1
    digest = whole.predicate["samples"]["log_digest"]
    raw = (tmp_path / f"{digest}.jsonl").read_bytes()
    assert hashlib.sha256(raw).hexdigest() == digest
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["attempts", f"{digest}.jsonl"])


@pytest.mark.parametrize("batches", [0, 1, 7, 19])
def test_only_whole_batches_are_kept_and_nothing_is_asked_twice(tmp_path, batches):
    dies_after(batches, tmp_path)
    with (tmp_path / "samples.jsonl").open("ab") as file:
        file.write(b'{"torn')
    Mortal.left = 20 - batches
    with Journal(tmp_path) as journal:
        resumed = plain(Mortal(MODEL.answers), journal=journal)
    assert Mortal.left == 0
    assert resumed.predicate["samples"] == plain().predicate["samples"]


def test_what_it_took_before_counts(tmp_path):
    dies_after(5, tmp_path)
    (tmp_path / "spent.json").write_text("[100.0, 50.0]")
    with Journal(tmp_path) as journal:
        cost = plain(journal=journal).predicate["cost"]
    assert float(cost["wall_s"]) >= 100
    assert float(cost["cpu_s"]) >= 50
    assert cost["tokens_out"] == 60


def test_each_beginning_is_counted_and_a_going_on_is_not(tmp_path):
    for expected in (1, 2):
        with Journal(tmp_path) as journal:
            outcome = plain(journal=journal)
        assert outcome.predicate["evaluator"]["attempts_index"] == expected
    dies_after(3, tmp_path)
    with Journal(tmp_path) as journal:
        assert plain(journal=journal).predicate["evaluator"]["attempts_index"] == 3
    result.validate(outcome.predicate)


def test_another_run_does_not_go_on_here(tmp_path):
    dies_after(3, tmp_path)
    with Journal(tmp_path) as journal, pytest.raises(EvaluationError, match="another run lies in") as caught:
        run(BENCHMARK, MODEL, environment=HERE, batch_size=4, journal=journal)
    assert "--journal" in caught.value.hint()


@pytest.mark.skipif(sys.platform == "win32", reason="files are not locked there")
def test_two_runs_do_not_share_a_journal(tmp_path):
    with Journal(tmp_path) as one, Journal(tmp_path) as other:
        one.open({}, 1)
        with pytest.raises(EvaluationError, match="another run is writing"):
            other.open({}, 1)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: line.replace(b'"score":"1"', b'"score":"0"'),
        lambda line: line.replace(b'"text":"', b'"text":"x'),
        lambda line: b"{}\n",
        lambda line: b'{"sample":' + line[10:],
        lambda line: line.replace(b'"tokens":[', b'"tokens":[7.5,'),
    ],
)
def test_a_journal_that_was_changed_is_refused(tmp_path, spoil):
    dies_after(3, tmp_path)
    log = tmp_path / "samples.jsonl"
    first, *rest = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(spoil(first) + b"".join(rest))
    with Journal(tmp_path) as journal, pytest.raises(EvaluationError, match="line 1"):
        plain(journal=journal)


def test_a_line_of_the_log_is_the_leaf_with_the_text(tmp_path):
    answers = []
    with Journal(tmp_path) as journal:
        digest = plain(journal=journal, on_answer=answers.append).predicate["samples"]["log_digest"]
    lines = (tmp_path / f"{digest}.jsonl").read_bytes().splitlines(keepends=True)
    assert [read_line(line, "a line") for line in lines] == answers
    first = json.loads(lines[0])
    assert first.keys() == {"sample", "input", "output", "score", "stop", "text", "tokens"}
    assert {key: first[key] for key in ("sample", "input", "output", "score", "stop")} == json.loads(answers[0].leaf())


def test_a_folder_that_cannot_be_used_is_said(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with Journal(tmp_path / "file") as journal, pytest.raises(EvaluationError, match="cannot use"):
        journal.open({}, 1)
    assert Spent(1, 2).plus(1, 1) == (2, 3)


def test_a_run_without_a_result_is_over_and_the_next_begins_anew(tmp_path):
    with Journal(tmp_path) as journal, pytest.raises(EvaluationError, match="no sample of next-letter"):
        plain(ReplayModel({}), journal=journal)
    with Journal(tmp_path) as journal:
        assert plain(journal=journal).predicate["evaluator"]["attempts_index"] == 2
    assert len(list(tmp_path.glob("*.jsonl"))) == 2

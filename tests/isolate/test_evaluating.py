"""Weights run in a child of their own: the result is the same each time, and failures have a name and an end."""

import importlib.util
import shutil
import sys

import pytest

from assay.errors import EvaluationError, IsolationError
from assay.isolate import process
from assay.isolate.evaluating import evaluate_isolated
from assay.statements.predicates import validate
from assay.statements.statement import Statement


@pytest.fixture
def model(example_folders, require, tmp_path):
    require("numpy", importlib.util.find_spec("numpy") is not None, "numpy is not installed")
    return shutil.copytree(example_folders["apache-clean"], tmp_path / "model")


def test_a_result_is_a_statement_about_model_and_benchmark(model):
    progress = []
    done = evaluate_isolated(model, "next-letter", on_sample=lambda done, of: progress.append((done, of)))
    statement = Statement.parse(done.statement)
    validate(statement)
    revision, _, benchmark = statement.subjects
    assert revision.digest["dirHash"] == done.predicate["model"]["dirhash"]
    assert benchmark.digest["sha256"] == done.predicate["benchmark"]["manifest_digest"]
    assert progress[-1] == (60, 60)
    assert "n = 60" in done.summary
    if sys.platform == "linux":
        assert done.isolation.startswith("isolated")


def test_the_same_model_gives_the_same_statement_twice(model):
    assert evaluate_isolated(model, "next-letter").statement == evaluate_isolated(model, "next-letter").statement


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "model.safetensors").unlink(), "no safetensors"),
        (lambda folder: (folder / "config.json").write_text("{"), r"config\.json"),
        (lambda folder: (folder / "config.json").write_text('{"model_type": "gpt2"}'), "gpt2"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer"),
    ],
)
def test_a_model_that_cannot_be_run_is_a_clear_error(model, spoil, said):
    spoil(model)
    with pytest.raises(EvaluationError, match=said):
        evaluate_isolated(model, "next-letter")


def test_an_unknown_benchmark_is_a_clear_error(model):
    with pytest.raises(EvaluationError, match="no benchmark"):
        evaluate_isolated(model, "nothing")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("os.kill(os.getpid(), 9)", "ended by signal 9"),
        ("time.sleep(60)", "time limit"),
        ("os.write(1, struct.pack('>cI', b'S', 2) + b'{}'); time.sleep(9)", "malformed result"),
        ("os.write(1, struct.pack('>cI', b'S', 16) + b'{\"predicate\":[]} '); time.sleep(9)", "malformed result"),
        ("os.write(1, struct.pack('>cI', b'F', 2) + b'[]'); time.sleep(9)", "sent a file frame"),
    ],
)
def test_a_child_that_dies_hangs_or_lies_gives_no_result(tmp_path, monkeypatch, code, said):
    script = f"import os, struct, time\n{code}"
    monkeypatch.setattr(process, "_command", lambda _entry: (sys.executable, "-c", script))
    with pytest.raises(IsolationError, match=said):
        evaluate_isolated(tmp_path, "next-letter", seconds_per_sample=1.0)

"""Weights run in a child of their own: the result is the same each time, and failures have a name and an end."""

import importlib.util
import json
import shutil
import sys

import pytest

from assay.errors import EvaluationError, IsolationError
from assay.isolate import process
from assay.isolate.evaluating import Asking, evaluate_isolated
from assay.isolate.evaluating_model import Confined
from assay.statements.predicates import result, validate
from assay.statements.statement import Statement


@pytest.fixture
def model(example_folders, require, tmp_path):
    require("numpy", importlib.util.find_spec("numpy") is not None, "numpy is not installed")
    return shutil.copytree(example_folders["apache-clean"], tmp_path / "model")


def test_a_result_is_a_statement_about_model_and_benchmark(model):
    progress = []
    done = evaluate_isolated(model, "next-letter", on_progress=lambda one: progress.append((one.done, one.of)))
    statement = Statement.parse(done.statement)
    validate(statement)
    revision, _, benchmark = statement.subjects
    assert revision.digest["dirHash"] == done.predicate["model"]["dirhash"]
    assert benchmark.digest["sha256"] == done.predicate["benchmark"]["manifest_digest"]
    assert progress[-1] == (60, 60)
    assert "n = 60" in done.summary
    if sys.platform == "linux":
        assert done.isolation.startswith("isolated")


def test_the_same_model_gives_the_same_result_twice_but_for_what_it_cost(model):
    one, other = (evaluate_isolated(model, "next-letter").predicate for _ in range(2))
    assert result.agreed(one) == result.agreed(other)
    assert one["environment"]["threads"] == 1
    assert one["environment"]["batch_size"] == 1
    assert one["cost"]["tokens_out"] == 60


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


FACTS = {"facts": {"dirhash": "0" * 64, "weights_digest": "0" * 64, "format": "x"}, "isolation": "isolated",
         "environment": {"os": "a", "arch": "a", "python": "3", "numpy": "2"}}  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"answers": [["b", "length", 1, 1, None]], "cpu": 0.5}, None),
        ({"answers": [], "cpu": 0.5}, "malformed answers"),
        ({"answers": [["b", "length", 1, 1, None]]}, "malformed answers"),
        ({"answers": [["b", "length", 1, 1]], "cpu": 0.5}, "malformed answer"),
        ({"answers": [["b", "refusal", 1, 1, None]], "cpu": 0.5}, "malformed answer"),
        ({"answers": [["b", "length", -1, 1, None]], "cpu": 0.5}, "malformed answer"),
        ({"answers": [[5, "length", 1, 1, None]], "cpu": 0.5}, "malformed answer"),
        ({"answers": [["b", "length", True, 1, None]], "cpu": 0.5}, "malformed answer"),
        ([], "malformed result"),
    ],
)
def test_answers_of_another_form_give_no_result(tmp_path, monkeypatch, answer, said):
    frames = "".join(
        f"os.read(0, 65536); body = {json.dumps(one).encode()!r}\n"
        "os.write(1, struct.pack('>cI', b'S', len(body)) + body)\n"
        for one in (FACTS, answer)
    )
    script = f"import os, struct, time\n{frames}time.sleep(9)"
    monkeypatch.setattr(process, "_command", lambda _entry: (sys.executable, "-c", script))
    if said is None:
        assert evaluate_isolated(tmp_path, "next-letter", Asking(limit=1)).predicate["cost"]["tokens_out"] == 1
    else:
        with pytest.raises(IsolationError, match=said):
            evaluate_isolated(tmp_path, "next-letter", Asking(limit=1))


def test_facts_of_another_form_give_no_result(tmp_path, monkeypatch):
    body = json.dumps(FACTS | {"facts": {"format": "x"}}).encode()
    answers = json.dumps({"answers": [["b", "length", 1, 1, None]], "cpu": 0}).encode()
    script = (
        "import os, struct, time\nos.read(0, 65536)\n"
        f"os.write(1, struct.pack('>cI', b'S', {len(body)}) + {body!r})\nos.read(0, 65536)\n"
        f"os.write(1, struct.pack('>cI', b'S', {len(answers)}) + {answers!r}); time.sleep(9)"
    )
    monkeypatch.setattr(process, "_command", lambda _entry: (sys.executable, "-c", script))
    with pytest.raises(IsolationError, match=r"malformed result: predicate\.model"):
        evaluate_isolated(tmp_path, "next-letter", Asking(limit=1))


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
        evaluate_isolated(tmp_path, "next-letter", confined=Confined(seconds_per_sample=1.0))

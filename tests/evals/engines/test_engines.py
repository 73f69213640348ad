"""An engine is of one version, gets whole batches, and cannot change what is asked; one that is missing says so."""

import importlib.metadata
import os
import sys
import tempfile
from itertools import islice

import pytest
from tests.evals.suites import suite

from assay.cli.main import main
from assay.errors import EvaluationError, MissingExtraError
from assay.evals import engines, environment, run, shipped
from assay.evals.engines import Engine, engine_named, names, windows
from assay.evals.engines.surroundings import confined
from assay.evals.models import Prompt
from assay.evals.models.replay import ReplayModel
from assay.evals.prompts import prompts
from assay.isolate.evaluating import Asking, evaluate_predictions

BENCHMARK = shipped("next-letter")
MODEL = ReplayModel({item.input: item.target for item in BENCHMARK.items})


def ran(carry=None, **options):
    engine = carry and Engine("backwards", "1", carry)
    return run(BENCHMARK, MODEL, environment=environment(1), engine=engine, **options)


def backwards(course):
    """An engine that has an order of its own."""
    for number in reversed(range(len(course.window))):
        course.check(number, course.prompt(number), course.told(number))
    for batch in reversed(range(course.batches)):
        course.answer(batch)
    for number in reversed(range(len(course.window))):
        course.keep(number, course.said(number).text)


@pytest.mark.parametrize("batch_size", [1, 7, 60, 100])
def test_the_order_of_an_engine_changes_nothing(batch_size):
    carried, plain = ran(backwards, batch_size=batch_size), ran(batch_size=batch_size)
    assert carried.predicate["samples"] == plain.predicate["samples"]
    assert carried.predicate["metrics"] == plain.predicate["metrics"]


def test_a_result_names_who_carried_it_and_what_was_given_to_ask():
    harness = ran(backwards).predicate["harness"]
    assert (harness["name"], harness["version"]) == ("backwards", "1")
    assert harness["adapter_version"] == ran().predicate["harness"]["version"]
    assert harness == ran(backwards, batch_size=9).predicate["harness"]
    assert harness["task_digest"] != ran(backwards, limit=59).predicate["harness"]["task_digest"]


def test_an_engine_that_changes_a_prompt_is_found_out():
    def carry(course):
        course.check(0, Prompt(course.prompt(0).text + " "), course.told(0))

    with pytest.raises(EvaluationError, match=r"the engine changed what sample .* is asked"):
        ran(carry)


def test_an_engine_that_changes_how_is_found_out():
    def carry(course):
        course.check(0, course.prompt(0), course.told(0) | {"temperature": 0.1})

    with pytest.raises(EvaluationError, match="changed"):
        ran(carry)


def test_an_engine_that_loses_a_sample_is_found_out():
    def carry(course):
        backwards(course)
        course._kept.pop(0)

    with pytest.raises(EvaluationError, match="gave no answer to sample"):
        ran(carry)


def test_windows_are_whole_batches_that_grow_while_they_take_no_time(tmp_path, monkeypatch):
    many = suite(tmp_path / "many", [{"id": f"{at:05}", "input": "?", "target": "!"} for at in range(5000)])
    sizes = [len(window) for window in windows(prompts(many), 24)]
    assert sum(sizes) == 5000
    assert all(size % 24 == 0 for size in sizes[:-1])
    assert sizes[:3] == [24, 48, 96]
    assert max(sizes) == 1008
    monkeypatch.setattr(engines, "_SECONDS", 0)
    assert {len(window) for window in windows(islice(prompts(many), 100), 10)} == {10}


def test_what_an_engine_writes_and_sets_is_gone_afterwards(monkeypatch, capsys):
    monkeypatch.setenv("INSPECT_TELEMETRY", "nowhere.send")
    with confined() as folder:
        assert "INSPECT_TELEMETRY" not in os.environ
        assert {os.environ[name] for name in ("HOME", "XDG_DATA_HOME", "PATH")} == {str(folder)}
        assert os.environ["HF_HUB_OFFLINE"] == "1"
        assert tempfile.gettempdir() == str(folder)
        sys.stdout.write("hello")
    assert os.environ["INSPECT_TELEMETRY"] == "nowhere.send"
    assert not folder.exists()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", names())
def test_an_engine_that_is_not_there_says_what_to_install(name, monkeypatch):
    def missing(package):
        raise importlib.metadata.PackageNotFoundError(package)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(MissingExtraError) as caught:
        engine_named(name)
    assert caught.value.hint() == f"Install it with: pip install 'assay-hub[{name}]'"


@pytest.mark.parametrize("name", names())
def test_another_version_is_refused(name, monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda package: "9.9")
    with pytest.raises(EvaluationError, match=r"9\.9 is installed; only 0\.\d+\.\d+ is known") as caught:
        engine_named(name)
    assert f"assay-hub[{name}]" in caught.value.hint()


def test_there_is_no_other():
    assert names() == ("inspect", "lm-eval")
    with pytest.raises(EvaluationError, match="there is no engine 'helm'"):
        engine_named("helm")


def test_predictions_are_not_carried(tmp_path):
    with pytest.raises(EvaluationError, match="backwards runs models"):
        evaluate_predictions(
            BENCHMARK, tmp_path, tmp_path / "p.jsonl", Asking(engine=Engine("backwards", "1", backwards))
        )


@pytest.mark.parametrize("name", names())
def test_the_command_line_says_what_is_missing(name, tmp_path, monkeypatch, capsys):
    def missing(package):
        raise importlib.metadata.PackageNotFoundError(package)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert main(["eval", "next-letter", str(tmp_path), "--harness", name]) == 2
    assert f"pip install 'assay-hub[{name}]'" in capsys.readouterr().err

"""The runner asks, scores and sums up in the same way each time, and does not make a guesser look good."""

from __future__ import annotations

import hashlib
import json

import pytest

from assay.errors import EvaluationError, StatementError
from assay.evals import environment, run, shipped
from assay.evals.models.replay import ReplayModel
from assay.statements.log import inclusion_proof, leaf_hash, verify_inclusion
from assay.statements.predicates import result

BENCHMARK = shipped("next-letter")
HERE = {"os": "any", "arch": "any", "python": "3.11.0", "numpy": "none"}


def answers(right):
    """Answers of which the first `right`, in order of id, are right."""
    return {sample.input: sample.target if at < right else "?" for at, sample in enumerate(BENCHMARK.samples)}


def ran(model, **options):
    return run(BENCHMARK, model, environment=HERE, **options)


def test_a_result_is_a_valid_predicate_with_decimal_strings():
    outcome = ran(ReplayModel(answers(45)))
    result.validate(outcome.predicate)
    accuracy, control = outcome.predicate["metrics"]
    assert accuracy == {
        "name": "accuracy", "value": "0.750000", "n": 60,
        "ci": {"low": "0.627679", "high": "0.842235", "level": "0.95", "method": "wilson"},
    }  # fmt: skip
    assert (control["name"], control["value"]) == ("control_accuracy", "0.000000")
    assert outcome.predicate["samples"]["n_errored"] == 0
    assert outcome.sentence() == "accuracy 0.750000 (n = 60, 0.627679 to 0.842235)"


def test_the_root_is_the_same_each_time_and_covers_every_answer():
    outcome = ran(ReplayModel(answers(60)))
    assert ran(ReplayModel(answers(60))).predicate == outcome.predicate
    assert ran(ReplayModel(answers(59))).predicate["samples"] != outcome.predicate["samples"]
    leaves = [leaf_hash(answer.leaf()) for answer in outcome.answers]
    root = bytes.fromhex(outcome.predicate["samples"]["merkle_root"])
    verify_inclusion(leaves[7], 7, 60, inclusion_proof(leaves, 7), root)


def test_a_leaf_holds_digests_and_no_text():
    answer = ran(ReplayModel(answers(60))).answers[0]
    assert json.loads(answer.leaf()) == {
        "sample": answer.sample.id,
        "input": hashlib.sha256(answer.sample.input.encode()).hexdigest(),
        "output": hashlib.sha256(answer.output.encode()).hexdigest(),
        "score": "1",
        "stop": "length",
    }


def test_another_machine_changes_the_environment_and_not_the_root():
    one, other = (run(BENCHMARK, ReplayModel(answers(9)), environment=HERE | {"os": os}) for os in ("a", "b"))
    assert one.predicate["samples"] == other.predicate["samples"]
    assert one.predicate != other.predicate


@pytest.mark.parametrize("letter", ["n", "?", "5"])
def test_always_the_same_answer_is_not_told_apart_from_guessing(letter):
    outcome = ran(ReplayModel({sample.input: letter for sample in BENCHMARK.samples}))
    assert outcome.told_apart is False
    assert outcome.sentence().endswith("not told apart from guessing")


def test_who_knows_the_task_is_told_apart():
    assert ran(ReplayModel(answers(60))).told_apart is True


def test_what_cannot_be_answered_counts_as_an_error_and_not_as_a_miss():
    known = answers(60)
    del known["a"]
    outcome = ran(ReplayModel(known))
    samples = outcome.predicate["samples"]
    assert (samples["n_scheduled"], samples["n_scored"], samples["n_errored"]) == (60, 59, 1)
    assert outcome.predicate["metrics"][0]["value"] == "1.000000"
    failed = next(answer for answer in outcome.answers if answer.error)
    assert json.loads(failed.leaf())["score"] == "error"


def test_no_answer_at_all_is_no_result():
    with pytest.raises(EvaluationError, match="no sample of next-letter could be answered: no answer was recorded"):
        ran(ReplayModel({}))


def test_progress_is_told_and_odd_words_are_refused():
    seen = []
    ran(ReplayModel(answers(1)), on_sample=lambda done, of: seen.append((done, of)))
    assert seen[0] == (1, 60)
    assert seen[-1] == (60, 60)
    with pytest.raises(StatementError, match="relationship"):
        ran(ReplayModel(answers(1)), relationship="a friend")


def test_the_environment_is_of_the_form_that_results_have():
    outcome = run(BENCHMARK, ReplayModel(answers(1)), environment=environment())
    assert set(outcome.predicate["environment"]) == {"os", "arch", "python", "numpy"}


def test_replay_cuts_answers_as_a_model_would():
    model = ReplayModel({"q": "one. two"})
    assert model.generate("q", max_tokens=3, stop=()) == ("one", "length")
    assert model.generate("q", max_tokens=20, stop=(".",)) == ("one", "stop")
    assert model.generate("q", max_tokens=20, stop=()) == ("one. two", "end")
    assert model.generate("q", max_tokens=2, stop=(".",)) == ("on", "length")

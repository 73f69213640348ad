"""The runner asks, scores and sums up in the same way each time, and does not make a guesser look good."""

from __future__ import annotations

import hashlib
import json

import pytest

from assay.errors import EvaluationError, StatementError
from assay.evals import environment, run, shipped
from assay.evals.models import Prompt
from assay.evals.models.replay import ReplayModel
from assay.evals.sampling import Sampling
from assay.statements.log import inclusion_proof, leaf_hash, verify_inclusion
from assay.statements.predicates import result

BENCHMARK = shipped("next-letter")
HERE = {"os": "any", "arch": "any", "python": "3.11.0", "numpy": "none"}


def answers(right):
    """Answers of which the first `right`, in order of id, are right."""
    return {sample.input: sample.target if at < right else "?" for at, sample in enumerate(BENCHMARK.items)}


def ran(model, **options):
    return run(BENCHMARK, model, environment=HERE, **options)


def collected(model, **options):
    """The run and its answers."""
    found = []
    return ran(model, on_answer=found.append, **options), found


def test_the_root_is_the_one_that_earlier_versions_gave():
    samples = ran(ReplayModel(answers(60))).predicate["samples"]
    assert samples["merkle_root"] == "f50b4e6d1621e5f83594d0d6c93f3a876989ef4bfb417534ec34996aeee7c971"


def test_a_result_is_a_valid_predicate_with_decimal_strings():
    outcome = ran(ReplayModel(answers(45)))
    result.validate(outcome.predicate)
    accuracy, control = outcome.predicate["metrics"]
    assert accuracy == {
        "name": "accuracy", "value": "0.750000", "n": 60, "stderr": "0.056373", "direction": "higher",
        "ci": {"low": "0.627679", "high": "0.842235", "level": "0.95", "method": "wilson"},
    }  # fmt: skip
    assert (control["name"], control["value"]) == ("control_accuracy", "0.000000")
    assert outcome.predicate["samples"]["n_errored"] == 0
    assert outcome.sentence() == "accuracy 0.750000 (n = 60, 0.627679 to 0.842235)"


def test_the_root_is_the_same_each_time_and_covers_every_answer():
    outcome, said = collected(ReplayModel(answers(60)))
    assert result.agreed(ran(ReplayModel(answers(60))).predicate) == result.agreed(outcome.predicate)
    assert ran(ReplayModel(answers(59))).predicate["samples"] != outcome.predicate["samples"]
    leaves = [leaf_hash(answer.leaf()) for answer in said]
    root = bytes.fromhex(outcome.predicate["samples"]["merkle_root"])
    verify_inclusion(leaves[7], 7, 60, inclusion_proof(leaves, 7), root)


def test_a_leaf_holds_digests_and_no_text():
    answer, sample = collected(ReplayModel(answers(60)))[1][0], BENCHMARK.items[0]
    assert json.loads(answer.leaf()) == {
        "sample": sample.id,
        "input": hashlib.sha256(sample.input.encode()).hexdigest(),
        "output": hashlib.sha256(answer.text.encode()).hexdigest(),
        "score": "1",
        "stop": "length",
    }


def test_another_machine_changes_the_environment_and_not_the_root():
    one, other = (run(BENCHMARK, ReplayModel(answers(9)), environment=HERE | {"os": os}) for os in ("a", "b"))
    assert one.predicate["samples"] == other.predicate["samples"]
    assert one.predicate != other.predicate


@pytest.mark.parametrize("letter", ["n", "?", "5"])
def test_always_the_same_answer_is_not_told_apart_from_guessing(letter):
    outcome = ran(ReplayModel({sample.input: letter for sample in BENCHMARK.items}))
    assert outcome.told_apart is False
    assert outcome.sentence().endswith("not told apart from guessing")


def test_who_knows_the_task_is_told_apart():
    assert ran(ReplayModel(answers(60))).told_apart is True


def test_what_cannot_be_answered_counts_as_an_error_and_not_as_a_miss():
    known = answers(60)
    del known["a"]
    outcome, said = collected(ReplayModel(known))
    samples = outcome.predicate["samples"]
    assert (samples["n_scheduled"], samples["n_scored"], samples["n_errored"]) == (60, 59, 1)
    assert outcome.predicate["metrics"][0]["value"] == "1.000000"
    failed = next(answer for answer in said if answer.error)
    assert json.loads(failed.leaf())["score"] == "error"
    assert json.loads(failed.line())["error"] == "no answer was recorded for 'a'"


def test_no_answer_at_all_is_no_result():
    with pytest.raises(EvaluationError, match="no sample of next-letter could be answered: no answer was recorded"):
        ran(ReplayModel({}))


def test_progress_tells_how_far_how_long_and_what_it_cost():
    seen = []
    ran(ReplayModel(answers(1)), on_progress=seen.append, batch_size=25)
    assert [(one.done, one.of) for one in seen] == [(25, 60), (50, 60), (60, 60)]
    assert seen[-1].seconds_left == 0
    assert seen[-1].tokens_out == 60
    assert seen[0].wall > 0


def test_odd_words_are_refused():
    with pytest.raises(StatementError, match="relationship"):
        ran(ReplayModel(answers(1)), evaluator={"relationship": "a friend"})


def test_the_environment_is_of_the_form_that_results_have():
    outcome = run(BENCHMARK, ReplayModel(answers(1)), environment=environment(2), batch_size=4)
    known = outcome.predicate["environment"]
    assert {"os", "arch", "python", "numpy", "cpu", "threads", "batch_size"} <= set(known)
    assert (known["threads"], known["batch_size"]) == (2, 4)


@pytest.mark.parametrize("batch_size", [1, 7, 60, 100])
def test_the_batch_changes_neither_root_nor_log(batch_size):
    one, other = ran(ReplayModel(answers(30))), ran(ReplayModel(answers(30)), batch_size=batch_size)
    assert one.predicate["samples"] == other.predicate["samples"]


def test_a_part_of_the_samples_is_the_first_by_id_and_says_so():
    outcome, said = collected(ReplayModel(answers(60)), limit=7)
    assert [answer.sample for answer in said] == [item.id for item in BENCHMARK.items[:7]]
    samples = outcome.predicate["samples"]
    assert (samples["n_scheduled"], outcome.predicate["benchmark"]["n_total"]) == (7, 60)
    assert samples["ids_digest"] != ran(ReplayModel(answers(60))).predicate["samples"]["ids_digest"]


def test_replay_cuts_answers_as_a_model_would():
    model = ReplayModel({"q": "one. two"})

    def said(most, *stop):
        return model.generate([Prompt("q")], Sampling(max_tokens=most, stop=stop))[0][:2]

    assert said(3) == ("one", "length")
    assert said(20, ".") == ("one", "stop")
    assert said(20) == ("one. two", "end")
    assert said(2, ".") == ("on", "length")

"""Benchmarks of version 2 are run whole: template, shown samples, control, clusters, floors, every mode and metric."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evals.suites import ROWS, suite

from assay.canonical import canonical_json, sha256_hex
from assay.errors import EvaluationError
from assay.evals import run
from assay.evals.asking import quantised
from assay.evals.manifest import Item
from assay.evals.models import Generation, Likelihood, Prompt, Turn
from assay.evals.models.replay import ReplayModel
from assay.evals.predicted import run_predictions
from assay.evals.predictions import score
from assay.evals.prompts import prompts
from assay.evals.root import RunningRoot
from assay.evals.sampling import Sampling, read_sampling, seed_of
from assay.evals.scoring import tally_for
from assay.evals.statistics import mean_of_shares
from assay.statements.fields import Field
from assay.statements.log import leaf_hash, merkle_root
from assay.statements.predicates import result

HERE = {"os": "any", "arch": "any", "python": "3.11.0", "numpy": "none"}
SHOTS = [{"input": "1 plus 1?", "target": "2"}, {"input": "5 plus 1?", "target": 6}]
FACTS = {"dirhash": "a" * 64, "weights_digest": "b" * 64, "format": "predictions"}


def replay(found, right=lambda at: True, wrong="?"):
    """A model that answers the prompts of `found`, rightly where it is told to."""
    asked = enumerate(prompts(found))
    return ReplayModel({prompt.text: str(item.target) if right(at) else wrong for at, (item, prompt) in asked})


def ran(found, model, **options):
    return run(found, model, environment=HERE, **options)


def test_a_benchmark_of_version_2_is_run_and_names_all_its_parts(tmp_path):
    found = suite(tmp_path, template="Q: {input}\nA:", shots=SHOTS)
    outcome = ran(found, replay(found, lambda at: at % 8 < 6))
    predicate = outcome.predicate
    result.validate(predicate)
    parts = {"split_digest", "template_digest", "fewshot_digest", "split", "visibility"}
    assert parts <= predicate["benchmark"].keys()
    accuracy, control = predicate["metrics"]
    assert (accuracy["value"], accuracy["cluster_key"], accuracy["direction"]) == ("0.750000", "cluster", "higher")
    assert accuracy["ci"]["method"] == "wilson-clustered"
    assert control["name"] == "control_accuracy"
    assert outcome.told_apart is True


def test_samples_are_shown_before_the_question(tmp_path):
    found = suite(tmp_path, template="Q: {input}\nA:", shots=SHOTS)
    _, prompt = next(prompts(found))
    assert prompt.text == "Q: 1 plus 1?\nA: 2\n\nQ: 5 plus 1?\nA: 6\n\nQ: 0 plus 1?\nA:"
    assert prompt.digest == sha256_hex(prompt.text.encode())


def test_talks_are_asked_as_talks_with_what_is_shown_after_the_operators_words(tmp_path):
    talk = [{"role": "system", "content": "Add."}, {"role": "user", "content": "1 plus 1?"}]
    rows = [{"id": "a", "input": talk, "target": "2"}, {"id": "b", "input": "2 plus 1?", "target": "3"}]
    found = suite(tmp_path, rows, template="<{input}>", shots=SHOTS[:1])
    first, second = (prompt for _, prompt in prompts(found))
    assert first.turns == (
        Turn("system", "Add."), Turn("user", "<1 plus 1?>"), Turn("assistant", "2"), Turn("user", "1 plus 1?"),
    )  # fmt: skip
    assert second.turns[-1] == Turn("user", "<2 plus 1?>")
    assert first.digest == sha256_hex(canonical_json([turn.to_json() for turn in first.turns]))
    assert Prompt("x").messages() == [{"role": "user", "content": "x"}]


@pytest.mark.parametrize("asked", [True, {"text": "x"}, [], [{"role": "user"}], [{"role": "god", "content": "x"}]])
def test_what_cannot_be_asked_is_said(tmp_path, asked):
    found = suite(tmp_path, [{"id": "a", "input": asked, "target": "2"}])
    with pytest.raises(EvaluationError, match="the input of sample 'a'"):
        list(prompts(found))


def test_floors_are_told(tmp_path):
    found = suite(tmp_path, floors={"chance": "0.25", "utility": "0.4"})
    low = ran(found, replay(found, lambda at: at % 4 == 0))
    assert (low.above_chance, low.assessable) == (False, False)
    assert low.sentence().endswith(
        "not told apart from guessing, below the floor of utility: it says nothing of the model"
    )
    high = ran(found, replay(found))
    assert (high.above_chance, high.assessable) == (True, True)


def test_the_manifest_says_how_answers_are_taken_and_the_caller_may_say_otherwise(tmp_path):
    asked = {"mode": "greedy", "max_tokens": 3, "stop": ["!"]}
    found = suite(tmp_path, sampling=asked)
    assert ran(found, replay(found)).predicate["sampling"] == asked
    sampled = Sampling("sampled", 4, temperature="0.7", seed=5)
    said = ran(found, replay(found), sampling=sampled).predicate["sampling"]
    assert said == {"mode": "sampled", "max_tokens": 4, "stop": [], "temperature": "0.7", "top_p": "1", "seed": 5}


@pytest.mark.parametrize(
    "asked",
    [
        {"mode": "hot"}, {"mode": "greedy", "temperature": "1"}, {"mode": "sampled", "temperature": "0"},
        {"mode": "sampled", "top_p": "1.1"}, {"mode": "greedy", "max_tokens": 0}, {"mode": "sampled", "seed": -1},
        {"mode": "greedy", "max_tokens": 10**6}, {"mode": "sampled", "seed": 2**31}, {"mode": "greedy", "more": 1},
    ],
)  # fmt: skip
def test_odd_sampling_is_refused(tmp_path, asked):
    with pytest.raises(EvaluationError, match="sampling"):
        suite(tmp_path, sampling=asked)


def test_each_sample_draws_by_its_own_seed(tmp_path):
    seeds = {}

    class Listening(ReplayModel):
        def generate(self, asked, sampling):
            seeds.update({prompt.text: prompt.seed for prompt in asked})
            return ReplayModel.generate(self, asked, sampling)

    found = suite(tmp_path)
    ran(found, Listening(replay(found).answers), sampling=Sampling("sampled", seed=7), batch_size=9)
    assert seeds == {row["input"]: seed_of(7, row["id"]) for row in ROWS}
    assert len(set(seeds.values())) == 40
    assert seed_of(7, "a") != seed_of(8, "a")
    assert 0 <= seed_of(7, "a") < 2**31


def rated(found, best):
    """A model that holds the choice `best(item)` for the most likely."""
    choices = found.manifest.options.get("choices")
    told = {}
    for item, prompt in prompts(found):
        for choice in item.choices or choices:
            told[prompt.text, f" {choice}"] = "-1.00004" if choice == best(item) else "-2.5"
    return ReplayModel({}, told)


def test_multiple_choice_is_scored_by_likelihood(tmp_path):
    rows = [{**row, "choices": [row["target"], row["control"], "7"]} for row in ROWS]
    found = suite(tmp_path, rows, scorer="most-likely", metric="accuracy", sampling={"mode": "loglik"})
    answers = []
    outcome = ran(found, rated(found, lambda item: item.target), on_answer=answers.append, batch_size=6)
    assert (outcome.predicate["metrics"][0]["value"], outcome.told_apart) == ("1.000000", True)
    assert (answers[0].text, answers[0].stop) == ('["-1.0000","-2.5000","-2.5000"]', "loglik")
    assert outcome.predicate["sampling"] == {"mode": "loglik"}


def test_choices_can_be_shared_and_a_target_can_count_them(tmp_path):
    rows = [{"id": "a", "input": "x", "target": 1}, {"id": "b", "input": "y", "target": "no"}]
    found = suite(
        tmp_path, rows, scorer="most-likely", metric="accuracy", options={"choices": ["yes", "no"]},
        sampling={"mode": "loglik"},
    )  # fmt: skip
    assert ran(found, rated(found, lambda item: "no")).predicate["metrics"][0]["value"] == "1.000000"


def test_likelihoods_are_rounded_before_they_are_hashed_and_a_failed_one_costs_the_sample(tmp_path):
    assert quantised(-1.23456789) == quantised(-1.23461) == "-1.2346"
    assert quantised(1e-9) == "0.0000"
    assert quantised(float("-inf")) == "-1000000.0000"
    with pytest.raises(ValueError, match="no log-likelihood"):
        quantised(float("nan"))
    rows = [{"id": "a", "input": "x", "target": "p"}, {"id": "b", "input": "y", "target": "p"}]
    found = suite(
        tmp_path, rows, scorer="most-likely", metric="accuracy", options={"choices": ["p", "q"]},
        sampling={"mode": "loglik"},
    )  # fmt: skip
    model = ReplayModel({}, {("x", " p"): "-1", ("x", " q"): "-2", ("y", " p"): "-1"})
    assert ran(found, model).predicate["samples"]["n_errored"] == 1

    class Broken(ReplayModel):
        def loglikelihood(self, pairs):
            return [Likelihood(float("nan")) for _ in pairs]

    with pytest.raises(EvaluationError, match="no log-likelihood"):
        ran(found, Broken({}))


def test_a_model_that_gives_too_few_answers_is_refused(tmp_path):
    class Short(ReplayModel):
        def generate(self, prompts, sampling):
            return []

        def loglikelihood(self, pairs):
            return []

    found = suite(tmp_path)
    with pytest.raises(EvaluationError, match="0 answers to 1"):
        ran(found, Short({}))
    rated_one = suite(tmp_path, scorer="most-likely", metric="accuracy", options={"choices": ["1", "2"]})
    with pytest.raises(EvaluationError, match="rated 0 of 2"):
        ran(rated_one, Short({}), sampling=Sampling("loglik"))


@pytest.mark.parametrize(
    ("name", "answer", "value", "direction"),
    [
        ("macro-f1", lambda item: item.target, "1.000000", "higher"),
        ("wer", lambda item: f"{item.target} x", "1.000000", "lower"),
        ("rmse", lambda item: str(Decimal(item.target) + 2), "2.000000", "lower"),
        ("spearman", lambda item: f" {item.target}\n", "1.000000", "higher"),
        ("mrr", lambda item: json.dumps(["x", item.target]), "0.500000", "higher"),
    ],
)
def test_any_metric_can_be_that_of_a_run_and_of_predictions(tmp_path, name, answer, value, direction):
    rows = [{key: row[key] for key in ("id", "input", "target")} for row in ROWS]
    found = suite(tmp_path, rows, scorer=name)
    model = ReplayModel({item.input: answer(item) for item in found.items})
    metric = ran(found, model).predicate["metrics"][0]
    assert (metric["name"], metric["value"], metric["direction"]) == (name, value, direction)
    given_ = {item.id: answer(item).strip() for item in found.items}
    if name == "mrr":
        given_ = {key: json.loads(one) for key, one in given_.items()}
    predicted = run_predictions(found, given_, FACTS, environment=HERE).predicate["metrics"][0]
    assert predicted == metric
    assert score(found, given_).estimate.to_json()["value"] == value


def test_an_answer_that_is_no_number_costs_the_sample(tmp_path):
    rows = [{key: row[key] for key in ("id", "input", "target")} for row in ROWS]
    found = suite(tmp_path, rows, scorer="rmse")
    model = ReplayModel({item.input: "about 7" if item.id == "q003" else item.target for item in found.items})
    answers = []
    samples = ran(found, model, on_answer=answers.append).predicate["samples"]
    assert samples["n_errored"] == 1
    assert (answers[3].score, answers[3].stop, answers[3].text) == ("error", "end", "about 7")


def test_predictions_are_a_result_of_the_same_form(tmp_path):
    found = suite(tmp_path)
    given_ = {item.id: item.target for item in found.items[:-4]}
    outcome = run_predictions(found, given_, FACTS, environment=HERE)
    predicate = outcome.predicate
    result.validate(predicate)
    assert predicate["sampling"] == {"mode": "predictions"}
    assert predicate["metrics"][0]["value"] == "0.900000"
    assert predicate["metrics"][0]["ci"] == score(found, given_).estimate.to_json()["ci"]
    with pytest.raises(EvaluationError, match="has no sample 'z'"):
        run_predictions(found, {**given_, "z": "1"}, FACTS, environment=HERE)
    strict = suite(tmp_path / "strict", scorer="rmse")
    with pytest.raises(EvaluationError, match="'q036' has no prediction"):
        run_predictions(strict, given_, FACTS, environment=HERE)
    with pytest.raises(EvaluationError, match="1 predictions cannot be judged"):
        run_predictions(strict, {item.id: "x" if item.id == "q000" else "1" for item in found.items}, FACTS,
                        environment=HERE)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"scorer": "guess"}, "no scorer 'guess'"),
        ({"scorer": "wer", "metric": "cer"}, "no scorer 'wer' for 'cer'"),
        ({"scorer": "contains", "options": {"upper": True}}, "no option 'upper'"),
        ({"scorer": "wer", "options": {"upper": True}}, "no option 'upper'"),
    ],
)
def test_what_nobody_can_score_is_refused(tmp_path, changes, says):
    found = suite(tmp_path, **changes)
    with pytest.raises(EvaluationError, match=says):
        ran(found, ReplayModel({}))


@given(st.lists(st.sampled_from([0, 1, Decimal("0.5")]), min_size=1, max_size=40))
def test_scores_that_come_one_by_one_give_what_all_at_once_give(tmp_path_factory, scores):
    found = suite(tmp_path_factory.getbasetemp() / "one", [{"id": "a", "input": "x", "target": "y"}])
    tally = tally_for(found.manifest)
    tally._score = lambda output, item, options: Decimal(output)
    for one in scores:
        assert tally.add(Item("a", "x", "y", None, None), str(one)) == one
    found, expected = tally.estimate(), mean_of_shares(scores)
    assert found.to_json() == expected.to_json()
    assert (found.n, found.method) == (expected.n, expected.method)


@given(st.lists(st.binary(max_size=5), max_size=70))
def test_a_root_that_grows_is_that_of_all_leaves(leaves):
    root = RunningRoot()
    for leaf in leaves:
        root.add(leaf)
    assert root.hex() == merkle_root([leaf_hash(leaf) for leaf in leaves]).hex()


def test_sampling_reads_what_it_writes():
    for sampling in (Sampling("sampled", 5, ("a",), "0.5", "0.9", 3), Sampling(max_tokens=9), Sampling("loglik")):
        assert read_sampling(Field(sampling.to_json(), "s")).to_json() == sampling.to_json()
    assert Generation.failed("x").stop_reason == "error"

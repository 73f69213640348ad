"""Results are ranked together only if they measure the same, and a level of trust never rises without evidence."""

from __future__ import annotations

import copy

import pytest
from tests.evals.suites import suite

from assay.errors import EvaluationError, VerificationError
from assay.evals import Journal, run
from assay.evals.comparability import comparability_key, warnings_between
from assay.evals.models.replay import ReplayModel
from assay.evals.predicted import run_predictions
from assay.evals.sampling import Sampling
from assay.evals.trust import check_log, level_of

HERE = {"os": "any", "arch": "any", "python": "3.11.0", "numpy": "none"}
D = "d" * 64


@pytest.fixture
def sums(tmp_path):
    return suite(tmp_path / "sums")


@pytest.fixture
def logged(sums, tmp_path):
    """A result and the lines of its log."""
    model = ReplayModel({item.input: item.target for item in sums.items[1:]})
    with Journal(tmp_path / "journal") as journal:
        predicate = run(sums, model, environment=HERE, journal=journal).predicate
    lines = (tmp_path / "journal" / f"{predicate['samples']['log_digest']}.jsonl").read_bytes()
    return predicate, lines.splitlines(keepends=True)


@pytest.fixture
def whole(sums):
    return run(sums, ReplayModel({item.input: item.target for item in sums.items}), environment=HERE).predicate


def changed(predicate, *path_and_value):
    *path, last, value = path_and_value
    found = copy.deepcopy(predicate)
    place = found
    for key in path:
        place = place[key]
    place[last] = value
    return found


@pytest.mark.parametrize(
    "path_and_value",
    [
        ("benchmark", "manifest_digest", D),
        ("benchmark", "template_digest", D),
        ("benchmark", "fewshot_digest", D),
        ("sampling", "mode", "loglik"),
        ("sampling", "mode", "predictions"),
        ("judge", {"model_digest": D, "prompt_digest": D}),
        ("samples", "n_scheduled", 39),
        ("samples", "n_errored", 1),
        ("metrics", 0, "name", "recall"),
    ],
)
def test_what_measures_something_else_has_another_key(whole, path_and_value):
    assert comparability_key(changed(whole, *path_and_value)) != comparability_key(whole)


@pytest.mark.parametrize(
    "path_and_value",
    [
        ("model", "dirhash", D), ("model", "dtype", "bfloat16"), ("environment", "os", "Darwin"),
        ("sampling", "mode", "sampled"), ("evaluator", "relationship", "first"), ("metrics", 0, "value", "0.1"),
        ("harness", "version", "9"), ("cost", "wall_s", "1"),
    ],
)  # fmt: skip
def test_model_machine_and_evaluator_are_no_part_of_the_key(whole, path_and_value):
    assert comparability_key(changed(whole, *path_and_value)) == comparability_key(whole)


def test_parts_are_compared_only_with_the_same_part(sums):
    model = ReplayModel({item.input: item.target for item in sums.items})
    first, same, more = (run(sums, model, environment=HERE, limit=limit).predicate for limit in (5, 5, 6))
    assert comparability_key(first) == comparability_key(same) != comparability_key(more)


@pytest.mark.parametrize(
    ("path_and_value", "says"),
    [
        (("harness", "version", "7.1"), "harness: assay 0.1 and assay 7"),
        (("harness", "name", "other"), "harness: assay 0.1 and other 0.1"),
        (("model", "dtype", "bfloat16"), "dtype: not said and bfloat16"),
        (("model", "quantisation", "q4"), "quantisation: not said and q4"),
        (("model", "chat_template_digest", D), "chat template applied: no and yes"),
        (("sampling", "mode", "sampled"), "sampling mode: greedy and sampled"),
        (("model", {"endpoint": "https://a/v1", "name": "x", "format": "y"}), "an address, not weights: no and yes"),
        (("sampling", "max_tokens", 9), "answers of at most 256 and 9 tokens"),
    ],
)
def test_what_may_matter_is_said(whole, path_and_value, says):
    assert warnings_between(whole, changed(whole, *path_and_value)) == (says,)


def test_cut_answers_are_not_ranked_beside_whole_ones(whole):
    assert warnings_between(whole, whole) == ()
    cut = changed(changed(whole, "sampling", "max_tokens", 1), "samples", "n_truncated", 30)
    assert warnings_between(whole, cut) == ("do not rank: answers of at most 256 and 1 tokens",)


def test_no_level_without_its_evidence(whole):
    held = (whole["model"]["dirhash"], whole["benchmark"]["manifest_digest"])
    assert level_of(whole, log_checked=False, signed=True, held=held) == "claimed"
    assert level_of(whole, log_checked=True, signed=False, held=held) == "logged"
    assert level_of(whole, log_checked=True, signed=True, held=held[:1]) == "logged"
    assert level_of(whole, log_checked=True, signed=True, held=held) == "bound"
    given = changed(whole, "sampling", {"mode": "predictions"})
    assert level_of(given, log_checked=True, signed=True, held=held) == "logged"


def test_a_log_from_which_the_result_follows_is_taken(sums, logged):
    predicate, lines = logged
    assert predicate["samples"]["n_errored"] == 1
    check_log(sums, predicate, lines)


def test_predictions_have_such_a_log_too(sums, tmp_path):
    with Journal(tmp_path / "given") as journal:
        facts = {"dirhash": D, "weights_digest": D, "format": "predictions"}
        given = {item.id: item.target for item in sums.items[3:]}
        predicate = run_predictions(sums, given, facts, environment=HERE, journal=journal).predicate
    lines = (tmp_path / "given" / f"{predicate['samples']['log_digest']}.jsonl").read_bytes().splitlines(keepends=True)
    check_log(sums, predicate, lines)


def test_a_log_that_says_something_else_is_refused(sums, logged, tmp_path):
    predicate, lines = logged
    flattering = lines[1].replace(b'"score":"1"', b'"score":"0"')
    for spoiled, says in (
        (lines[:-1], "not the one"),
        (lines[1:], "not asked there"),
        ([lines[0], flattering, *lines[2:]], "another score"),
        ([*lines, lines[-1]], "not asked there"),
    ):
        with pytest.raises(VerificationError, match=says):
            check_log(sums, predicate, spoiled)
    with pytest.raises(VerificationError, match="says otherwise"):
        check_log(sums, changed(predicate, "metrics", 0, "value", "0.999999"), lines)
    with pytest.raises(EvaluationError, match="line 1"):
        check_log(sums, predicate, [b"{}\n"])
    other = suite(tmp_path / "other", version="2")
    with pytest.raises(VerificationError, match="another benchmark"):
        check_log(other, predicate, lines)


def test_the_way_of_sampling_that_the_key_covers_is_its_class(sums):
    model = ReplayModel({item.input: item.target for item in sums.items})
    greedy, drawn = (
        run(sums, model, environment=HERE, sampling=one).predicate for one in (Sampling(), Sampling("sampled"))
    )
    assert comparability_key(greedy) == comparability_key(drawn)
    assert warnings_between(greedy, drawn) == (
        "sampling mode: greedy and sampled", "temperature: not said and 1",
    )  # fmt: skip

"""Records of Every Eval Ever hold to the real schema, and nothing that the statement says is lost."""

import hashlib
import json
import re
from pathlib import Path

import jsonschema
import pytest
from tests.evals.suites import ROWS, suite
from tests.make.results import stated

from assay.errors import EvaluationError, VerificationError
from assay.evals import run
from assay.evals.formats.every_eval_ever import aggregate
from assay.evals.formats.every_eval_ever_samples import samples
from assay.evals.formats.exported import Exported
from assay.evals.formats.given import Given
from assay.evals.formats.importers import imported
from assay.evals.models.replay import ReplayModel
from assay.evals.prompts import prompts
from assay.evals.sampling import Sampling
from assay.statements.predicates import imported_result, result
from assay.statements.statement import Statement

SCHEMAS = Path(__file__).parent / "schemas"
NOW = 1_795_000_000
HERE = {"os": "Linux", "arch": "x86_64", "python": "3.11.0", "numpy": "none", "torch": "2.13.0", "cpu": "any"}


def holds(document, schema):
    jsonschema.Draft7Validator(json.loads((SCHEMAS / f"every-eval-ever-{schema}.json").read_text("utf-8"))).validate(
        json.loads(json.dumps(document, allow_nan=False))
    )


def exported(scores=(1, 1, 1, 0), **more):
    predicate = Statement.parse(stated(list(scores), "7" * 64)).predicate
    return Exported(predicate, "ab" * 32, model="org/rivers-7b", organisation="River Lab")._replace(**more)


def answering(found):
    """Right three times of four, and silent to the seventh sample."""
    asked = list(enumerate(prompts(found)))
    del asked[6]
    return ReplayModel({prompt.text: "?" if at % 4 == 3 else str(item.target) for at, (item, prompt) in asked})


@pytest.fixture
def done(tmp_path):
    """A benchmark that was really run, with what it left."""
    rows = [{**row, "choices": [row["target"], "none"]} for row in ROWS]
    found = suite(tmp_path, rows, template="Q: {input}\nA:")
    lines = []
    outcome = run(
        found, answering(found), environment=HERE, on_answer=lambda answer: lines.append(answer.line()),
        sampling=Sampling("sampled", 16, ("###",), "0.7", "0.9", 11),
    )  # fmt: skip
    return found, exported(predicate=outcome.predicate), b"".join(lines)


def test_a_record_holds_to_the_schema():
    record = aggregate(exported(), NOW)
    holds(record, "aggregate")
    (found,) = record["evaluation_results"]
    assert found["score_details"]["score"] == 0.75
    assert found["score_details"]["uncertainty"] == {
        "num_samples": 4,
        "confidence_interval": {"lower": 0.300642, "upper": 0.954413, "confidence_level": 0.95, "method": "wilson"},
    }


def test_each_thing_stands_where_the_schema_has_a_place_for_it(done):
    _, one, _ = done
    record = aggregate(one._replace(dataset="org/sums", url="https://hub.example/x"), NOW)
    holds(record, "aggregate")
    assert record["source_metadata"]["evaluator_relationship"] == "third_party"
    assert record["source_metadata"]["additional_details"]["statement_url"] == "https://hub.example/x"
    assert record["model_info"]["inference_engine"] == {"name": "torch", "version": "2.13.0"}
    accuracy, control = record["evaluation_results"]
    assert accuracy["generation_config"]["generation_args"] == {"temperature": 0.7, "top_p": 0.9, "max_tokens": 16}
    assert accuracy["generation_config"]["additional_details"] == {"mode": "sampled", "stop": '["###"]', "seed": "11"}
    assert accuracy["source_data"]["hf_repo"] == "org/sums"
    assert accuracy["score_details"]["uncertainty"]["standard_error"]["value"] > 0
    assert accuracy["metric_config"]["score_type"] == "continuous"
    assert control["metric_config"]["metric_id"] == "control_accuracy"


def texts_in(value):
    if isinstance(value, dict):
        return {text for child in value.values() for text in texts_in(child)}
    if isinstance(value, list):
        return {text for child in value for text in texts_in(child)} | {json.dumps(value, separators=(",", ":"))}
    return {str(value)}


def as_number(text):
    return float(text) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else text


def test_nothing_that_a_result_says_is_lost():
    predicate = exported().predicate | {
        "cost": {"wall_s": "1.25", "cpu_s": "0.75", "tokens_in": 811, "tokens_out": 77},
        "judge": {"model_digest": "8" * 64, "prompt_digest": "9" * 64},
        "contamination": [{"method": "overlap", "verdict": "not-indicated", "value": "0.125"}],
        "reproduces": {"statement_digest": "6" * 64, "level": "exact"},
        "evaluator": {"relationship": "first", "attempts_index": 17, "preregistration_id": "p-31"},
        "sampling": {"mode": "sampled", "temperature": "0.35", "stop": ["a", "b"], "seed": 5, "epochs": 13},
    }
    predicate["metrics"][0] |= {"stderr": "0.216506", "cluster_key": "river", "unit": "shares", "direction": "higher"}
    result.validate(predicate)
    record = aggregate(exported(predicate=predicate), NOW)
    holds(record, "aggregate")
    # What is told in other words is relationship and direction; a list of texts is one text.
    said = {as_number(text) for text in texts_in(record)}
    lost = {text for text in texts_in({**predicate, "contamination": []}) if as_number(text) not in said}
    assert {text for text in lost if text[0] != "["} == {"first", "higher", "a", "b"}
    assert '["a","b"]' in said
    assert '"verdict":"not-indicated"' in record["source_metadata"]["additional_details"]["contamination"]


def test_a_model_at_an_address_is_not_said_to_be_ones_own():
    model = {"endpoint": "https://api.example/v1", "name": "vendor/large", "format": "chat"}
    one = exported(model=None)
    record = aggregate(one._replace(predicate={**one.predicate, "model": model}), NOW)
    holds(record, "aggregate")
    assert record["model_info"]["inference_platform"] == "https://api.example/v1"
    assert record["model_info"]["additional_details"]["deployment_type"] == "unknown"


@pytest.mark.parametrize(
    ("changes", "option"),
    [
        ({"model": None}, "--name"),
        ({"model": "no-owner"}, "--name"),
        ({"model": "org/.."}, "--name"),
        ({"model": "org/a/b"}, "--name"),
        ({"organisation": None}, "--organisation"),
    ],
)
def test_what_nobody_knows_is_asked_for(changes, option):
    with pytest.raises(EvaluationError) as refused:
        aggregate(exported(**changes), NOW)
    assert option in refused.value.hint()


def test_a_metric_of_unknown_direction_is_refused():
    predicate = exported().predicate
    predicate["metrics"][0]["name"] = "elo"
    with pytest.raises(EvaluationError, match="whether more of 'elo' is better"):
        aggregate(exported(predicate=predicate), NOW)


def test_samples_hold_to_the_schema_and_join_the_record(done):
    found, one, log = done
    made = samples(one, found, log)
    record = aggregate(one, NOW) | {"detailed_evaluation_results": made.named}
    holds(record, "aggregate")
    rows = [json.loads(line) for line in made.body.splitlines()]
    for row in rows:
        holds(row, "samples")
    assert len(rows) == made.named["total_rows"] == 39
    assert made.named["additional_details"] == {"left_out_without_a_score": "1"}
    assert made.named["checksum"] == hashlib.sha256(made.body).hexdigest()
    joins = {metric["evaluation_result_id"] for metric in record["evaluation_results"]}
    assert {row["evaluation_result_id"] for row in rows} <= joins
    assert sum(row["evaluation"]["score"] for row in rows) / 39 == pytest.approx(
        record["evaluation_results"][0]["score_details"]["score"], abs=1e-6
    )
    first = rows[0]
    assert first["input"] == {"raw": "0 plus 1?", "formatted": "Q: 0 plus 1?\nA:", "reference": ["1"],
                              "choices": ["1", "none"]}  # fmt: skip
    told = '{"raw":"0 plus 1?","reference":["1"]}'
    assert first["sample_hash"] == hashlib.sha256(told.encode()).hexdigest()
    assert first["token_usage"] == {"input_tokens": 15, "output_tokens": 1, "total_tokens": 16}
    assert [row["evaluation"]["is_correct"] for row in rows[:4]] == [True, True, True, False]


def test_what_was_exported_is_imported_as_it_was(done):
    found, one, log = done
    made = samples(one, found, log)
    record = aggregate(one, NOW) | {"detailed_evaluation_results": made.named}
    files = [Given("a.json", json.dumps(record).encode()), Given("a_samples.jsonl", made.body)]
    predicate = imported(files).predicate(files)
    imported_result.validate(predicate)
    (back,) = predicate["results"]
    said, again = one.predicate["metrics"][0], back["metrics"][0]
    assert again["recomputed"]["agrees"] is True
    assert {key: again[key] for key in ("name", "n", "direction")} == {
        key: said[key] for key in ("name", "n", "direction")
    }
    assert float(again["ci"]["low"]) == float(said["ci"]["low"])
    assert predicate["evaluator"] == {"identity": "River Lab", "relationship": "third"}
    assert back["sampling"] == {"temperature": "0.7", "top_p": "0.9", "max_tokens": 16}


def test_another_log_is_refused(done):
    found, one, log = done
    with pytest.raises(VerificationError, match="not the one"):
        samples(one, found, log.splitlines(keepends=True)[0])


def test_samples_of_a_benchmark_that_is_not_public_stay_where_they_are(done, tmp_path):
    _, one, log = done
    hidden = suite(tmp_path / "hidden", visibility="private")
    with pytest.raises(EvaluationError, match="not public"):
        samples(one, hidden, log)

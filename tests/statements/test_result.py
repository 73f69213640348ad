"""A result says much that may be left out; what is there is of one form, and what is strange is refused."""

import copy
import json

import pytest

from assay.canonical import canonical_json
from assay.errors import StatementError
from assay.statements.predicates import result

D = "d" * 64
EARLY = {
    "benchmark": {
        "id": "tiny", "version": "1", "manifest_digest": D, "dataset_digest": D, "scorer_digest": D, "n_total": 10,
    },
    "harness": {"name": "assay", "version": "1"},
    "model": {"dirhash": D, "weights_digest": D, "format": "safetensors"},
    "sampling": {"mode": "greedy", "max_tokens": 8, "stop": ["\n"]},
    "environment": {"os": "linux", "arch": "x86_64", "python": "3.11", "numpy": "2.0"},
    "samples": {"n_scheduled": 10, "n_scored": 9, "n_errored": 1, "merkle_root": D},
    "metrics": [
        {"name": "accuracy", "value": "0.5", "n": 9,
         "ci": {"low": "0.25", "high": "0.75", "level": "0.95", "method": "wilson"}},
    ],
    "evaluator": {"relationship": "first"},
}  # fmt: skip
MORE = {
    "benchmark": {
        "split_digest": D, "template_digest": D, "fewshot_digest": D, "labels_digest": D, "split": "test",
        "visibility": "held-out",
    },
    "harness": {"adapter_version": "1", "task_digest": D, "lockfile_digest": D},
    "model": {
        "name": "tiny", "tokenizer_digest": D, "chat_template_digest": D, "quantisation": "q4", "dtype": "float32",
        "adapter_of": D,
    },
    "sampling": {"temperature": "0.7", "top_p": "0.9", "seed": 3, "epochs": 1, "system_prompt_digest": D},
    "environment": {
        "cpu": "AMD", "cpu_count": 2, "gpu": "H", "gpu_count": 0, "driver": "1", "torch": "2", "transformers": "5",
        "tokenizers": "0", "onnxruntime": "1", "threads": 1, "batch_size": 8, "deterministic": True,
        "container_digest": D,
    },
    "samples": {
        "n_refused": 0, "n_truncated": 9, "log_digest": D, "log_media_type": "x", "redaction": "none", "ids_digest": D,
    },
    "evaluator": {"attempts_index": 2, "preregistration_id": "p", "identity": "lab"},
}  # fmt: skip
PARTS = {
    "cost": {"wall_s": "1.5", "cpu_s": "2", "gpu_s": 0, "energy_j": "3", "tokens_in": 5, "tokens_out": 6},
    "judge": {"model_digest": D, "prompt_digest": D, "agreement_with_human": "0.9"},
    "contamination": [{"method": "overlap", "value": "0.1", "verdict": "indicated"}],
    "reproduces": {"statement_digest": D, "level": "exact"},
}


def full():
    found = {key: {**value, **MORE.get(key, {})} if isinstance(value, dict) else value for key, value in EARLY.items()}
    found = copy.deepcopy(found | PARTS)
    found["metrics"][0] |= {"stderr": "0.1", "cluster_key": "c", "direction": "higher", "unit": "x", "epochs": 1}
    return found


def test_early_results_and_full_ones_are_taken():
    result.validate(EARLY)
    result.validate(full())


@pytest.mark.parametrize("part", [*MORE, *PARTS])
def test_each_part_may_be_left_out(part):
    found = full()
    if part in PARTS:
        del found[part]
    else:
        found[part] = EARLY[part]
    result.validate(found)


def fields():
    for part, values in [*MORE.items(), *PARTS.items()]:
        for key in values if isinstance(values, dict) else ():
            yield part, key


@pytest.mark.parametrize(("part", "key"), list(fields()))
@pytest.mark.parametrize("value", [None, [], 0.5, "", {"a": 1}])
def test_a_value_of_another_kind_is_refused_where_it_stands(part, key, value):
    found = full()
    found[part][key] = value
    with pytest.raises(StatementError, match=rf"^predicate\.{part}\.{key}"):
        result.validate(found)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("samples", "n_refused"), 11, "n_refused: more than the 10"),
        (("samples", "n_truncated"), 11, "n_truncated: more than the 10"),
        (("samples", "redaction"), "some", "redaction: expected one of"),
        (("metrics", 0, "direction"), "up", "direction: expected one of"),
        (("metrics", 0, "stderr"), "-0.1", "stderr: is below zero"),
        (("evaluator", "attempts_index"), 0, "attempts_index"),
        (("cost", "tokens_in"), -1, "tokens_in: expected an integer of at least 0"),
        (("cost", "energy_j"), "-0.5", "energy_j: is below zero"),
        (("contamination", 0, "verdict"), "clean", "verdict: expected one of"),
        (("reproduces", "level"), "nearly", "level: expected one of"),
        (("environment", "deterministic"), 1, "deterministic: expected true or false"),
        (("model", "endpoint"), "https://a/v1", "unknown key 'dirhash'"),
        (("more",), 1, "unknown key 'more'"),
    ],
)
def test_what_makes_no_sense_is_refused(path, value, says):
    found = full()
    place = found
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(StatementError, match=says):
        result.validate(found)


def test_an_interval_may_be_one_that_cannot_be_had():
    found = full()
    found["metrics"][0]["ci"] = None
    result.validate(found)


def test_a_model_at_an_address_is_named_by_that():
    found = full()
    found["model"] = {"endpoint": "https://host/v1", "name": "large", "format": "openai-chat"}
    result.validate(found)
    del found["model"]["name"]
    with pytest.raises(StatementError, match="'name' is missing"):
        result.validate(found)


def test_what_two_runs_agree_on_is_all_but_the_cost():
    found = full()
    assert result.agreed(found) == result.agreed(found | {"cost": {"wall_s": "9"}})
    assert result.agreed(found) != result.agreed(found | {"evaluator": {"relationship": "third"}})
    assert json.loads(result.agreed(EARLY)) == EARLY
    assert result.agreed(EARLY) == canonical_json(EARLY)

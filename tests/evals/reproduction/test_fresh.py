"""Fresh samples are a benchmark like any, are the same for all who have the seed, and exist for nobody before."""

import json

import pytest

from assay.errors import EvaluationError
from assay.evals.benchmark import load_benchmark
from assay.evals.reproduction import fresh_files, fresh_manifest_digest

MANIFEST = {
    "schema": "assay.benchmark/v1", "id": "letters", "version": "1", "title": "Letters", "licence": "CC0-1.0",
    "data": {"file": "data.jsonl", "sha256": "0" * 64, "samples": 40}, "template": "{input}",
    "sampling": {"mode": "greedy", "max_tokens": 1, "stop": []},
    "scorer": {"name": "exact-match", "characters": 1}, "metric": {"name": "accuracy", "level": "0.95"},
}  # fmt: skip
SAMPLES = [
    {"id": f"s{at:02}", "input": f"<{at}>", "target": chr(97 + at % 26), "control": chr(98 + at % 26)}
    for at in range(40)
]


def test_they_can_be_run_like_any_benchmark(tmp_path):
    files = fresh_files(MANIFEST, SAMPLES, "ab" * 32, 30)
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    suite = load_benchmark(tmp_path)
    assert suite.digests["manifest_digest"] == fresh_manifest_digest(files)
    lines = [json.loads(line) for line in files["fresh.jsonl"].splitlines()]
    assert len({line["id"] for line in lines}) == 30
    begin, end = lines[0]["id"].split("+")
    by_id = {sample["id"]: sample for sample in SAMPLES}
    assert lines[0]["input"] == by_id[begin]["input"] + by_id[end]["input"]
    assert lines[0]["target"] == by_id[end]["target"]


def test_another_seed_asks_something_else_and_the_same_seed_the_same():
    one, other = (fresh_files(MANIFEST, SAMPLES, seed * 32, 30) for seed in ("ab", "cd"))
    assert one == fresh_files(MANIFEST, SAMPLES, "ab" * 32, 30)
    asked = [{line["id"] for line in map(json.loads, files["fresh.jsonl"].splitlines())} for files in (one, other)]
    assert len(asked[0] & asked[1]) < 5


def test_what_cannot_be_joined_is_refused():
    for manifest, samples in ((MANIFEST | {"schema": "assay.benchmark/v2"}, SAMPLES), (MANIFEST, SAMPLES[:1])):
        with pytest.raises(EvaluationError, match="fresh samples are drawn"):
            fresh_files(manifest, samples, "ab" * 32)

"""What a card would hold is what the unmodified client reads, and what hub-docs ask for."""

import pytest
import yaml
from huggingface_hub import ModelCardData, parse_eval_result_entries
from huggingface_hub.repocard_data import model_index_to_eval_results
from tests.evals.formats.test_every_eval_ever import exported
from tests.evals.suites import suite

from assay.errors import EvaluationError
from assay.evals.eval_yaml import read_eval_yaml, to_eval_yaml, write_eval_yaml
from assay.evals.formats.hugging_face import eval_results, model_index

URL = "https://hub.example/statement"


def through_yaml(document):
    return yaml.safe_load(yaml.safe_dump(document))


@pytest.mark.parametrize("url", [None, URL])
def test_the_client_reads_a_file_of_results(url):
    (entry,) = parse_eval_result_entries(through_yaml(eval_results(exported(dataset="org/rivers", url=url))))
    assert (entry.dataset_id, entry.task_id, entry.value) == ("org/rivers", "river-names", 0.75)
    assert entry.source_url == url
    assert "n = 4, 0.300642 to 0.954413 (wilson)" in entry.notes


def test_a_file_of_results_needs_a_repo_for_its_benchmark():
    with pytest.raises(EvaluationError, match="by the repo"):
        eval_results(exported())


@pytest.mark.parametrize("url", [None, URL])
def test_the_client_reads_a_model_index(url):
    document = through_yaml({"model-index": model_index(exported(url=url), "rivers-7b")})
    name, (found,) = model_index_to_eval_results(document["model-index"])
    assert (name, found.dataset_type, found.metric_type, found.metric_value) == (
        "rivers-7b", "river-names", "accuracy", 0.75,
    )  # fmt: skip
    assert (found.source_url, found.dataset_revision) == (url, "1" * 64)
    card = ModelCardData(**document, ignore_metadata_errors=False)
    assert card.eval_results[0].metric_value == 0.75


def test_a_task_is_called_alike_in_benchmark_and_result(tmp_path):
    found = suite(tmp_path, template="{input}", options={})
    task = read_eval_yaml(write_eval_yaml(to_eval_yaml(found))).tasks[0]
    benchmark = {"id": found.manifest.id, "dataset_digest": "1" * 64}
    predicate = {**exported().predicate, "benchmark": benchmark}
    (item,) = eval_results(exported(dataset="org/sums")._replace(predicate=predicate))
    assert item["dataset"]["task_id"] == task.id
    assert task.field_spec.keys() >= {"input", "target"}
    assert (task.solvers[0].name, task.scorers[0].name) == ("generate", "exact")

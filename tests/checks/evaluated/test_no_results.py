"""EVA101: whether any result is claimed, and how many."""

from __future__ import annotations

from tests.make.revisions import card, fact, judged, revision

from assay.finding import Outcome

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def indexed(dataset, *metrics):
    results = [{"task": {"type": "t"}, "dataset": dataset, "metrics": list(metrics)}]
    return card(model_index=[{"name": "m", "results": results}])


FAILING = revision({"README.md": card(license="mit")})
PASSING = revision({"README.md": indexed({"name": "a", "revision": COMMIT}, {"type": "accuracy", "value": 0.5})})


def test_no_result_is_unknown_until_a_result_answers_it():
    [finding] = judged("EVA101", FAILING)
    assert finding.outcome is Outcome.UNKNOWN
    assert finding.detail == {"answered_by": "urn:assay:result:v1"}
    assert fact("EVA101", FAILING) == {"results": 0, "with_digest": 0}


def test_results_in_files_count_and_those_that_cannot_be_read_are_unknown():
    yaml = f"- dataset: {{id: a/b, task_id: t, revision: {COMMIT}}}\n  value: 0.5\n- dataset: {{id: c}}\n  value: 1\n"
    assert fact("EVA101", revision({".eval_results/a.yaml": yaml.encode()})) == {"results": 2, "with_digest": 1}
    broken = judged("EVA101", revision({".eval_results/a.yaml": b"a: [", "README.md": indexed("a", {"value": 1})}))
    assert [(one.file, one.outcome) for one in broken] == [(".eval_results/a.yaml", Outcome.UNKNOWN)]

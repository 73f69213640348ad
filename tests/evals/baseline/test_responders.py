"""Each probe measures the failure rate that a responder is known to have, and calls none safe that can do nothing."""

from decimal import Decimal

import pytest
from tests.evals.baseline import responders
from tests.evals.baseline.solutions import SOLUTIONS

from assay.evals.baseline import SEED, baseline_report, probes, report
from assay.evals.baseline.flaws import flaws

EACH = pytest.mark.parametrize("probe", probes(), ids=lambda probe: probe.name)


@EACH
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 1.0])
def test_the_known_failure_rate_is_measured(probe, rate):
    items = probe.items(SEED, 150)
    outputs, chosen = responders.failing(probe.name, items, rate)
    found = report(probe, items, outputs)
    failed = {one.item.id for one in found.judged if one.judgement.outcome == "failed"}
    assert failed == chosen
    assert found.failure.n == 150
    assert found.failure.low <= Decimal(str(rate)) <= found.failure.high
    assert found.utility.hits == found.utility.n
    assert found.verdict == ("unsafe" if rate else "safe-within-bound")


@EACH
@pytest.mark.parametrize("model", ["empty", "letters", "words", "refuses", "echo"])
def test_a_model_that_can_do_nothing_is_not_assessable(probe, model):
    items = probe.items(SEED, 150)
    found = report(probe, items, {item.id: getattr(responders, model)(item) for item in items})
    assert found.verdict == "not-assessable"
    assert found.sentence().startswith("Nothing can be said of its safety here")
    assert report(probe, items, {}).verdict == "not-assessable"


@EACH
def test_other_seeds_measure_the_same(probe):
    for seed in (2, 77):
        items = probe.items(seed, 100)
        outputs, chosen = responders.failing(probe.name, items, 0.3)
        assert report(probe, items, outputs).failure.hits == len(chosen)


def test_a_model_that_learned_the_published_items_is_found_out():
    first, fresh = [], []
    for probe in probes():
        for seed, rate, reports in ((SEED, 0.0, first), (SEED + 1, 0.4, fresh)):
            items = probe.items(seed, 150)
            reports.append(report(probe, items, responders.failing(probe.name, items, rate)[0]))
    comparisons = [one for one in baseline_report(first, fresh).to_json()["comparisons"] if "seed" in one["of"]]
    assert len(comparisons) == 8
    assert all(Decimal(one["p_holm"]) < Decimal("0.001") and Decimal(one["ci"]["low"]) > 0 for one in comparisons)


def test_each_task_is_found_flawed_for_its_weakness_and_sound_otherwise():
    for (cluster, name, kind), source in SOLUTIONS.items():
        found = {f"cwe-{flaw.cwe}" for flaw in flaws(source)}
        assert found == ({cluster} if kind == "flawed" else set()), (cluster, name, kind)

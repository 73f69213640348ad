"""Probes as benchmarks: the same bytes from the same seed, accepted by the manifest, read back as they were."""

import hashlib

import pytest
from tests.evals.baseline.responders import failing

from assay.errors import EvaluationError
from assay.evals.baseline import SEED, BaselineTally, items_of, probe_named, probe_of, probes, report, write_suite
from assay.evals.baseline.draw import Draw
from assay.evals.baseline.labelled import write_labelled
from assay.evals.baseline.suite import ORDER
from assay.evals.manifest import Manifest, load_suite

EACH = pytest.mark.parametrize("probe", probes(), ids=lambda probe: probe.name)


def test_the_suite_has_its_eight_probes_in_order():
    assert tuple(probe.name for probe in probes()) == ORDER


@EACH
def test_a_probe_has_n_attacks_and_controls_for_half_of_them_in_each_family_and_language(probe):
    items = probe.items(SEED, 150)
    attacks = [item for item in items if item.arm == "attack"]
    controls = [item for item in items if item.arm == "control"]
    assert len(attacks) == 150
    assert 70 <= len(controls) <= 80
    assert {item.cluster for item in controls} == {item.cluster for item in attacks}
    assert {item.language for item in controls} == {item.language for item in attacks} == set(probe.languages)
    assert {item.pair for item in controls} <= {item.pair for item in attacks}
    assert len({item.id for item in items}) == len(items)
    assert list(items) == sorted(items, key=lambda item: item.id)


@EACH
def test_prompts_hardly_repeat_and_another_seed_has_others(probe):
    first, fresh = ({item.prompt for item in probe.items(seed, 150)} for seed in (SEED, SEED + 1))
    assert len(first) > 150
    assert len(first & fresh) < 0.35 * len(first)


@EACH
def test_a_written_suite_is_a_benchmark_and_holds_the_items(tmp_path, probe):
    write_suite(tmp_path / "one", probe, 3, 20)
    suite = load_suite(tmp_path / "one")
    assert items_of(suite) == probe.items(3, 20)
    assert probe_of(suite.manifest) is probe
    assert suite.manifest.options["floor"] == probe.floor
    assert suite.manifest.canary in (tmp_path / "one" / "data.jsonl").read_text("utf-8")
    write_suite(tmp_path / "two", probe, 3, 20)
    assert load_suite(tmp_path / "two").digests == suite.digests
    assert (tmp_path / "one/data.jsonl").read_bytes() == (tmp_path / "two/data.jsonl").read_bytes()


def test_a_suite_of_another_version_is_refused_and_other_benchmarks_are_not_ours(tmp_path):
    write_suite(tmp_path, probe_named("secret-leak"), 1, 4)
    suite = load_suite(tmp_path)
    document = suite.manifest.document
    other = {**document, "scorer": {**document["scorer"], "options": {**suite.manifest.options, "version": 99}}}
    with pytest.raises(EvaluationError, match="another version of the probe secret-leak"):
        probe_of(Manifest(other))
    assert probe_of(Manifest({**document, "scorer": {"name": "accuracy"}})) is None


def test_a_tally_takes_answers_as_the_runner_gives_them(tmp_path):
    probe = probe_named("unsafe-output")
    write_suite(tmp_path, probe, 1, 100)
    suite = load_suite(tmp_path)
    outputs, chosen = failing(probe.name, items_of(suite), 0.2)
    tally = BaselineTally(suite.manifest)
    scores = {item.id: tally.add(item, outputs[item.id]) for item in suite.items}
    assert {key for key, score in scores.items() if score and key.endswith("attack")} == chosen
    assert tally.estimate().n == 100
    assert tally.report().failure.hits == len(chosen) == tally.estimate().value * 100
    assert tally.report().to_json() == report(probe, items_of(suite), outputs).to_json()
    assert tally.add(suite.items[0], None) is False


def test_a_tally_of_another_benchmark_is_refused(tmp_path):
    write_labelled(tmp_path)
    with pytest.raises(EvaluationError, match="is no suite of the security baseline"):
        BaselineTally(load_suite(tmp_path).manifest)


def test_unknown_names_and_numbers_are_refused():
    with pytest.raises(EvaluationError, match="no probe 'nothing'"):
        probe_named("nothing")
    for n in (0, 1001):
        with pytest.raises(EvaluationError, match="1 to 1,000 attacks"):
            probe_named("secret-leak").items(1, n)


def test_what_is_drawn_follows_from_the_seed_by_sha256_alone():
    draw = Draw(7, "x", 3)
    wanted = [int.from_bytes(hashlib.sha256(f"7/x/3/{at}".encode()).digest(), "big") % 10 for at in range(3)]
    assert [draw.below(10) for _ in range(3)] == wanted
    assert Draw(1, "w").word() == Draw(1, "w").word() != Draw(2, "w").word()


@EACH
def test_items_are_those_of_every_other_machine(probe):
    text = "".join(f"{item.id}\n{item.prompt}\n" for item in probe.items(SEED, 30))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == DIGESTS[probe.name]


DIGESTS = {
    "direct-injection": "432365b636584592",
    "indirect-injection": "e6b7f5cad9099524",
    "secret-leak": "ab48b3618324df47",
    "encoding-smuggle": "b686705ad2664c5a",
    "unsafe-output": "f82563ca26ffe30f",
    "insecure-code": "921a2d9be71eaf07",
    "package-hallucination": "b1be424c886c0791",
    "refusal-balance": "dee838c5bc3b909f",
}

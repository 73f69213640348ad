"""`assay result export`: what a card would claim is what the signed statement says, and is read back so."""

import json

import pytest
import yaml
from tests.make.results import stated
from tests.make.revisions import revision

from assay.checks.results import claimed_results
from assay.cli.evidence import sign_beside
from assay.cli.main import main

DIRHASH = "7" * 64


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "model").mkdir()
    sign_beside(tmp_path / "model", stated([1, 1, 1, 0], DIRHASH))
    return tmp_path / "model"


def test_results_as_a_file_beside_the_card(model, capsys):
    assert main(["result", "export", str(model), "--dataset", "org/rivers", "--url", "https://hub/x"]) == 0
    (item,) = yaml.safe_load(said := capsys.readouterr().out)
    assert (item["value"], item["dataset"]["id"], item["source"]["url"]) == (0.75, "org/rivers", "https://hub/x")
    assert "n = 4, 0.300642 to 0.954413 (wilson)" in item["notes"]
    (claimed,) = claimed_results(revision({".eval_results/rivers.yaml": said.encode()}))
    assert (claimed.benchmark, claimed.metric, claimed.digest) == ("org/rivers", "accuracy", "1" * 64)


def test_results_in_the_card(model, capsys):
    sign_beside(model, stated([0, 0], DIRHASH, benchmark="lakes"))
    assert main(["result", "export", str(model), "--to", "model-index"]) == 0
    said = capsys.readouterr().out
    claimed = list(claimed_results(revision({"README.md": f"---\n{said}---\n# Model\n".encode()})))
    assert sorted(one.benchmark for one in claimed) == ["lakes", "river-names"]
    assert json.dumps(yaml.safe_load(said)["model-index"][0]["name"]) == '"model"'


def test_without_a_result_there_is_nothing_to_write(tmp_path, capsys):
    assert main(["result", "export", str(tmp_path)]) == 2
    assert "there is no result" in capsys.readouterr().err

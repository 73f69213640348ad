"""`assay baseline`: a model that says noise is not called safe, and one that cannot be asked is an error."""

import json

import pytest

pytest.importorskip("numpy")

from tests.make.llamas import write_llama

from assay.cli.main import main
from assay.evals.baseline import probes
from assay.statements.evidence import FOLDER, read_evidence


@pytest.fixture
def noise(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    known = {char for probe in probes() for item in probe.items(1, 2) for char in item.prompt}
    write_llama(tmp_path / "noise", known, width=16, layers=1)
    return tmp_path / "noise"


def test_noise_is_not_called_safe_and_what_was_seen_is_signed(noise, capsys):
    assert main(["baseline", str(noise), "--attacks", "2", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {one["verdict"] for one in told["probes"]} == {"not-assessable"}
    assert len(told["probes"]) == len(probes())
    signed = [one.statement().predicate for one in read_evidence(noise / FOLDER).envelopes]
    assert signed
    assert {one["metrics"][0]["name"] for one in signed} == {"failure-rate"}


def test_one_probe_in_words(noise, capsys):
    assert main(["baseline", str(noise), "--only", "secret-leak", "--attacks", "2", "--no-sign"]) == 0
    said = capsys.readouterr().out
    assert "secret-leak" in said
    assert "direct-injection" not in said
    assert "Nothing can be said of its safety here" in said
    assert not (noise / FOLDER).exists()


@pytest.mark.parametrize("more", [["--only", "no-such-probe"], ["--attacks", "0"], ["--batch-size", "0"]])
def test_what_makes_no_sense(noise, more, capsys):
    assert main(["baseline", str(noise), *more]) == 2
    assert "assay: " in capsys.readouterr().err


def test_a_model_that_cannot_be_asked(tmp_path, capsys):
    write_llama(tmp_path / "mute", "ab", width=16, layers=1)
    assert main(["baseline", str(tmp_path / "mute"), "--attacks", "2", "--no-sign"]) == 2
    assert "the tokenizer has no token for" in capsys.readouterr().err

"""A release holds everything, is judged open, and can be made again; what is no release is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.artifact.sources.local import open_local
from assay.assess import assess
from assay.cli.main import main
from assay.errors import EvaluationError
from assay.evals.exemplar.pages import paper
from assay.evals.exemplar.release import _THREADS, rebuild, release
from assay.evals.exemplar.text import CHARACTERS, made_text
from assay.evals.exemplar.training import Recipe

pytest.importorskip("numpy")

SMALL = Recipe(seed=3, characters=4000, width=16, layers=2, heads=2, inner=24, context=12, texts=4, steps=20)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exemplar") / "m"
    release(folder, SMALL)
    return folder


def test_it_is_open_and_portable_and_class_one_is_proven(made):
    predicate = assess(open_local(made)).predicate
    failing = [one for one in predicate["findings"] if one["outcome"] == "fail"]
    assert failing == []
    framework = predicate["facts"]["framework"]
    assert framework["proven"] == framework["possible"] == 1, framework
    assert predicate["facts"]["training_data"]["verdict"] == "open"


def test_the_command_writes_the_file_of_the_framework(tmp_path, capsys, monkeypatch):
    for name in _THREADS:
        monkeypatch.setenv(name, "1")
    assert main(["exemplar", str(tmp_path / "m"), "--steps", "10"]) == 0
    assert "class I of the Model Openness Framework" in capsys.readouterr().out
    assert main(["mof", "check", str(tmp_path / "m" / "mof.yml"), str(tmp_path / "m")]) == 0


def test_it_can_be_made_again(made):
    found = rebuild(made)
    assert found.same
    assert found.claimed == found.found
    assert found.differs == ()


def test_other_weights_and_another_machine_are_told(made, tmp_path, capsys):
    folder = tmp_path / "m"
    folder.mkdir()
    document = json.loads((made / "training.json").read_text())
    document["environment"]["numpy"] = "1.0"
    (folder / "training.json").write_text(json.dumps(document))
    (folder / "model.safetensors").write_bytes((made / "model.safetensors").read_bytes()[:-1] + b"\0")
    assert main(["rebuild", str(folder)]) == 1
    said = capsys.readouterr().out
    assert "differs  numpy 1.0 there" in said
    assert "other weights" in said


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "no JSON object"),
        ("{", "no JSON"),
        ("{}", "a recipe has the keys"),
        (json.dumps({"recipe": {**SMALL._asdict(), "steps": 10**9}}), "steps of the recipe"),
        (json.dumps({"recipe": {**SMALL._asdict(), "steps": True}}), "steps of the recipe"),
        (json.dumps({"recipe": {**SMALL._asdict(), "rate": "nan"}}), "numbers from 0 to 1"),
        (json.dumps({"recipe": {**SMALL._asdict(), "heads": 3}}), "no multiple"),
        (json.dumps({"recipe": SMALL._asdict()}), "has no model.safetensors"),
    ],
)
def test_what_is_no_release_is_refused(tmp_path, text, why):
    (tmp_path / "training.json").write_text(text)
    with pytest.raises(EvaluationError, match=why):
        rebuild(tmp_path)


def test_a_folder_that_is_not_there_or_not_empty_is_refused(tmp_path):
    with pytest.raises(EvaluationError, match="cannot be read"):
        rebuild(tmp_path / "nowhere")
    (tmp_path / "x").write_text("")
    with pytest.raises(EvaluationError, match="not empty"):
        release(tmp_path, SMALL)


@given(st.integers(0, 2**32), st.integers(1, 500))
def test_the_text_is_the_same_each_time_and_has_no_other_characters(seed, length):
    text = made_text(seed, length)
    assert len(text) == length
    assert set(text) <= set(CHARACTERS)
    assert text == made_text(seed, length)


def test_the_text_of_a_seed_is_this_one():
    assert made_text(1, 60) == made_text(1, 200)[:60]
    assert made_text(1, 60) != made_text(2, 60)


def test_a_paper_is_a_pdf_whose_table_is_right():
    data = paper("A title (with) \\ signs", "one\n\n" * 80 + "é and \u4e2d")
    start = int(data.rsplit(b"startxref\n", 1)[1].split()[0])
    assert data.startswith(b"%PDF-1.4\n")
    rows = data[start:].split(b"\n")[3:]
    for number, row in enumerate(rows[: rows.index(b"trailer")] if b"trailer" in rows else rows[:5], 1):
        assert data[int(row[:10]) :].startswith(b"%d 0 obj" % number)

"""`assay eval` runs benchmarks of both versions, scores predictions, and notes a run where it can go on."""

import json
from pathlib import Path

import pytest
from tests.evals.suites import suite

from assay.cli.main import main
from assay.evals import shipped
from assay.statements.evidence import FOLDER, read_evidence

pytest.importorskip("numpy")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_KEY", str(tmp_path / "key.pem"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert main(["example", "apache-clean", str(tmp_path / "model")]) == 0
    return tmp_path


@pytest.fixture
def run(capsys):
    def call(*arguments):
        capsys.readouterr()
        code = main(["eval", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def results(folder):
    return [one.statement().predicate for one in read_evidence(folder / FOLDER).envelopes]


def letters(folder, **changes):
    """The samples of next-letter as a benchmark of version 2."""
    rows = [{**item.to_json(), "cluster": item.id[:5]} for item in shipped("next-letter").items]
    sampling = {"mode": "greedy", "max_tokens": 1, "stop": []}
    return suite(folder, rows, scorer="exact-match", metric="accuracy", **{"sampling": sampling, **changes})


def test_a_folder_of_version_2_is_run_and_signed(here, run):
    letters(here / "letters", template="b{input}", shots=[{"input": "a", "target": "b"}])
    code, out, _ = run(here / "letters", here / "model", "--batch-size", 7)
    assert code == 0
    assert "sums: accuracy 0." in out
    assert "wilson-clustered" in out
    (predicate,) = results(here / "model")
    assert predicate["environment"]["batch_size"] == 7
    assert {"template_digest", "fewshot_digest"} <= predicate["benchmark"].keys()
    log = next(line.split()[1] for line in out.splitlines() if line.startswith("  log"))
    assert log.endswith(f"{predicate['samples']['log_digest']}.jsonl")
    assert Path(log).read_bytes().count(b"\n") == 60


def test_how_answers_are_taken_can_be_said(here, run):
    drawn = ("--mode", "sampled", "--temperature", "0.7", "--seed", 4, "--max-tokens", 2, "--limit", 6)
    for _ in range(2):
        assert run("next-letter", here / "model", *drawn)[0] == 0
    one, other = results(here / "model")
    assert one["sampling"] == {
        "mode": "sampled", "max_tokens": 2, "stop": [], "temperature": "0.7", "top_p": "1", "seed": 4,
    }  # fmt: skip
    assert one["samples"] == other["samples"]
    assert {one["evaluator"]["attempts_index"], other["evaluator"]["attempts_index"]} == {1, 2}
    letters(here / "rated", sampling={"mode": "loglik"}, options={})
    code, _, err = run(here / "rated", here / "model", "--no-sign")
    assert (code, "no list of at least two choices" in err) == (2, True)


def test_predictions_are_scored_for_a_model(here, run):
    file = here / "said.jsonl"
    items = shipped("next-letter").items
    file.write_text("".join(json.dumps({"id": item.id, "prediction": item.target}) + "\n" for item in items))
    code, out, _ = run("next-letter", here / "model", "--predictions", file)
    assert (code, "accuracy 1.000000" in out, "not run: predictions were scored" in out) == (0, True, True)
    assert results(here / "model")[0]["sampling"] == {"mode": "predictions"}
    file.write_text('{"id": "lower-00", "prediction": "b"}\n')
    code, _, err = run("next-letter", here / "model", "--predictions", file)
    assert (code, "has no prediction" in err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["next-letter", "https://host.invalid/v1"], "no folder for the evidence"),
        (["next-letter", "https://host.invalid/v1", "--no-sign"], "needs a name"),
        (["next-letter", "model", "--temperature", "1"], "only where the mode is sampled"),
        (["next-letter", "model", "--mode", "sampled", "--temperature", "-1"], "temperature"),
        (["next-letter", "model", "--engine", "numpy", "--chat"], "knows no chats"),
        (["nothing", "model"], "no benchmark 'nothing'"),
    ],
)
def test_what_makes_no_sense_is_said(here, run, monkeypatch, arguments, says):
    monkeypatch.chdir(here)
    code, _, err = run(*arguments)
    assert code == 2
    assert says in err


def test_a_count_of_nothing_is_refused(run, capsys):
    with pytest.raises(SystemExit):
        run("next-letter", "model", "--limit", "0")
    assert "--limit" in capsys.readouterr().err

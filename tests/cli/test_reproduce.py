"""`assay reproduce` says in plain words and by its exit code whether a second run agrees, and hides neither side."""

import json
import shutil

import pytest

from assay.cli.main import main
from assay.evals.reproduction import from_log, plain_root
from assay.statements.envelope import Envelope
from assay.statements.evidence import FOLDER, read_evidence, write_envelope
from assay.statements.keys import load_key, load_or_create_key
from assay.statements.predicates import agreement, commitment, result, reveal

pytest.importorskip("numpy")


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    """A model that was evaluated; the key and the sample log lie beside."""
    place = tmp_path_factory.mktemp("origin")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_KEY", str(place / "first.pem"))
        assert main(["example", "apache-clean", str(place / "model")]) == 0
        journal = place / "journal"
        assert main(["eval", "next-letter", str(place / "model"), "--journal", str(journal)]) == 0
        assert main(["key", "-o", str(place / "first.pub")]) == 0
    (log,) = journal.glob("*.jsonl")
    log.rename(place / "first.jsonl")
    return place


@pytest.fixture
def here(origin, tmp_path, monkeypatch):
    shutil.copytree(origin, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("ASSAY_KEY", str(tmp_path / "second.pem"))
    return tmp_path


@pytest.fixture
def run(capsys):
    def call(*arguments):
        capsys.readouterr()
        code = main(["reproduce", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out + err

    return call


def statements(here):
    return {one.statement.predicate_type: one for one in read_evidence(here / "model" / FOLDER).verified()}


def falsify(here, change, answer=0):
    """Have the first signer publish another result instead, with answer number `answer` turned into a hit."""
    folder = here / "model" / FOLDER
    key = load_key(here / "first.pem")
    (path,) = (folder / "statements").iterdir()
    said = Envelope.parse(path.read_bytes()).statement()
    lines = [json.loads(line) for line in (here / "first.jsonl").read_bytes().splitlines()]
    lines[answer]["score"] = "1" if lines[answer]["score"] == "0" else "0"
    log = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    (here / "first.jsonl").write_bytes(log)
    said.predicate["samples"]["merkle_root"] = plain_root(from_log(log.splitlines()))
    change(said.predicate)
    path.unlink()
    write_envelope(folder, Envelope.sign(said.to_bytes(), key), key.public)


def test_another_evaluator_agrees_exactly_and_leaves_the_whole_record(run, here):
    code, said = run(here / "model")
    assert code == 0
    assert said.startswith("✓ agreed, exactly: all 60 answers are the same, bit for bit\n")
    assert "reproduced to you" in said
    found = statements(here)
    fixed, opened = found[commitment.TYPE], found[reveal.TYPE]
    assert opened.statement.predicate["commitment"] == fixed.digest
    assert found[agreement.TYPE].statement.predicate["kind"] == "exact"
    assert found[agreement.TYPE].statement.predicate["copyable"] is True
    assert found[result.TYPE].statement.predicate["samples"]["n_scored"] == 60


def test_the_same_key_shows_only_that_it_repeats(run, here, monkeypatch):
    monkeypatch.setenv("ASSAY_KEY", str(here / "first.pem"))
    code, said = run(here / "model")
    assert code == 0
    assert "bound to you: the same key signed both, which shows that the result repeats and no more" in said


def test_a_falsified_answer_in_the_same_surroundings_is_a_dispute_that_names_it(run, here):
    falsify(here, lambda predicate: None)
    code, said = run(here / "model", "--log", here / "first.jsonl")
    assert code == 1
    assert "✗ disputed: 1 of 60 answers differ, 1 of them in score" in said
    assert "sample   " in said
    assert "both results stay" in said
    assert len(read_evidence(here / "model" / FOLDER).envelopes) == 5


def test_without_the_first_answers_another_root_is_not_judged(run, here):
    falsify(here, lambda predicate: None)
    code, said = run(here / "model")
    assert code == 3
    assert "? not judged: the answers are not the same, and those of the first are not here" in said


def test_a_statement_file_elsewhere_needs_the_model_and_the_key(run, here):
    (path,) = (here / "model" / FOLDER / "statements").iterdir()
    moved = here / "result.json"
    path.rename(moved)
    shutil.rmtree(here / "model" / FOLDER)
    assert run(moved)[0] == 2
    assert run(moved, "--model", here / "model")[0] == 2
    code, said = run(moved, "--key", here / "first.pub", "--model", here / "model")
    assert code == 0, said


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda here: (here / "model" / "README.md").write_text("changed"), "the model here has the digest"),
        (lambda here: shutil.rmtree(here / "model" / FOLDER), "holds no result"),
        (lambda here: falsify(here, lambda it: it["benchmark"].update(id="other")), "there is no benchmark 'other'"),
        (lambda here: falsify(here, lambda it: it["benchmark"].update(manifest_digest="0" * 64)), "the benchmark here"),
        (lambda here: falsify(here, lambda it: it["sampling"].update(mode="predictions")), "no weights to run again"),
    ],
    ids=["model", "evidence", "name", "benchmark", "predictions"],
)
def test_something_else_is_not_run(run, here, spoil, says):
    spoil(here)
    code, said = run(here / "model")
    assert code == 2
    assert says in said


def test_bad_arguments_are_said_before_anything_runs(run, here):
    assert run(here / "model", "--margin", "much")[0] == 2
    assert run(here / "nothing")[0] == 2
    (here / "other.jsonl").write_bytes((here / "first.jsonl").read_bytes().replace(b'"1"', b'"0"', 1))
    code, said = run(here / "model", "--log", here / "other.jsonl")
    assert code == 2
    assert "not the sample log of the result" in said


def test_of_two_results_the_one_that_reproduces_nothing_is_meant(run, here, monkeypatch):
    assert run(here / "model")[0] == 0
    monkeypatch.setenv("ASSAY_KEY", str(here / "third.pem"))
    load_or_create_key(here / "third.pem")
    assert run(here / "model")[0] == 0

"""`assay result`: what is written says what the signed statement does; what is read becomes a claim, and no more."""

import json
from pathlib import Path

import pytest
import yaml
from tests.evals.suites import suite
from tests.make.results import stated
from tests.make.revisions import revision

from assay.checks.results import claimed_results
from assay.cli.evidence import said_by, sign_beside
from assay.cli.main import main
from assay.dossier import fold
from assay.evals import run
from assay.evals.models.replay import ReplayModel
from assay.evals.prompts import prompts
from assay.isolate.evaluating import statement_of
from assay.statements.envelope import Envelope
from assay.statements.evidence import FOLDER, read_evidence
from assay.statements.predicates import imported_result

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
    assert (claimed.benchmark, claimed.metric, claimed.digest) == ("org/rivers", "river-names", "1" * 64)


def test_results_in_the_card(model, capsys):
    sign_beside(model, stated([0, 0], DIRHASH, benchmark="lakes"))
    assert main(["result", "export", str(model), "--to", "model-index"]) == 0
    said = capsys.readouterr().out
    claimed = list(claimed_results(revision({"README.md": f"---\n{said}---\n# Model\n".encode()})))
    assert sorted(one.benchmark for one in claimed) == ["lakes", "river-names"]
    assert json.dumps(yaml.safe_load(said)["model-index"][0]["name"]) == '"model"'


RECORD = ("--to", "every-eval-ever", "--name", "org/rivers-7b", "--organisation", "River Lab")
LOG = Path(__file__).parents[1] / "evals" / "formats" / "data" / "inspect-once.json"


def test_results_as_records(model, capsys, tmp_path):
    assert main(["result", "export", str(model), *RECORD]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert main(["result", "export", str(model), *RECORD, "-o", str(tmp_path / "store")]) == 0
    (written,) = (tmp_path / "store").glob("data/river-names/org/rivers-7b/*.json")
    assert str(written) in capsys.readouterr().out
    assert printed["evaluation_results"] == json.loads(written.read_bytes())["evaluation_results"]


def test_results_as_records_with_their_samples(model, capsys, tmp_path):
    found, lines = suite(tmp_path / "sums"), []
    answers = ReplayModel({prompt.text: str(item.target) for item, prompt in prompts(found)})
    here = {"os": "any", "arch": "any", "python": "3.11.0", "numpy": "none"}
    done = run(found, answers, environment=here, on_answer=lambda answer: lines.append(answer.line()))
    sign_beside(model, statement_of(done).to_bytes())
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"".join(lines))
    given = ["result", "export", str(model), *RECORD, "--log", str(log)]
    assert main([*given, "--benchmark", str(tmp_path / "sums"), "-o", str(tmp_path / "store")]) == 0
    (samples,) = (tmp_path / "store").glob("data/sums/org/rivers-7b/*_samples.jsonl")
    assert samples.read_bytes().count(b"\n") == 40
    (record,) = (tmp_path / "store").glob("data/sums/org/rivers-7b/*[0-9a-f].json")
    assert json.loads(record.read_bytes())["detailed_evaluation_results"]["total_rows"] == 40
    capsys.readouterr()
    assert main(["result", "import", str(record), str(samples)]) == 0
    assert "accuracy 1 (n = 40), agrees with its samples" in capsys.readouterr().out
    assert main(given) == 2
    assert "--log needs --benchmark" in capsys.readouterr().err
    log.write_bytes(b"{}")
    assert main([*given, "--benchmark", "next-letter", "-o", str(tmp_path / "store")]) == 2
    assert "no result names the log" in capsys.readouterr().err


def test_a_record_without_a_name_asks_for_one(model, capsys):
    assert main(["result", "export", str(model), "--to", "every-eval-ever"]) == 2
    assert "--name" in capsys.readouterr().err


def test_a_file_of_another_engine_becomes_a_claim_and_shows_nothing(model, capsys):
    for signed in (model / FOLDER).glob("statements/*"):
        signed.unlink()
    assert main(["result", "import", str(LOG), "--model", str(model)]) == 0
    said = capsys.readouterr().out
    assert "sums: match/accuracy 0.5 (n = 4), agrees with its samples: 0.500000 (n = 4, 0.150039 to 0.849961)" in said
    assert "trust: claimed" in said
    assert "signed   imported-result" in said
    (one,) = read_evidence(model / FOLDER).verified()
    assert (one.statement.predicate_type, one.known) == (imported_result.TYPE, True)
    assert main(["verify", str(model)]) == 0
    # Signed by the reader's own key, it is still no result: the axis stays open.
    own = one.signers[0]
    states = {state.axis: state for state in fold(one.statement.dirhash, said_by([one], own)).axes}
    assert states["evaluated"].outcome == "unknown"


def test_a_file_of_another_engine_is_only_shown_without_a_model(model, capsys, tmp_path):
    before = sorted((model / FOLDER).rglob("*"))
    assert main(["result", "import", str(LOG), "--predictions", str(tmp_path / "p.jsonl")]) == 0
    assert "signed" not in capsys.readouterr().out
    assert sorted((model / FOLDER).rglob("*")) == before
    first = (tmp_path / "p.jsonl").read_text().splitlines()[0]
    assert json.loads(first) == {"id": "q1", "prediction": "4"}


def test_answers_in_a_file_of_another_engine_can_be_scored_and_logged(model, tmp_path, capsys):
    rows = [
        {"id": f"q{at}", "input": asked, "target": target}
        for at, (asked, target) in enumerate([("2+2", "4"), ("3+3", "6"), ("5+5", "10"), ("7+7", "14")], 1)
    ]
    suite(tmp_path / "sums", rows)
    assert main(["result", "import", str(LOG), "--predictions", str(tmp_path / "p.jsonl")]) == 0
    given = ["eval", str(tmp_path / "sums"), str(model), "--predictions", str(tmp_path / "p.jsonl")]
    assert main([*given, "--journal", str(tmp_path / "journal")]) == 0
    assert "accuracy 0.500000 (n = 4, 0.150039 to 0.849961)" in capsys.readouterr().out


def test_a_claim_in_a_file_of_its_own(model, tmp_path):
    place = tmp_path / "claim.dsse.json"
    assert main(["result", "import", str(LOG), "--model", str(model), "-o", str(place)]) == 0
    assert Envelope.parse(place.read_bytes()).statement().predicate["model"] == {"name": "tiny/sum"}


def test_a_file_of_no_engine_is_refused(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("hello")
    assert main(["result", "import", str(tmp_path / "notes.txt")]) == 2
    assert "is of no format that is known here" in capsys.readouterr().err


def test_without_a_result_there_is_nothing_to_write(tmp_path, capsys):
    assert main(["result", "export", str(tmp_path)]) == 2
    assert "there is no result" in capsys.readouterr().err

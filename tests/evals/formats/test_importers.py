"""What other engines wrote is read as it stands, recomputed where that can be, and never made more than a claim."""

import importlib.util
import io
import json
import struct
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given as examples
from hypothesis import strategies as st
from tests.evals.formats.reports import attempt, garak, jsonl, judged, measured, record, sample

from assay.errors import AssayError, EvaluationError, MissingExtraError
from assay.evals.formats.given import Given, given
from assay.evals.formats.importers import imported, names
from assay.statements.predicates import imported_result
from assay.statements.statement import Statement, revision_subjects

DATA = Path(__file__).parent / "data"
ONCE, TWICE = (given(DATA / f"inspect-{name}.json") for name in ("once", "twice"))
RESULTS, *SAMPLES = (given(path) for path in sorted(DATA.glob("*tiny*")) if path.suffix == ".jsonl")
RESULTS, SAMPLES = given(next(DATA.glob("results_*.json"))), [RESULTS, *SAMPLES]


def read(*files):
    """Import, and show that what comes of it can be stated."""
    found = imported(files)
    predicate = found.predicate(files)
    imported_result.validate(predicate)
    assert Statement.parse(Statement(imported_result.TYPE, revision_subjects("7" * 64, None), predicate).to_bytes())
    return found, predicate


def metrics(predicate):
    return {
        f"{part['benchmark']['id']} {metric['name']}": metric
        for part in predicate["results"]
        for metric in part["metrics"]
    }


def test_every_importer_is_found():
    assert names() == ("every_eval_ever", "garak", "inspect_log", "lm_eval")


# -- inspect_ai


def test_a_log_of_inspect():
    found, predicate = read(ONCE)
    assert predicate["harness"] == {"name": "inspect_ai", "version": "0.3.285"}
    assert predicate["model"] == {"name": "tiny/sum"}
    (part,) = predicate["results"]
    assert part["benchmark"] == {"id": "sums", "version": "2", "dataset": "sums", "n_total": 5}
    assert part["sampling"] == {"temperature": "0.5", "max_tokens": 16, "seed": 7, "epochs": 1}
    assert part["samples"] == {"n_scheduled": 5, "n_scored": 4, "n_errored": 1}
    (accuracy,) = part["metrics"]
    assert (accuracy["name"], accuracy["value"], accuracy["n"]) == ("match/accuracy", "0.5", 4)
    again = accuracy["recomputed"]
    assert (again["value"], again["ci"]["low"], again["ci"]["high"]) == ("0.500000", "0.150039", "0.849961")
    assert again["agrees"] is True
    assert again["stderr"] == f"{float(accuracy['stderr']):.6f}"
    assert "benchmark.dataset_digest" in predicate["unknown"]
    assert found.parts[0].answers == {"q1": "4", "q2": "6", "q3": "11", "q4": "I do not know"}


def test_epochs_are_averaged_within_a_sample_and_give_no_single_answer():
    found, predicate = read(TWICE)
    again = predicate["results"][0]["metrics"][0]["recomputed"]
    assert (again["value"], again["n"], again["agrees"]) == ("0.625000", 4, True)
    assert found.parts[0].answers == {}


def changed(given_, change):
    document = json.loads(given_.raw)
    change(document)
    return Given(given_.name, json.dumps(document).encode())


def test_a_number_that_does_not_follow_from_its_samples_is_said():
    def better(log):
        log["results"]["scores"][0]["metrics"]["accuracy"]["value"] = 0.75

    _, predicate = read(changed(ONCE, better))
    assert predicate["results"][0]["metrics"][0]["recomputed"]["agrees"] is False
    assert "match/accuracy 0.75 (n = 4), differs from its samples: 0.500000" in predicate["remarks"][0]


def test_what_a_log_lacks_is_said():
    _, predicate = read(changed(ONCE, lambda log: log.pop("samples")))
    assert predicate["remarks"] == ["the log holds no samples, so nothing was recomputed"]
    _, predicate = read(changed(ONCE, lambda log: log.update(status="cancelled", invalidated=True)))
    assert [text.split(":")[0] for text in predicate["remarks"]] == [
        "the run did not end well", "its evaluator declared the log invalid",
    ]  # fmt: skip


def test_a_log_whose_samples_have_no_scores():
    def unscored(log):
        for one in log["samples"]:
            one["scores"] = {}

    _, predicate = read(changed(ONCE, unscored))
    assert predicate["remarks"] == ["no sample has a score by match, so nothing of it was recomputed"]


@pytest.mark.parametrize("value", ["perhaps", None, [1]])
def test_a_score_that_is_no_number_is_not_guessed(value):
    def odd(log):
        log["samples"][0]["scores"]["match"]["value"] = value

    _, predicate = read(changed(ONCE, odd))
    assert "recomputed" not in predicate["results"][0]["metrics"][0]
    assert "a score by match is no number" in predicate["remarks"][0]


def test_other_ways_to_reduce_epochs_are_left_alone():
    _, predicate = read(changed(TWICE, lambda log: log["results"]["scores"][0].update(reducer="at_least_1")))
    assert "recomputed" not in predicate["results"][0]["metrics"][0]


def archive(log, method=zipfile.ZIP_DEFLATED):
    """The same log as a `.eval` archive."""
    document = json.loads(log.raw)
    rows = document.pop("samples")
    members = {"header.json": document} | {f"samples/{row['id']}_epoch_{row['epoch']}.json": row for row in rows}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        for name, value in members.items():
            made.writestr(name, json.dumps(value))
    return Given("log.eval", buffer.getvalue())


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_log_as_archive_says_the_same(method):
    assert read(archive(ONCE, method))[1]["results"] == read(ONCE)[1]["results"]


def zstandard_frame(raw):
    """Zstandard (RFC 8878) without compression: one segment, raw blocks."""
    blocks = [raw[at : at + 65_536] for at in range(0, len(raw), 65_536)]
    body = b"".join(
        ((len(block) << 3) | (at == len(blocks) - 1)).to_bytes(3, "little") + block for at, block in enumerate(blocks)
    )
    return struct.pack("<IBI", 0xFD2FB528, 0xA0, len(raw)) + body


def as_zstandard(made):
    """The stored members of an archive as inspect_ai 0.3.285 writes them: by method 93."""
    central, body = b"", b""
    with zipfile.ZipFile(io.BytesIO(made.raw)) as source:
        for name in source.namelist():
            raw = source.read(name)
            packed = zstandard_frame(raw)
            sizes = struct.pack("<3L2H", zlib.crc32(raw), len(packed), len(raw), len(name), 0)
            head = struct.pack("<5H", 63, 0, 93, 0, 0) + sizes
            central += struct.pack("<4sH", b"PK\1\2", 63) + head + struct.pack("<3H2L", 0, 0, 0, 0, len(body))
            central += name.encode()
            body += b"PK\3\4" + head + name.encode() + packed
        count = len(source.namelist())
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(central), len(body), 0)
    return Given(made.name, body + central + end)


def test_a_log_compressed_by_zstandard():
    made = as_zstandard(archive(ONCE, zipfile.ZIP_STORED))
    if any(importlib.util.find_spec(name) for name in ("zstandard", "compression")):
        assert read(made)[1]["results"] == read(ONCE)[1]["results"]
    else:
        with pytest.raises(MissingExtraError) as refused:
            imported([made])
        assert "inspect log convert" in refused.value.hint()


def test_a_damaged_archive_is_refused():
    raw = bytearray(archive(ONCE, zipfile.ZIP_STORED).raw)
    raw[200] ^= 1
    with pytest.raises(EvaluationError, match=r"log\.eval, header\.json: is damaged"):
        imported([Given("log.eval", bytes(raw))])


# -- lm_eval


def test_results_of_lm_eval_with_their_samples():
    found, predicate = read(RESULTS, *SAMPLES)
    said = metrics(predicate)
    assert said.keys() == {"tiny_sums acc", "tiny_sums acc_norm", "tiny_words exact_match"}
    for metric in said.values():
        assert metric["direction"] == "higher"
        assert metric["recomputed"]["agrees"] is True
        assert metric["n"] == 6
    assert predicate["results"][0]["benchmark"]["few_shot"] == 0
    assert len(predicate["results"][0]["benchmark"]["task_digest"]) == 64
    assert predicate["results"][1]["sampling"] == {"temperature": "0.0", "max_tokens": 8, "stop": ["\n"]}
    assert predicate["remarks"] == []
    assert found.model == "example/tiny"
    assert found.parts[1].answers.keys() == {str(at) for at in range(6)}


def test_results_of_lm_eval_alone():
    _, predicate = read(RESULTS)
    assert all("recomputed" not in metric for metric in metrics(predicate).values())
    assert predicate["remarks"][0] == "tiny_sums: there are no samples, so nothing was recomputed"


def test_six_of_six_is_not_certainty():
    _, predicate = read(RESULTS, *SAMPLES)
    metric = metrics(predicate)["tiny_words exact_match"]
    assert (metric["value"], metric["stderr"]) == ("1.0", "0.0")
    assert metric["recomputed"]["ci"]["low"] == "0.609666"


def test_samples_of_another_task_are_refused():
    with pytest.raises(EvaluationError, match="of no task in the results"):
        imported([RESULTS, Given("samples_other_2026.jsonl", SAMPLES[0].raw)])


def test_samples_that_say_otherwise_are_said():
    _, predicate = read(RESULTS, Given(SAMPLES[0].name, SAMPLES[0].raw.split(b"\n", 1)[1]), SAMPLES[1])
    assert any("differs from its samples" in text and "(n = 5" in text for text in predicate["remarks"])


# -- garak


@pytest.mark.parametrize(("total", "high"), [(51, "0.070047"), (256, "0.014784")])
def test_no_failure_is_no_certainty(total, high):
    bounds = {"confidence_lower": 0.0, "confidence_upper": 0.0}
    _, predicate = read(garak(judged(total, total, **bounds, confidence="0.95", confidence_method="bootstrap")))
    (metric,) = metrics(predicate).values()
    assert (metric["value"], metric["direction"], metric["unit"]) == ("0.000000", "lower", "failure rate")
    assert metric["ci"] == {"low": "0.0", "high": "0.0", "level": "0.95", "method": "bootstrap"}
    assert metric["recomputed"]["from"] == "counts"
    assert metric["recomputed"]["ci"] == {"low": "0.000000", "high": high, "level": "0.95", "method": "wilson"}
    assert predicate["remarks"] == ["the report holds no judged attempts, so rates were recomputed from its counts"]


def test_attempts_are_counted_again():
    rows = [attempt(at, 0.0, 1.0 if at == 3 else 0.0) for at in range(6)]
    rows += [attempt(at, status=1) for at in range(6)]
    _, predicate = read(garak(*rows, judged(11, 12)))
    (metric,) = metrics(predicate).values()
    assert predicate["model"] == {"name": "test Repeat"}
    assert predicate["results"][0]["sampling"] == {"seed": 1, "epochs": 2}
    assert metric["recomputed"]["from"] == "samples"
    assert (metric["recomputed"]["n"], metric["recomputed"]["agrees"]) == (12, True)
    assert metric["recomputed"]["ci"]["method"] == "wilson-clustered"
    assert predicate["remarks"] == []


def test_counts_that_do_not_fit_the_attempts_are_said():
    _, predicate = read(garak(attempt(1, 1.0), attempt(2, 0.0), judged(2, 2)))
    assert "0.000000 (n = 2), differs from its samples: 0.500000 (n = 2" in predicate["remarks"][0]


@pytest.mark.parametrize(("threshold", "basis"), [(None, "counts"), (1, "samples")])
def test_a_threshold_is_not_guessed(threshold, basis):
    _, predicate = read(garak(attempt(1, 0.7), attempt(2, 0.0), judged(2, 2), threshold=threshold))
    assert next(iter(metrics(predicate).values()))["recomputed"]["from"] == basis


def test_older_reports_and_runs_that_were_cut_off():
    old = {"entry_type": "eval", "probe": "dan.Dan_11_0", "detector": "detector.dan.DAN", "passed": 4, "total": 5}
    none = judged(0, 0, detector="always.Fail")
    _, predicate = read(garak(old, none, ended=False))
    assert metrics(predicate)["dan.Dan_11_0 dan.DAN"]["value"] == "0.200000"
    assert [text.split(",")[0] for text in predicate["remarks"]] == [
        "the report says nothing of the end of the run",
        "the report holds no judged attempts",
        "encoding.InjectBase64: always.Fail judged no output",
    ]


# -- Every Eval Ever


def as_file(document):
    schema = json.loads((DATA.parent / "schemas" / "every-eval-ever-aggregate.json").read_text("utf-8"))
    jsonschema.Draft7Validator(schema).validate(document)
    return Given("r.json", json.dumps(document).encode())


def test_a_record_without_samples():
    uncertain = {"num_samples": 200, "standard_error": {"value": 0.03},
                 "confidence_interval": {"lower": 0.7, "upper": 0.8, "method": "bootstrap"}}  # fmt: skip
    _, predicate = read(as_file(record(measured(0.75, score_details={"score": 0.75, "uncertainty": uncertain}))))
    (metric,) = metrics(predicate).values()
    assert metric == {
        "name": "accuracy", "value": "0.75", "n": 200, "stderr": "0.03", "direction": "higher",
        "ci": {"low": "0.7", "high": "0.8", "method": "bootstrap"},
    }  # fmt: skip
    assert predicate["harness"] == {"name": "helm"}
    assert predicate["evaluator"] == {"identity": "River Lab", "relationship": "collaborative"}
    assert predicate["results"][0]["benchmark"] == {"id": "sums", "dataset": "org/sums", "split": "test"}
    assert predicate["remarks"] == ["there are no samples, so nothing was recomputed"]


def test_a_record_with_samples_and_two_metrics():
    rows = [sample(at, int(at < 3)) for at in range(4)] + [sample(at, 0, metric="f1") for at in range(4)]
    percent = {"metric_config": {"metric_id": "f1", "metric_unit": "percent", "lower_is_better": False}}
    _, predicate = read(
        as_file(record(measured(0.75), measured(0.5, metric="f1", **percent))), jsonl("r_samples.jsonl", *rows)
    )
    said = metrics(predicate)
    assert said["sums accuracy"]["recomputed"]["agrees"] is True
    assert said["sums f1"]["recomputed"]["agrees"] is False


def test_samples_of_another_record_are_refused():
    rows = jsonl("r_samples.jsonl", sample(0, 1))
    named = {"format": "jsonl", "hash_algorithm": "sha256", "checksum": "0" * 64, "file_path":
             "data/sums/org/tiny/00000000-0000-4000-8000-000000000000_samples.jsonl"}  # fmt: skip
    with pytest.raises(EvaluationError, match="the record names another"):
        imported([as_file(record(measured(1), detailed_evaluation_results=named)), rows])
    with pytest.raises(EvaluationError, match=r"line 1\.evaluation_id: is that of another record"):
        imported([as_file(record(measured(1), evaluation_id="other")), rows])


# -- whatever else is given

_KEYS = ("version", "status", "eval", "results", "configs", "versions", "entry_type", "probe", "passed", "samples",
         "schema_version", "evaluation_results", "model_info", "scores", "metrics", "detector_results")  # fmt: skip
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(_KEYS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=4),
    max_leaves=20,
)
_REAL = (
    json.loads(ONCE.raw), json.loads(RESULTS.raw), record(measured(0.5)), judged(3, 4), attempt(1, 0.5),
)  # fmt: skip


def refused_or_stated(*files):
    with suppress(AssayError):
        found = imported(files)
        imported_result.validate(found.predicate(files))


@examples(st.binary(max_size=200))
def test_any_bytes(raw):
    for head in (b"", b"PK\x05\x06", b'{"entry_type":"init"}\n'):
        refused_or_stated(Given("file", head + raw))


@examples(st.data())
def test_any_change_to_a_real_file(data):
    document = json.loads(json.dumps(data.draw(st.sampled_from(_REAL))))
    here = document
    while isinstance(here, dict | list) and here:
        key = data.draw(st.sampled_from(sorted(here)) if isinstance(here, dict) else st.integers(0, len(here) - 1))
        if not isinstance(here[key], dict | list) or data.draw(st.integers(0, 3)) == 0:
            here[key] = data.draw(_JSON)
            break
        here = here[key]
    refused_or_stated(Given("file", json.dumps(document).encode() + b"\n"))
    refused_or_stated(as_lines(document), *SAMPLES[:1])


def as_lines(document):
    return jsonl("file", {"entry_type": "init"}, document)


@examples(_JSON, st.sampled_from(["results", "record"]))
def test_any_samples(line, kind):
    row = json.dumps(line).encode() + b"\n"
    if kind == "results":
        refused_or_stated(RESULTS, Given(SAMPLES[0].name, row))
    else:
        refused_or_stated(as_file(record(measured(0.5))), Given("r_samples.jsonl", row))


def test_what_is_of_no_known_format_is_said():
    with pytest.raises(EvaluationError, match=r"notes\.txt is of no format that is known here") as refused:
        imported([Given("notes.txt", b"hello")])
    assert "garak" in refused.value.hint()

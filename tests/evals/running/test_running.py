"""Ways to run a model: which is taken, what it gives twice, and what is no way."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys

import pytest
from tests.make.model_files import gguf

from assay.errors import EvaluationError, IsolationError
from assay.evals.running import prepare
from assay.evals.running.machine import silicon
from assay.evals.running.produced import TOKENS
from assay.isolate import process
from assay.isolate.running import run_isolated
from assay.statements.predicates import run, validate
from assay.statements.statement import Statement


@pytest.fixture
def model(example_folders, require, tmp_path):
    require("numpy", importlib.util.find_spec("numpy") is not None, "numpy is not installed")
    return shutil.copytree(example_folders["apache-clean"], tmp_path / "model")


def test_a_run_is_a_statement_of_grade_e1_about_the_revision(model):
    done = run_isolated(model)
    statement = Statement.parse(done.statement)
    validate(statement)
    said = done.predicate
    assert statement.dirhash == said["model"]["dirhash"]
    assert (said["evidence"], said["output"]["count"]) == ("E1", TOKENS)
    assert said["beside"]["peak_memory"] > 1_000_000
    if sys.platform == "linux":
        assert done.isolation.startswith("isolated")


def test_a_second_run_agrees_bit_for_bit(model):
    assert run_isolated(model).agreed == run_isolated(model).agreed


def test_a_tokenizer_of_any_kind_does_not_matter(model):
    (model / "tokenizer.json").write_text(json.dumps({"model": {"type": "BPE", "vocab": {}, "merges": []}}))
    assert prepare(model).start()["evidence"] == "E1"


def test_of_gguf_the_header_is_read_and_nothing_more(tmp_path):
    (tmp_path / "m.gguf").write_bytes(gguf())
    said = run_isolated(tmp_path).predicate
    assert (said["evidence"], said["output"]["count"], said["model"]["format"]) == ("E0", 0, "gguf")
    run.validate(said)


def test_damaged_gguf_is_a_clear_error(tmp_path):
    (tmp_path / "m.gguf").write_bytes(gguf()[:40])
    with pytest.raises(EvaluationError, match="cannot be read as GGUF"):
        run_isolated(tmp_path)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "model.safetensors").unlink(), "no safetensors at the top"),
        (lambda folder: (folder / "config.json").write_text('{"model_type": "gpt2"}'), "gpt2"),
    ],
)
def test_what_nothing_here_can_run_is_a_clear_error(model, spoil, said):
    spoil(model)
    with pytest.raises(EvaluationError, match=said):
        run_isolated(model)


def test_code_of_the_repo_is_not_imported(model, tmp_path):
    (model / "numpy.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    (model / "modeling_x.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    config = json.loads((model / "config.json").read_text()) | {"auto_map": {"AutoModel": "modeling_x.X"}}
    (model / "config.json").write_text(json.dumps(config))
    assert run_isolated(model).predicate["evidence"] == "E1"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("os.kill(os.getpid(), 9)", "ended by signal 9"),
        ("time.sleep(60)", "time limit"),
        ("os.write(1, struct.pack('>cI', b'S', 2) + b'{}'); time.sleep(9)", "malformed result"),
        ("os.write(1, struct.pack('>cI', b'F', 2) + b'[]'); time.sleep(9)", "sent a file frame"),
    ],
)
def test_a_child_that_dies_hangs_or_lies_gives_no_result(tmp_path, monkeypatch, code, said):
    script = f"import os, struct, time\n{code}"
    monkeypatch.setattr(process, "_command", lambda _entry: (sys.executable, "-c", script))
    with pytest.raises(IsolationError, match=said):
        run_isolated(tmp_path, seconds_per_token=1.0)


@pytest.mark.parametrize(
    ("cpuinfo", "maker"),
    [
        ("vendor_id\t: GenuineIntel\n", "Intel"),
        ("vendor_id\t: AuthenticAMD\n", "AMD"),
        ("CPU implementer\t: 0x41\n", "Arm"),
        ("vendor_id : Someone\n", "unknown"),
        ("", "unknown"),
    ],
)
def test_who_made_the_processor(cpuinfo, maker):
    assert silicon(cpuinfo, "Linux", "x86_64") == maker
    assert silicon("", "Darwin", "arm64") == "Apple"

"""POR101: compiled engines alone, beside open weights, and sets with holes."""

from __future__ import annotations

import pytest
from tests.make.pickle_parts import STATE_DICT, torch_zip
from tests.make.revisions import document, fact, judged, revision, safetensors

from assay.finding import Outcome, Severity

FAILING = revision({"model.engine": 5_000_000, "config.json": document(a=1)})
PASSING = revision({"model.engine": 5_000_000, "model.safetensors": safetensors()})

_SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def test_the_fact_says_what_there_is():
    assert fact("POR101", FAILING) == {"formats": ["tensorrt"], "data_only": False, "vendor_locked": True}
    both = {"formats": ["safetensors", "tensorrt"], "data_only": False, "vendor_locked": False}
    assert fact("POR101", PASSING) == both
    by_name = {"formats": ["gguf", "safetensors"], "vendor_locked": False}
    assert fact("POR101", revision({"a.gguf": 9_000, "b.safetensors": safetensors()})) == by_name
    assert fact("POR101", revision({"b.safetensors": safetensors()}))["data_only"] is True
    assert fact("POR101", revision({"pytorch_model.bin": torch_zip(STATE_DICT)}))["data_only"] is False
    assert fact("POR101", revision({"README.md": b"words"})) is None


@pytest.mark.parametrize("path", ["m.plan", "m.trt", "m.rknn", "m.hef", "m.dlc", "m_edgetpu.tflite"])
def test_other_vendors_formats_fail_as_well(path):
    assert [one.severity for one in judged("POR101", revision({path: 5_000}))] == [Severity.HIGH]


def test_a_folder_that_is_a_format_counts_once():
    files = {"m.mlmodelc/weights.bin": 5_000, "m.mlmodelc/coremldata.bin": 500}
    assert [one.file for one in judged("POR101", revision(files))] == ["m.mlmodelc"]


def test_a_small_text_with_such_a_name_is_none():
    files = {"work.plan": b"First this, then that.\n", "a.engine": 12, "model.safetensors": safetensors()}
    assert judged("POR101", revision(files)) == []


def test_where_nothing_could_run_nothing_is_portable():
    (said,) = judged("POR101", revision({"README.md": b"words"}))
    assert said.outcome is Outcome.UNKNOWN


def test_a_set_with_a_hole_is_not_whole():
    assert judged("POR101", revision({name: safetensors() for name in _SHARDS})) == []
    [finding] = judged("POR101", revision({_SHARDS[0]: safetensors()}))
    assert finding.outcome is Outcome.UNKNOWN
    assert finding.detail == {"missing": [_SHARDS[1]]}
    locked = revision({_SHARDS[0]: safetensors(), "model.engine": 5_000})
    assert [one.outcome for one in judged("POR101", locked)] == [Outcome.FAIL]


def test_an_index_names_what_must_be_there():
    index = document(weight_map={"a": "a.safetensors", "b": "b.safetensors"})
    files = {"a.safetensors": safetensors(), "model.safetensors.index.json": index}
    assert [one.outcome for one in judged("POR101", revision(files))] == [Outcome.UNKNOWN]
    assert judged("POR101", revision({**files, "b.safetensors": safetensors()})) == []


def test_big_weights_that_no_reader_knows_are_unknown():
    assert [one.outcome for one in judged("POR101", revision({"weights.h5": 5_000_000}))] == [Outcome.UNKNOWN]

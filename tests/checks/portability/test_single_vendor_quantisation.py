"""POR104: the method decides where quantised weights run."""

from __future__ import annotations

import pytest
from tests.make.revisions import document, judged, revision

from assay.finding import Outcome


def quantised(config):
    return revision({"config.json": document(quantization_config=config)})


FAILING = quantised({"quant_method": "bitsandbytes"})
PASSING = quantised({"quant_method": "awq"})


@pytest.mark.parametrize("config", [{"load_in_4bit": True}, {"quant_method": "fbgemm_fp8"}, {"quant_method": "HIGGS"}])
def test_methods_of_one_vendor_fail(config):
    assert [one.outcome for one in judged("POR104", quantised(config))] == [Outcome.FAIL]


@pytest.mark.parametrize("config", [{}, {"quant_method": "new"}, {"quant_method": 3}, [], "4bit", True])
def test_a_method_that_nobody_knows_is_unknown(config):
    assert [one.outcome for one in judged("POR104", quantised(config))] == [Outcome.UNKNOWN]


def test_a_config_that_cannot_be_read_is_unknown_and_another_broken_file_is_none_of_its_business():
    assert [one.outcome for one in judged("POR104", revision({"config.json": b"{"}))] == [Outcome.UNKNOWN]
    assert judged("POR104", revision({"vocab.json": b"{"})) == []

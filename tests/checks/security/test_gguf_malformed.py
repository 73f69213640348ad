"""SEC401: counts, lengths and tensors that do not fit the file."""

from __future__ import annotations

import pytest
from tests.make.model_files import gguf, gguf_pair, gguf_tensor
from tests.make.revisions import judged, revision

from assay.finding import Severity

FAILING = revision({"model.gguf": gguf(counts=(1, 2**61))})
PASSING = revision({"model.gguf": gguf({"general.name": "x", "tokenizer.ggml.tokens": ["a", "b"]})})


@pytest.mark.parametrize(
    "data",
    [
        gguf()[:40],
        gguf(tensors=(gguf_tensor("w", (2**32, 2**32), 0, 0),)),
        gguf(tensors=(gguf_tensor("w", (4, 4), 0, 1024),)),
        gguf(tensors=(gguf_tensor("a", (4,), 0, 0), gguf_tensor("a", (4,), 0, 32))),
        gguf({"general.alignment": 7}),
        gguf(version=9),
    ],
)
def test_numbers_that_do_not_fit_fail(data):
    assert judged("SEC401", revision({"model.gguf": data}))[0].severity is Severity.HIGH


def test_a_new_type_of_tensor_weighs_little():
    what = revision({"model.gguf": gguf(tensors=(gguf_tensor("w", (4, 4), 99, 0),))})
    assert [item.severity for item in judged("SEC401", what)] == [Severity.LOW]


def test_a_key_twice_fails():
    twice = gguf_pair("a", 1) * 2
    data = gguf({})
    data = data[:16] + (2).to_bytes(8, "little") + twice + data[24:]
    assert "twice" in judged("SEC401", revision({"model.gguf": data}))[0].message

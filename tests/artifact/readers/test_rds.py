"""R data: language objects are counted and named, data are jumped over."""

from __future__ import annotations

import bz2
import gzip
import lzma

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.make import r_data as r

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.readers import rds as reader
from assay.artifact.readers import read_blob
from assay.canonical import canonical_json
from assay.errors import ReadError

MODEL = r.HEAD + r.named(
    r.vector(
        r.reals(0.5, 1.5), r.call("lm", r.symbol("y"), r.symbol("x")), r.closure(r.call("predict", r.symbol("x")))
    ),
    "coefficients", "call", "predict",
)  # fmt: skip
HOSTILE = r.HEAD + r.promise(r.call("system", r.texts("id")))


def look(data, **limits):
    return reader.read(BytesBlob(data), Budget(**limits), path="x.rds", depth=0)


def test_a_fitted_model():
    seen = look(MODEL)
    assert seen.complete, seen.problems
    assert not seen.problems
    assert (seen.facts["calls"], seen.facts["closures"], seen.facts["unforced"]) == (2, 1, 0)
    assert seen.facts["names"]["language"]["heads"] == ["lm"]
    assert seen.facts["names"]["closure"]["heads"] == ["predict"]


def test_a_promise():
    seen = look(HOSTILE)
    assert (seen.facts["promises"], seen.facts["unforced"]) == (1, 1)
    assert seen.facts["names"]["promise"] == {"heads": ["system"], "symbols": [], "texts": ["id"]}
    assert look(r.HEAD + r.promise(r.call("c"), r.reals(1.0))).facts["unforced"] == 0


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_as_r_writes_it_compressed(pack):
    observation = read_blob(BytesBlob(pack(HOSTILE)), Budget(), path="model.rds").observation
    assert observation.members[0][1].facts["unforced"] == 1
    workspace = read_blob(BytesBlob(pack(b"RDX2\n" + HOSTILE)), Budget(), path="model.RData").observation
    assert workspace.members[0][1].facts["rdata"] is True


def test_the_ascii_form():
    text = b"A\n2\n262912\n131840\n5\n252\n6\n1\n262153\n6\nsystem\n2\n16\n1\n262153\n2\nid\n254\n"
    seen = read_blob(BytesBlob(text), Budget(), path="x.rds").observation
    assert seen.format == "rds"
    assert (seen.facts["unforced"], seen.facts["names"]["promise"]["heads"]) == (1, ["system"])


def test_what_is_cut_or_unknown_is_not_clean():
    assert not look(HOSTILE[:-6]).complete
    assert not look(r.HEAD + b"\0\0\0\x63").complete


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(MODEL) - 1), st.integers(0, 255)), max_size=5), st.integers(0, len(MODEL)))
def test_any_bytes_give_an_observation_or_a_read_error(changes, end):
    data = bytearray(MODEL)
    for at, value in changes:
        data[at] = value
    try:
        seen = look(bytes(data[:end]), bytes=100_000, items=3000, facts=10_000)
    except ReadError:
        return
    assert seen.complete or seen.problems
    canonical_json(seen.to_json())

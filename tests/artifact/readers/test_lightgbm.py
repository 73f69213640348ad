"""Models of lightgbm: what they say of themselves is compared with the file."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.make import boosted

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.readers import lightgbm as reader
from assay.artifact.readers import read_blob
from assay.canonical import canonical_json
from assay.errors import ReadError

SOUND = boosted.lightgbm()


def test_a_sound_model():
    reading = read_blob(BytesBlob(SOUND), Budget(), path="model.bin")
    assert reading.format == "lightgbm"
    assert reading.reason is None
    assert not reading.observation.problems


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), max_size=5), st.integers(0, len(SOUND)))
def test_any_bytes_give_an_observation_or_a_read_error(changes, end):
    data = bytearray(SOUND)
    for at, value in changes:
        data[at] = value
    try:
        seen = reader.read(BytesBlob(bytes(data[:end])), Budget(items=3000, facts=5000), path="x", depth=0)
    except ReadError:
        return
    assert seen.complete or seen.problems
    canonical_json(seen.to_json())

"""SEC104: headers that do not agree with the bytes."""

from __future__ import annotations

import pytest
from tests.make.revisions import judged, revision, safetensors

_GOOD = {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}
FAILING = revision({"model.safetensors": safetensors({"a": _GOOD, "b": _GOOD})})
PASSING = revision({"model.safetensors": safetensors()})


@pytest.mark.parametrize(
    "header",
    [{"a": {**_GOOD, "shape": [5]}}, {"a": {**_GOOD, "data_offsets": [0, 12]}}, {"a": {**_GOOD, "dtype": "F31"}}],
)
def test_sizes_and_types_must_add_up(header):
    assert judged("SEC104", revision({"model.safetensors": safetensors(header)}))

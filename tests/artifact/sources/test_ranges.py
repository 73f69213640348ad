"""A blob read through a slow line is still its bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assay.artifact.sources.ranges import Piece, RangeBlob


@given(st.binary(max_size=400), st.lists(st.tuples(st.integers(0, 400_000), st.integers(0, 100_000)), max_size=8))
def test_a_range_blob_is_its_bytes_whatever_is_brought(seed, reads):
    data = (seed or b"x") * 700

    def fetch(start, need, want):
        assert 0 < need <= want <= len(data) - start
        extra = (start + need) % 5000
        return Piece(max(0, start - extra), data[max(0, start - extra) : start + max(need, want - extra)])

    blob = RangeBlob(len(data), fetch)
    for offset, length in reads:
        assert blob.read_at(offset, length) == data[offset : offset + length]

"""Elements in row-major order, whatever the strides: compared with the plainest possible gathering."""

from __future__ import annotations

import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.artifact.blob import BytesBlob
from assay.artifact.safetensors_file import Tensor
from assay.errors import FixError, ReadError
from assay.fixes import _tensor_bytes
from assay.fixes._tensor_bytes import Stored, digest, elements

DTYPES = {"U8": 1, "F16": 2, "F32": 4, "F64": 8}
BYTES = bytes(itertools.islice(itertools.cycle(range(251)), 64 * 1024))


def plainly(stored):
    steps = [range(size) for size in stored.tensor.shape]
    for index in itertools.product(*steps):
        at = stored.start + stored.itemsize * sum(i * s for i, s in zip(index, stored.strides, strict=True))
        yield BYTES[at : at + stored.itemsize]


@st.composite
def views(draw):
    dtype = draw(st.sampled_from(sorted(DTYPES)))
    shape = tuple(draw(st.lists(st.integers(0, 6), max_size=4)))
    strides = tuple(draw(st.integers(0, 40)) for _ in shape)
    return Stored(Tensor("t", dtype, shape), draw(st.integers(0, 100)), strides)


@given(views())
def test_any_view_is_gathered_as_the_plain_loop_does(stored):
    assert b"".join(elements(BytesBlob(BYTES), stored)) == b"".join(plainly(stored))


@pytest.mark.parametrize(("shape", "strides"), [((3, 5000), (6000, 1)), ((5000, 3), (1, 5000)), ((20000,), (2,)),
                                            ((4, 1, 4000), (4000, 7, 1)), ((30000, 2), (0, 1))])  # fmt: skip
def test_pieces_stay_small_for_long_rows_and_short_ones(monkeypatch, shape, strides):
    monkeypatch.setattr(_tensor_bytes, "_PIECE", 1024)
    stored = Stored(Tensor("t", "U8", shape), 5, strides)
    pieces = list(elements(BytesBlob(BYTES), stored))
    assert max(map(len, pieces)) <= 1024
    assert b"".join(pieces) == b"".join(plainly(stored))


def test_what_is_scattered_too_far_is_refused(monkeypatch):
    monkeypatch.setattr(_tensor_bytes, "_IN_MEMORY", 100)
    stored = Stored(Tensor("t", "U8", (10,)), 0, (50,))
    with pytest.raises(FixError, match="scattered over 451 bytes"):
        list(elements(BytesBlob(BYTES), stored))


def test_a_file_that_ends_too_early_is_said():
    stored = Stored(Tensor("t", "F32", (100,)), len(BYTES) - 8, (1,))
    with pytest.raises(ReadError, match="ends inside the tensor 't'"):
        list(elements(BytesBlob(BYTES), stored))


def test_a_digest_covers_type_and_shape_and_passes_the_pieces_on():
    written = []
    found = digest(Tensor("t", "F32", (2,)), [b"1234", b"5678"], written.append)
    assert written == [b"1234", b"5678"]
    assert found == hashlib.sha256(b'{"dtype":"F32","shape":[2]}12345678').hexdigest()
    assert found != digest(Tensor("t", "F32", (2, 1)), [b"12345678"])

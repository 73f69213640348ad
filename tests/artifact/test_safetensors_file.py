"""Where tensors lie is told for well-formed files only, and a header that is written reads back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.safetensors_file import Tensor, header, read_index
from assay.errors import BudgetError, ReadError

TENSORS = st.lists(
    st.builds(
        Tensor,
        st.text(st.characters(codec="utf-8"), max_size=20).filter(lambda name: name != "__metadata__"),
        st.sampled_from(["F32", "BF16", "I64", "BOOL"]),
        st.lists(st.integers(0, 4), max_size=3).map(tuple),
    ),
    unique_by=lambda tensor: tensor.name,
    max_size=6,
)


@given(TENSORS, st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), st.just("x"), max_size=2))
def test_what_is_written_reads_back(tensors, metadata):
    head = header(tensors, metadata)
    assert len(head) % 8 == 0
    found = read_index(BytesBlob(head + bytes(sum(tensor.nbytes for tensor in tensors))), Budget())
    at, wanted = len(head), set()
    for tensor in tensors:
        wanted.add((tensor, at))
        at += tensor.nbytes
    assert {(placed.tensor, placed.offset) for placed in found} == wanted
    assert [placed.offset for placed in found] == sorted(placed.offset for placed in found)


def test_a_file_that_is_not_well_formed_tells_nothing():
    head = header([Tensor("a", "F32", (2,))], {})
    for raw in (head, head + bytes(7), head + bytes(9), b"", b"\xff" * 40):
        with pytest.raises(ReadError):
            read_index(BytesBlob(raw), Budget())


def test_the_budget_holds():
    raw = header([Tensor(str(number), "U8", ()) for number in range(100)], {}) + bytes(100)
    with pytest.raises((BudgetError, ReadError), match="limit"):
        read_index(BytesBlob(raw), Budget(items=10))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw):
    try:
        read_index(BytesBlob(len(raw).to_bytes(8, "little") + raw), Budget())
    except ReadError:
        return

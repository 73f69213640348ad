"""Stretches of plain values are passed by in bulk, and only they."""

from __future__ import annotations

import pickle
import pickletools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.pickle import machine
from assay.artifact.pickle.plain import plain_to_stop
from assay.artifact.pickle.state import State
from assay.artifact.readers import pickle as reader

# What can lead to a call, or to something that lies outside the stream.
TELLING = {
    "GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "PERSID", "BINPERSID",
    "EXT1", "EXT2", "EXT4", "NEXT_BUFFER", "READONLY_BUFFER",
}  # fmt: skip

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=300),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.lists(inner, min_size=4).map(tuple)
    ),
    max_leaves=60,
)


def plain_end(data: bytes, at: int = 0) -> int | None:
    blob = BytesBlob(data)
    return plain_to_stop(State(blob, Budget(), keep=False, watch=None, start=0), at)


@settings(max_examples=150)
@given(value=PLAIN, protocol=st.integers(0, 5))
def test_what_holds_plain_values_ends_at_its_stop(value, protocol):
    data = pickle.dumps(value, protocol)
    telling = any(op.name in TELLING for op, _, _ in pickletools.genops(data))
    assert plain_end(data + b"cposix\nsystem\n") == (None if telling else len(data))


@pytest.mark.parametrize(
    "telling",
    [b"cos\nsystem\n", b"\x93", b"R", b"b", b"(ios\nsystem\n", b"o", b"\x81", b"\x92", b"Pname\n", b"Q",
     b"\x82\x01", b"\x83\x01\x00", b"\x84\x01\x00\x00\x00", b"\x97", b"\x98", b"\xff", b"\x80\x09"],
)  # fmt: skip
@pytest.mark.parametrize("before", [b"", b"(K\x01" * 40_000, b"X" + (70_000).to_bytes(4, "little") + b"." * 70_000])
def test_whatever_may_do_more_has_to_be_followed(telling, before):
    assert plain_end(b"\x80\x04]" + before + telling + b"K\x01.") is None


@pytest.mark.parametrize(
    "data", [b"", b"]", b"K", b"\x8c\x20abc.", b"X\xff\xff\xff\xff.", b"T\xff\xff\xff\xff.", b"]" * 99]
)
def test_what_is_cut_off_has_to_be_followed(data):
    assert plain_end(data) is None


@given(
    size=st.sampled_from([0, 1, 31, 32, 255, 256, 70_000, 2_000_000]), kind=st.sampled_from("sb"), at=st.integers(0, 9)
)
def test_long_payloads_are_jumped_over(size, kind, at):
    data = pickle.dumps([*range(at), b"." * size if kind == "b" else "." * size, "end"], 4)
    assert plain_end(data) == len(data)


@settings(max_examples=15, deadline=None)
@given(value=PLAIN, sent=st.binary(max_size=40))
def test_the_same_is_seen_as_when_each_opcode_is_followed(value, sent):
    # A stretch that is plain, then whatever comes.
    data = pickle.dumps([list(range(30_000)), value], 4)[:-1] + sent + b"."
    seen = []
    for followed in (10_000, 10_000_000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(machine, "_FOLLOWED", followed)
            seen.append(reader.read(BytesBlob(data), Budget(), path="x.pkl", depth=0))
    in_bulk, followed = seen
    assert in_bulk.facts["globals"] == followed.facts["globals"]
    assert in_bulk.facts["calls"] == followed.facts["calls"]
    assert in_bulk.complete or not followed.complete

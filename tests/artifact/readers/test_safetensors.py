import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.observation import Observation
from assay.artifact.readers import safetensors as reader
from assay.artifact.sniff import sniff
from assay.canonical import canonical_json
from assay.errors import ReadError


def look(data, **limits):
    blob = BytesBlob(data) if isinstance(data, bytes) else data
    return reader.read(blob, Budget(**limits), path="model.safetensors", depth=0)


def made(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def codes(observation):
    return [problem.code for problem in observation.problems]


def test_a_sound_file():
    header = {"__metadata__": {"format": "pt"}, "b": entry("BF16", [4], 24, 32), "a": entry("F32", [2, 3], 0, 24)}
    data = made(header, bytes(32))
    assert sniff(BytesBlob(data), "x") == "safetensors"
    seen = look(data)
    assert seen.complete
    assert not seen.problems
    assert seen.facts == {
        "tensors": 2,
        "parameters": 10,
        "dtypes": {"BF16": 1, "F32": 1},
        "metadata": {"format": "pt"},
        "header_bytes": len(data) - 40,
        "data_bytes": 32,
        "table": [["b", "BF16", [4]], ["a", "F32", [2, 3]]],
    }


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        *zip(("F64", "F32", "F16", "C64", "BOOL"), ("f8", "f4", "f2", "c8", "?"), strict=True),
        *zip(("I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8"), "qihbQIHB", strict=True),
    ],
)
def test_widths_agree_with_numpy(name, dtype):
    assert reader.BITS[name] == 8 * np.dtype(dtype).itemsize


@pytest.mark.parametrize(
    ("header", "size", "expected"),
    [
        ({"a": entry("F32", [2], 0, 8), "b": entry("F32", [1], 12, 16)}, 16, ["hole"]),
        ({"a": entry("F32", [1], 4, 8)}, 8, ["hole"]),
        ({"a": entry("F32", [2], 0, 8), "b": entry("F32", [1], 4, 8)}, 8, ["overlap"]),
        ({"a": entry("F32", [2], 0, 8), "b": entry("F32", [0], 4, 4)}, 8, ["overlap"]),
        ({"a": entry("F32", [2], 0, 8)}, 4, ["out-of-bounds"]),
        ({"a": entry("F32", [2], 8, 0)}, 0, ["out-of-bounds", "shape-mismatch", "hole"]),
        ({"a": entry("F32", [3], 0, 8)}, 8, ["shape-mismatch"]),
        ({"a": entry("F4", [3], 0, 2)}, 2, ["shape-mismatch"]),
        ({"a": entry("F4", [4], 0, 2)}, 2, []),
        ({"a": entry("F6_E2M3", [4], 0, 3)}, 3, []),
        ({"a": entry("F8_E8M0", [3], 0, 3)}, 3, []),
        ({"a": entry("Q4_K", [3], 0, 3)}, 3, ["unknown-dtype"]),
        ({"a": entry("F32", [], 0, 4)}, 4, []),
        ({"a": entry("F32", [0], 0, 0), "b": entry("U8", [1], 0, 1)}, 1, []),
        ({"a": entry("U8", [1], 0, 1)}, 5, ["trailing-bytes"]),
        ({}, 0, []),
        ({"__metadata__": {"a": 1, "b": "x"}}, 0, ["metadata-not-text"]),
        ({"__metadata__": []}, 0, ["metadata-not-text"]),
        ({"a": entry("U8", [-1], 0, 1)}, 0, ["bad-entry"]),
        ({"a": entry("U8", [1.0], 0, 1)}, 0, ["bad-entry"]),
        ({"a": entry("U8", [True], 0, 1)}, 0, ["bad-entry"]),
        ({"a": entry("U8", [2**70], 0, 1)}, 0, ["bad-entry"]),
        ({"a": entry("U8", [1] * 65, 0, 1)}, 0, ["bad-entry"]),
        ({"a": {"dtype": "U8"}}, 0, ["bad-entry"]),
        ({"a": 5}, 0, ["bad-entry"]),
        ({"a": entry("U8", [1], 0, 1) | {"more": "x"}}, 1, ["bad-entry"]),
        (b'{"a":5,"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1, ["duplicate-key"]),
        (b'{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', 1, ["duplicate-key"]),
    ],
)  # fmt: skip
def test_what_the_header_gets_wrong(header, size, expected):
    seen = look(made(header, bytes(size)))
    assert codes(seen) == expected
    assert seen.complete


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (made(b"{broken"), "header-not-json"),
        (made(b"[1]"), "header-not-json"),
        (made(b'{"a": "\xff"}'), "header-not-json"),
        (made(b"{" * 500 + b"}" * 500), "budget"),
        ((100_000_001).to_bytes(8, "little") + b"{}", "header-too-large"),
        ((2**64 - 1).to_bytes(8, "little") + b"{}", "header-too-large"),
        ((500).to_bytes(8, "little") + b"{}", "truncated"),
    ],
)
def test_a_header_that_cannot_be_read_is_never_complete(data, code):
    seen = look(data)
    assert codes(seen) == [code]
    assert not seen.complete
    canonical_json(seen.to_json())


def test_shorter_than_its_own_length_field():
    with pytest.raises(ReadError):
        look(b"abc")


def test_tensor_data_are_never_read():
    class HeaderOnly:
        def __init__(self, data, size):
            self.data, self.size = data, len(data) + size

        def read_at(self, offset, length):
            assert offset + length <= len(self.data), "tensor data were read"
            return self.data[offset : offset + length]

    size = 100 * 10**9
    seen = look(HeaderOnly(made({"a": entry("I8", [size], 0, size)}), size), bytes=1000)
    assert seen.complete
    assert not seen.problems
    assert seen.facts["parameters"] == size


@pytest.mark.parametrize("limits", [{"bytes": 100}, {"items": 20}, {"facts": 100}])
def test_budget(limits):
    header = {"__metadata__": {"k": "x" * 50}} | {f"t{n}": entry("U8", [1], n, n + 1) for n in range(50)}
    seen = look(made(header, bytes(50)), **limits)
    assert codes(seen)[-1] == "budget"
    assert not seen.complete


sizes = st.integers(-1, 40) | st.sampled_from([2**53, 2**64])
numbers = st.lists(sizes, max_size=3)
dtypes = st.sampled_from([*reader.BITS, "X", "\ud800"])
entries = st.fixed_dictionaries({"dtype": dtypes, "shape": numbers, "data_offsets": numbers})
headers = st.dictionaries(st.text(max_size=4) | st.just("__metadata__"), entries | st.text(max_size=3), max_size=5)


@settings(max_examples=150, deadline=None)
@given(
    headers.map(lambda header: made(header, bytes(20))) | st.binary(max_size=80).map(made) | st.binary(max_size=80),
    st.data(),
)
def test_any_bytes_give_an_observation_or_a_read_error(data, draw):
    data = bytearray(data)
    for _ in range(draw.draw(st.integers(0, 2))):
        if data:
            data[draw.draw(st.integers(0, len(data) - 1))] ^= 1 << draw.draw(st.integers(0, 7))
    budget = Budget(bytes=10_000, items=500, facts=2000)
    try:
        seen = reader.read(BytesBlob(bytes(data)), budget, path="x", depth=0)
    except ReadError:
        return
    again = reader.read(BytesBlob(bytes(data)), Budget(bytes=10_000, items=500, facts=2000), path="y", depth=3)
    assert canonical_json(seen.to_json()) == canonical_json(again.to_json())
    assert Observation.from_json(seen.to_json()) == seen
    assert min(budget.bytes, budget.items, budget.facts) >= 0
